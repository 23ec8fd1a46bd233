"""How well the eyes do on stills they have not seen: the figures of the card."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from plugins.flow_vla.eyes import CELL_PX, CELLS, TURNS
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.slots import COLOURS, SHAPES, asked_for
from plugins.flow_vla.training.labels import CAMERAS
from plugins.flow_vla.training.shards import Batch, Shards
from plugins.flow_vla.training.turning import pixels_of
from plugins.flow_vla.turns import pieces

NONE = CELLS * CELLS
GOOD_SHARE = 0.3
"""A direction with so much of the best one's share is a good one to grip by."""


def validate(net: Grounding, shards: Shards) -> dict[str, float | None]:
    """Every part of every still is asked for by colour and shape; turns are counted where they matter.

    None: nothing there to be counted.
    """
    figures: dict[str, float | None] = {}
    for camera in CAMERAS:
        rows = [_answers(net, shards.batch(np.arange(at, min(at + 50, len(shards))), camera), camera)
                for at in range(0, len(shards), 50)]  # fmt: skip
        answers = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
        shown = answers["shown"]
        figures |= {
            f"{camera} found": _mean(answers["right"][shown]),
            f"{camera} absent told": _mean(answers["absent"][~shown] > 0.5),
            f"{camera} absent wrongly": _mean(answers["absent"][shown] > 0.5),
            f"{camera} off_px": _mean(answers["off_px"][shown & answers["right"]]),
            f"{camera} turn good": _mean(answers["turn_good"][shown & (answers["kind"] != 3)]),
        }
    return figures


def _mean(values: NDArray[Any]) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None


def _answers(net: Grounding, batch: Batch, camera: str) -> dict[str, NDArray[Any]]:
    with torch.inference_mode():
        seen = getattr(net, camera)(batch.pictures)
        count, parts = batch.cells.shape
        asked = np.stack([
            asked_for(COLOURS[int(batch.colour[row, part])], SHAPES[int(batch.shape[row, part])])
            for row in range(count) for part in range(parts)
        ])  # fmt: skip
        heat = net.heat(camera, {"looks": seen["looks"].repeat_interleave(parts, dim=0)}, torch.from_numpy(asked))
        shares = heat.softmax(dim=1).numpy()
    best = shares[:, :-1].argmax(axis=1)
    wanted = batch.cells.numpy().reshape(-1)
    row = np.repeat(np.arange(count), parts)
    offset = seen["offset"].flatten(2).numpy()[row, :, best] - batch.offsets.numpy().reshape(-1, 2)
    off = np.stack((best % CELLS - wanted % CELLS, best // CELLS - wanted // CELLS), axis=1) + offset
    turns = batch.turns.numpy().reshape(-1, TURNS)
    chosen = _chosen_turns(net, batch, camera)
    best_turn = turns.max(axis=1)
    return {
        "kind": batch.shape.numpy().reshape(-1),
        "shown": wanted >= 0,
        "right": np.abs(off).max(axis=1) < 1.5,
        "absent": shares[:, NONE],
        "off_px": np.hypot(off[:, 0], off[:, 1]) * CELL_PX,
        "turn_good": turns[np.arange(len(turns)), chosen] >= GOOD_SHARE * best_turn,
    }


def _chosen_turns(net: Grounding, batch: Batch, camera: str) -> NDArray[np.int64]:
    """The likeliest direction for every part, looked at where it really is."""
    row, part = torch.nonzero(batch.cells >= 0, as_tuple=True)
    chosen = np.zeros(batch.cells.shape, dtype=np.int64)
    with torch.inference_mode():
        looked = pieces(batch.pictures[row], pixels_of(batch)[row, part], batch.sides[row, part])
        chosen[row.numpy(), part.numpy()] = net.turners[camera](looked).argmax(dim=1).numpy()
    return chosen.reshape(-1)
