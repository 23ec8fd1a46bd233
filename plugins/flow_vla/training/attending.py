"""What the policy that attends instead of grounding learns from, for an ablation: eyes taught by actions alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from plugins.flow_vla.training.accelerating import device_of, shortened
from plugins.flow_vla.training.acting import joined
from plugins.flow_vla.training.lessons import CHUNK, DONE, LEAD, Examples, Rehearsal, advised
from runtime.datasets import DatasetReader
from runtime.messages.cell import CellDescription
from runtime.picking.funnel import HandState

EVERY = 4
"""Of the frames of a lesson, for the eyes: neighbours look alike, and all of them would not fit into memory."""

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

    def __len__(self) -> int:
        return len(self.done)


def read_frames(
    model: FlowVla, cell: CellDescription, datasets: list[Path], *, progress: Callable[[int, int], None]
) -> Frames:
    """Every fourth frame of all lessons, with the sentence as the model's reader takes it."""
    parts = list(_lessons(model, cell, datasets, every=EVERY, progress=progress))
    pictures = {camera: np.concatenate([part.pictures[camera] for part in parts]) for camera in CAMERAS}
    columns = ("asked", "state", "chunks", "done")
    return Frames(pictures, *(np.concatenate([getattr(part, column) for part in parts]) for column in columns))


def attending_examples(
    model: FlowVla, cell: CellDescription, datasets: list[Path], *, progress: Callable[[int, int], None]
) -> Examples:
    """Every frame of all lessons as the model's eyes and attention show it to the head."""
    found: list[Examples] = []
    for part in _lessons(model, cell, datasets, every=1, progress=progress):
        with torch.inference_mode():
            rows = np.array_split(np.arange(len(part)), -(-len(part) // BATCH))
            conditions = torch.cat([_conditions(model, part, some) for some in rows]).numpy()
        found.append(Examples(conditions, part.chunks, part.done))
    return joined(found)


def _lessons(
    model: FlowVla,
    cell: CellDescription,
    datasets: list[Path],
    *,
    every: int,
    progress: Callable[[int, int], None],
) -> Iterator[Frames]:
    """Lesson by lesson; one of which no frame could be read as an instruction is passed over."""
    own = ready(model)
    rehearsal = Rehearsal(own, cell)
    readers = [DatasetReader(dataset) for dataset in datasets]
    total, read = sum(map(len, readers)), 0
    for reader in readers:
        for number in range(len(reader)):
            episode = reader.episode(number)
            mind = AttendingMind(cell, own, episode.task)
            rows: list[tuple[dict[str, NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]] = []
            for index, observation in enumerate(rehearsal.observations(episode)):
                hand = HandState(*episode.extras[LEAD][index].tolist())
                asked, state = mind.words_and_state(observation, hand)
                if index % every or not len(asked):
                    continue
                chunk = encode(hand, *advised(episode.extras[CHUNK][index]))
                pictures = {camera: observation.views[camera].picture.image for camera in CAMERAS}
                rows.append((pictures, (asked, state, chunk, episode.extras[DONE][index, 0])))
            read += 1
            progress(read, total)
            if rows:
                yield _stacked(rows)


def _stacked(rows: list[tuple[dict[str, NDArray[np.uint8]], tuple[NDArray[np.float32], ...]]]) -> Frames:
    pictures = {camera: np.stack([shown[camera] for shown, _ in rows]) for camera in CAMERAS}
    return Frames(pictures, *(np.stack([values[at] for _, values in rows]).astype(np.float32) for at in range(4)))


def teach_attending_eyes(
    model: FlowVla,
    frames: Frames,
    *,
    epochs: int,
    seed: int,
    progress: Callable[[int, int, dict[str, float]], None],
) -> None:
    """Train the eyes through the head, by the loss of the actions alone. The head is taught again afterwards."""
    taught = [*model.head.parameters(), *model.grounding.parameters()]
    optimiser = torch.optim.AdamW(taught, lr=RATE, weight_decay=1e-3)
    steps = epochs * (len(frames) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=max(steps, 2), pct_start=0.1)
    random = np.random.default_rng((seed, 0xA77))
    for step in range(steps):
        rows = np.sort(random.choice(len(frames), BATCH, replace=False))
        with shortened(device_of(model.grounding)):
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


def _conditions(model: FlowVla, frames: Frames, rows: NDArray[np.int64]) -> Tensor:
    pictures = {
        camera: torch.from_numpy(frames.pictures[camera][rows]).permute(0, 3, 1, 2).float() / 255.0
        for camera in CAMERAS
    }
    asked, state = torch.from_numpy(frames.asked[rows]), torch.from_numpy(frames.state[rows])
    return attended(model.grounding, pictures, asked, state)
