"""What a still teaches: for every part and camera the cell it is in, what it is, and how it may be gripped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.eyes import TURNS
from plugins.flow_vla.geometry import cell_of, image_turn
from plugins.flow_vla.slots import COLOURS, SHAPES
from plugins.flow_vla.turns import side_px
from runtime.messages.cell import CellDescription, PartKind, Tote
from runtime.perception import ViewGeometry
from runtime.picking.hand import hand_of
from runtime.picking.spots import Disc, choose_drop, grip_of_held, radius_m, ways_to_grip

CAMERAS = ("overhead", "wrist")
_INDIFFERENT = 0.3
"""Ways to grip whose cost differs by so much are taken with e-fold different shares."""

_BLUR_RAD = math.radians(7.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """One part as it lies, and where each camera sees it."""

    kind: PartKind
    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    place: str
    pixels: dict[str, tuple[float, float]]
    """Of the cameras in which it can be seen."""

    depths_m: dict[str, float]


def describe(parts: Sequence[Seen]) -> dict[str, NDArray[Any]]:
    """What does not depend on a camera: colour and shape; [parts] each."""
    return {
        "colour": np.array([COLOURS.index(part.kind.colour) for part in parts], dtype=np.int64),
        "shape": np.array([SHAPES.index(part.kind.shape) for part in parts], dtype=np.int64),
    }


def locate(
    parts: Sequence[Seen], camera: str, view: ViewGeometry, cell: CellDescription
) -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
    """For one camera: cell (-1: not seen), offset in cells, height in cm, shares of turns, pixels of a look."""
    count = len(parts)
    cells, offsets = np.full(count, -1, dtype=np.int64), np.zeros((count, 2), dtype=np.float32)
    heights, turns = np.zeros(count, dtype=np.float32), np.zeros((count, TURNS), dtype=np.float32)
    sides = np.zeros(count, dtype=np.float32)
    for index, part in enumerate(parts):
        found = cell_of(part.pixels[camera]) if camera in part.pixels else None
        if found is None:
            continue
        cells[index], offsets[index] = found
        heights[index] = 100.0 * (part.z_m - cell.tray.centre_in_base_m[2])
        turns[index] = turn_shares(part, parts, view, cell)
        sides[index] = side_px(view.focal_px, part.depths_m[camera])
    return {"cells": cells, "offsets": offsets, "heights": heights, "turns": turns, "sides": sides}


def turn_shares(part: Seen, parts: Sequence[Seen], view: ViewGeometry, cell: CellDescription) -> NDArray[np.float32]:
    """f32[TURNS]: how good each direction of the hand is, in the picture; zeros where there is no way."""
    others = [
        Disc(one.x_m, one.y_m, radius_m(one.kind)) for one in parts if one is not part and one.place == part.place
    ]
    ways = ways_to_grip(
        part.kind, x_m=part.x_m, y_m=part.y_m, yaw_rad=part.yaw_rad, others=others, hand_yaw_rad=None, cell=cell
    )
    shares = np.zeros(TURNS)
    if not ways:
        return shares.astype(np.float32)
    best = ways[0][0]
    centres = (np.arange(TURNS) + 0.5) * math.pi / TURNS
    for cost, grip in ways:
        off = (centres - image_turn(view, grip.yaw_rad) + 0.5 * math.pi) % math.pi - 0.5 * math.pi
        shares += math.exp((best - cost) / _INDIFFERENT) * np.exp(-0.5 * (off / _BLUR_RAD) ** 2)
    return (shares / shares.sum()).astype(np.float32)


def drop_cell(parts: Sequence[Seen], carried: PartKind, tote: Tote, view: ViewGeometry, cell: CellDescription) -> int:
    """The cell of the spot that a teacher would put this part down at; -1 outside the picture."""
    grip = grip_of_held(carried, min(carried.size_m[:2]), cell=cell)
    others = [Disc(one.x_m, one.y_m, radius_m(one.kind)) for one in parts if one.place == tote.name]
    drop = choose_drop(
        carried,
        grip,
        centre_m=tote.centre_in_base_m,
        half_m=tote.inner_half_extents_m,
        others=others,
        view=None,
        hand=hand_of(cell.robot),
        hand_yaw_rad=0.0,
        reachable=lambda x_m, y_m, z_m, yaw_rad: True,
    )
    column, row, _ = view.project_point((drop.x_m, drop.y_m, tote.centre_in_base_m[2] + 0.02))
    found = cell_of((column, row))
    return -1 if found is None else found[0]
