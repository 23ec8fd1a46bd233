"""Teaches the close look: which ways to turn the hand, from pieces of the stills turned at random."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from plugins.flow_vla.eyes import CELL_PX, CELLS, TURNS
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.training.accelerating import device_of
from plugins.flow_vla.training.checkpoint import Checkpoint
from plugins.flow_vla.training.labels import CAMERAS
from plugins.flow_vla.training.shards import Batch, Shards
from plugins.flow_vla.turns import pieces

_STILLS = 64
_OFF_PX = 1.5
"""Standard deviation by which a piece's middle is off, as the eyes' own peaks may be; in the piece's own pixels / 4."""

_SIDE_OFF = 0.08
_BIN = math.pi / TURNS


def teach_turning(
    net: Grounding,
    shards: Shards,
    *,
    epochs: int,
    seed: int,
    rate: float = 2e-3,
    checkpoint: Checkpoint,
    progress: Callable[[int, int, dict[str, float]], None],
) -> None:
    """Train both turners."""
    an_epoch = len(shards) // _STILLS
    steps = epochs * an_epoch
    optimiser = torch.optim.AdamW(net.turners.parameters(), lr=rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=rate, total_steps=max(steps, 2), pct_start=0.1)
    parts = {"net": net.turners, "optimiser": optimiser, "schedule": schedule}
    for epoch, random in checkpoint.epochs(epochs, parts, seed=seed):
        for step in range(epoch * an_epoch, (epoch + 1) * an_epoch):
            rows = np.sort(random.choice(len(shards), _STILLS, replace=False))
            losses = {camera: turning_loss(net, shards.batch(rows, camera), camera) for camera in CAMERAS}
            optimiser.zero_grad()
            torch.stack(list(losses.values())).sum().backward()
            optimiser.step()
            schedule.step()
            if step % 50 == 0 or step == steps - 1:
                progress(step, steps, {f"{camera} turns": float(loss.detach()) for camera, loss in losses.items()})


def turning_loss(net: Grounding, batch: Batch, camera: str) -> Tensor:
    """Cross-entropy against the shares of good ways, over all parts that can be seen; each piece turned by chance."""
    row, part = torch.nonzero((batch.cells >= 0) & (batch.turns.sum(dim=2) > 0.5), as_tuple=True)
    bins = torch.randint(TURNS, (len(row),))
    sides = batch.sides[row, part]
    pixels = pixels_of(batch)[row, part] + torch.randn(len(row), 2) * (sides[:, None] / 32.0) * _OFF_PX
    sides = sides * (1.0 + _SIDE_OFF * torch.randn(len(row)))
    turned = bins * _BIN + math.pi * torch.randint(2, (len(row),))
    shifted = (torch.arange(TURNS)[None] + bins[:, None]) % TURNS
    wanted = batch.turns[row, part].gather(1, shifted)
    device = device_of(net)
    pictures = batch.pictures.to(device)[row.to(device)]
    logits = net.turners[camera](pieces(pictures, *(one.to(device) for one in (pixels, sides, turned))))
    return functional.cross_entropy(logits, wanted.to(device))


def pixels_of(batch: Batch) -> Tensor:
    """f32[n, p, 2]: column and row of every part; of those that cannot be seen something."""
    cells = batch.cells.clamp(min=0)
    corner = torch.stack((cells % CELLS, cells // CELLS), dim=2).float()
    return CELL_PX * (corner + 0.5 + batch.offsets)
