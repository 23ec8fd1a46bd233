"""Teaches the policy that attends instead of grounding: pictures, words and actions at once, for an ablation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from plugins.flow_vla.ablation.attending import CAMERAS, attended
from plugins.flow_vla.ablation.attending_mind import AttendingMind
from plugins.flow_vla.chunks import encode
from plugins.flow_vla.model import FlowVla
from plugins.flow_vla.ready import ready
from plugins.flow_vla.training.lessons import CHUNK, DONE, LEAD, Rehearsal, advised
from runtime.datasets import DatasetReader
from runtime.messages.cell import CellDescription
from runtime.picking.funnel import HandState

EVERY = 4
"""Of the frames of a lesson: neighbours look alike, and all of them would not fit into memory."""

BATCH = 128
RATE = 1e-3


@dataclass(frozen=True, slots=True)
class Frames:
    """One row a frame."""

    pictures: dict[str, NDArray[np.uint8]]
    asked: NDArray[np.float32]
    state: NDArray[np.float32]
    chunks: NDArray[np.float32]
    done: NDArray[np.float32]


def read_frames(
    model: FlowVla, cell: CellDescription, datasets: list[Path], *, progress: Callable[[int, int], None]
) -> Frames:
    """Every fourth frame of all lessons, with the sentence as the model's reader takes it."""
    own = ready(model)
    rehearsal = Rehearsal(own, cell)
    rows: list[tuple[dict[str, NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]] = []
    readers = [DatasetReader(dataset) for dataset in datasets]
    total, read = sum(map(len, readers)), 0
    for reader in readers:
        for number in range(len(reader)):
            episode = reader.episode(number)
            mind = AttendingMind(cell, own, episode.task)
            for index, observation in enumerate(rehearsal.observations(episode)):
                hand = HandState(*episode.extras[LEAD][index].tolist())
                asked, state = mind.words_and_state(observation, hand)
                if index % EVERY or not len(asked):
                    continue
                chunk = encode(hand, *advised(episode.extras[CHUNK][index]))
                pictures = {camera: observation.views[camera].picture.image for camera in CAMERAS}
                rows.append((pictures, (asked, state, chunk, episode.extras[DONE][index, 0])))
            read += 1
            progress(read, total)
    pictures = {camera: np.stack([row[0][camera] for row in rows]) for camera in CAMERAS}
    return Frames(pictures, *(np.stack([row[1][column] for row in rows]).astype(np.float32) for column in range(4)))


def teach_attending(
    model: FlowVla,
    frames: Frames,
    *,
    epochs: int,
    seed: int,
    eyes_learn: bool,
    progress: Callable[[int, int, dict[str, float]], None],
) -> None:
    """Train the head, and with `eyes_learn` the eyes through it, by the loss of the actions alone."""
    model.grounding.requires_grad_(eyes_learn)
    taught = [*model.head.parameters(), *(model.grounding.parameters() if eyes_learn else ())]
    optimiser = torch.optim.AdamW(taught, lr=RATE, weight_decay=1e-3)
    steps = epochs * (len(frames.done) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=max(steps, 2), pct_start=0.1)
    random = np.random.default_rng((seed, 0xA77))
    for step in range(steps):
        rows = np.sort(random.choice(len(frames.done), BATCH, replace=False))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            condition = _conditions(model, frames, rows)
        condition = condition.float()
        acting = model.head.loss(condition, torch.from_numpy(frames.chunks[rows]), torch.ones(BATCH))
        ending = functional.binary_cross_entropy_with_logits(
            model.head.finished(condition)[:, 0], torch.from_numpy(frames.done[rows])
        )
        optimiser.zero_grad()
        (acting + 0.2 * ending).backward()
        torch.nn.utils.clip_grad_norm_(taught, 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            progress(step, steps, {"acting": float(acting.detach()), "ending": float(ending.detach())})
    model.grounding.requires_grad_(True)


def _conditions(model: FlowVla, frames: Frames, rows: NDArray[np.int64]) -> Tensor:
    pictures = {
        camera: torch.from_numpy(frames.pictures[camera][rows]).permute(0, 3, 1, 2).float() / 255.0
        for camera in CAMERAS
    }
    asked, state = torch.from_numpy(frames.asked[rows]), torch.from_numpy(frames.state[rows])
    return attended(model.grounding, pictures, asked, state)
