"""Seeded layouts: where the parts lie before anybody picks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from runtime.messages.cell import CellDescription, PartKind
from runtime.messages.geometry import Pose
from sim_worlds.scenes.file import PlacementTable
from sim_worlds.tables import SceneError

_LAYOUTS = 400
_TRIES = 60
_LIFT_M = 0.0005
"""Parts start half a millimetre above the surface and settle."""


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A part of the catalogue and where it lies."""

    name: str
    part_in_base: Pose
    """Of its centre; upright, turned about z only."""


def circle_radius_m(part: PartKind) -> float:
    """Radius of the circle around a part seen from above."""
    if part.shape == "cylinder":
        return 0.5 * part.size_m[0]
    return 0.5 * math.hypot(part.size_m[0], part.size_m[1])


def place_on_tray(cell: CellDescription, *, rules: PlacementTable, seed: tuple[int, int]) -> tuple[PlacedPart, ...]:
    """Parts apart from each other and from the walls, anywhere on the tray."""
    return _scatter(cell, half_m=cell.tray.inner_half_extents_m, shift_x_m=0.0, rules=rules, seed=seed)


def place_on_belt(
    cell: CellDescription, *, rules: PlacementTable, upstream_m: float, seed: tuple[int, int]
) -> tuple[PlacedPart, ...]:
    """Parts on the reach of the belt and on the stretch before it, from where they come in."""
    half_x, half_y = cell.tray.inner_half_extents_m
    shift = math.copysign(0.5 * upstream_m, -cell.tray.belt_velocity_m_s[0])
    return _scatter(cell, half_m=(half_x + 0.5 * upstream_m, half_y), shift_x_m=shift, rules=rules, seed=seed)


def _scatter(
    cell: CellDescription,
    *,
    half_m: tuple[float, float],
    shift_x_m: float,
    rules: PlacementTable,
    seed: tuple[int, int],
) -> tuple[PlacedPart, ...]:
    random = np.random.default_rng((0x9E3779B9, *(value & 0xFFFFFFFF for value in seed)))
    for _ in range(_LAYOUTS):
        spots = _layout(cell.parts, half_m=half_m, rules=rules, random=random)
        if spots is not None:
            break
    else:
        limit = f"no room for {len(cell.parts)} parts on the tray with this gap and wall margin"
        raise SceneError(file=f"{cell.scene}.toml", key="placement", value=rules, limit=limit)
    x0, y0, z0 = cell.tray.centre_in_base_m
    placed: list[PlacedPart] = []
    for part, (x, y) in zip(cell.parts, spots, strict=True):
        yaw = float(random.uniform(-math.pi, math.pi))
        position = (x0 + shift_x_m + x, y0 + y, z0 + 0.5 * part.size_m[2] + _LIFT_M)
        placed.append(PlacedPart(part.name, Pose(position, (0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw)))))
    return tuple(placed)


def _layout(
    parts: tuple[PartKind, ...],
    *,
    half_m: tuple[float, float],
    rules: PlacementTable,
    random: np.random.Generator,
) -> list[tuple[float, float]] | None:
    """One attempt at a place for each part, dart by dart; None when one found no room."""
    spots: list[tuple[float, float]] = []
    radii = [circle_radius_m(part) for part in parts]
    for index, radius in enumerate(radii):
        room = [half - rules.wall_margin_m - radius for half in half_m]
        if min(room) < 0.0:
            return None
        for _ in range(_TRIES):
            x, y = (float(random.uniform(-limit, limit)) for limit in room)
            apart = all(
                math.hypot(x - spot[0], y - spot[1]) >= radius + other + rules.gap_m
                for spot, other in zip(spots, radii[:index], strict=True)
            )
            if apart:
                spots.append((x, y))
                break
        else:
            return None
    return spots
