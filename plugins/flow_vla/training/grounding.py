"""Teaches the eyes with stills: which cell is meant, what it is, where exactly, how to grip it, where to put it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from plugins.flow_vla.eyes import CELLS, Eye
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.training.accelerating import device_of, shortened
from plugins.flow_vla.training.checkpoint import Checkpoint
from plugins.flow_vla.training.labels import CAMERAS
from plugins.flow_vla.training.questions import draw_question
from plugins.flow_vla.training.shards import Batch, Shards

QUESTIONS = 4
NONE = CELLS * CELLS
_IGNORED = 1
"""Cells so near to a part's middle are neither part nor ground."""


@dataclass(frozen=True, slots=True)
class GroundingPlan:
    """How long and how fast."""

    epochs: int = 10
    batch: int = 64
    rate: float = 2e-3
    seed: int = 0


def teach_grounding(
    net: Grounding,
    shards: Shards,
    plan: GroundingPlan,
    *,
    checkpoint: Checkpoint,
    progress: Callable[[int, int, dict[str, float]], None],
) -> None:
    """Train both eyes. `progress` hears of every 20th step: its number, the number of all, the newest losses."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=1e-3)
    an_epoch = len(shards) // plan.batch
    steps = plan.epochs * an_epoch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=plan.rate, total_steps=max(steps, 2), pct_start=0.1
    )
    parts = {"net": net, "optimiser": optimiser, "schedule": schedule}
    for epoch, random in checkpoint.epochs(plan.epochs, parts, seed=plan.seed):
        for step, rows in enumerate(_batches(len(shards), plan, random), start=epoch * an_epoch):
            losses = {
                name: loss for camera in CAMERAS for name, loss in losses_of(net, shards, rows, camera, random).items()
            }
            total = torch.stack(list(losses.values())).sum()
            optimiser.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            if step % 20 == 0 or step == steps - 1:
                progress(step, steps, {name: float(loss.detach()) for name, loss in losses.items()})


def _batches(count: int, plan: GroundingPlan, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = random.permutation(count)
    for at in range(0, count - plan.batch + 1, plan.batch):
        yield np.sort(order[at : at + plan.batch])


def losses_of(
    net: Grounding, shards: Shards, rows: NDArray[np.int64], camera: str, random: np.random.Generator
) -> dict[str, Tensor]:
    """Of one camera's pictures with these numbers, where the network is."""
    batch = shards.batch(rows, camera)
    device = device_of(net)
    eye: Eye = getattr(net, camera)
    with shortened(device):
        seen = eye(batch.pictures.to(device))
    seen = {name: value.float() for name, value in seen.items()}
    losses = {f"{camera} heat": heat_loss(net, seen, batch, camera, random)}
    losses |= {f"{camera} {name}": loss for name, loss in part_losses(seen, batch).items()}
    if camera == "overhead":
        losses["overhead room"] = _room_loss(seen, batch)
    return losses


def heat_loss(
    net: Grounding, seen: dict[str, Tensor], batch: Batch, camera: str, random: np.random.Generator
) -> Tensor:
    """Cross-entropy of the right cell, or of none, over several questions a picture."""
    count = len(batch.pictures)
    asked, answers = [], np.zeros((count * QUESTIONS, NONE + 1), dtype=np.float32)
    for row in range(count * QUESTIONS):
        question = draw_question(random, **batch.parts_of(row // QUESTIONS))
        asked.append(question.asked)
        cells = batch.cells[row // QUESTIONS].numpy()[list(question.meant)] if question.meant else np.array([NONE])
        answers[row, cells] = 1.0 / len(cells)
    repeated = {"looks": seen["looks"].repeat_interleave(QUESTIONS, dim=0)}
    device = device_of(net)
    heat = net.heat(camera, repeated, torch.from_numpy(np.stack(asked)).to(device))
    return functional.cross_entropy(heat, torch.from_numpy(answers).to(device))


def part_losses(seen: dict[str, Tensor], batch: Batch) -> dict[str, Tensor]:
    """What is asked of the cells of all parts that can be seen, whatever the sentence."""
    rows, part = torch.nonzero(batch.cells >= 0, as_tuple=True)
    device = seen["kinds"].device
    row, cell = rows.to(device), batch.cells[rows, part].to(device)
    colour, shape = (kinds[rows, part].to(device) - 1 for kinds in (batch.colour, batch.shape))
    offsets, heights = (places[rows, part].to(device) for places in (batch.offsets, batch.heights))
    at = {name: seen[name].flatten(2)[row, :, cell] for name in ("kinds", "offset")}
    return {
        "colour": functional.cross_entropy(at["kinds"][:, 1:7], colour),
        "shape": functional.cross_entropy(at["kinds"][:, 7:10], shape),
        "offset": 4.0 * functional.smooth_l1_loss(at["offset"], offsets, beta=0.05),
        "height": functional.smooth_l1_loss(seen["height"].flatten(1)[row, cell], heights, beta=0.5),
        "part": _part_loss(seen["kinds"][:, 0], row, cell),
    }


def _part_loss(logits: Tensor, row: Tensor, cell: Tensor) -> Tensor:
    """Whether there is a part's middle in each cell; its neighbours say nothing."""
    truth = torch.zeros_like(logits).flatten(1)
    truth[row, cell] = 1.0
    truth = truth.view_as(logits)
    near = functional.max_pool2d(truth[:, None], 2 * _IGNORED + 1, stride=1, padding=_IGNORED)[:, 0]
    weight = torch.where(truth > 0, 20.0, torch.where(near > 0, 0.0, 1.0))
    return functional.binary_cross_entropy_with_logits(logits, truth, weight=weight)


def _room_loss(seen: dict[str, Tensor], batch: Batch) -> Tensor:
    """The best cell of each tote among those inside it."""
    losses: list[Tensor] = []
    for tote, inside in enumerate(batch.inside):
        wanted = batch.drops[:, tote]
        rows = torch.nonzero(wanted >= 0)[:, 0]
        room = seen["room"].flatten(1)
        logits = room[rows.to(room.device)].masked_fill(~inside.to(room.device), -1e4)
        losses.append(0.2 * functional.cross_entropy(logits, wanted[rows].to(room.device)))
    return torch.stack(losses).mean()
