"""Foreign objects: things that no catalogue names, some of which the gripper can push."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runtime.messages.geometry import Pose, Vector3
from sim_worlds.scenes import PlacedPart, Scene, SceneError
from sim_worlds.scenes.placement import circle_radius_m

_TRIES = 80
_GAP_SHARES = (1.0, 0.7, 0.4, 0.2, 0.05)
"""Of the scene's gap, in turn, while an object finds no room: the tray may be nearly full."""

_LIFT_M = 0.0005


@dataclass(frozen=True, slots=True)
class LooseObject:
    """A small solid that lies on the tray and can be pushed; its place changes with every refill."""

    shape: str
    """flat box or cylinder."""

    size_m: Vector3
    """Full extents; a cylinder's are diameter, diameter, height."""

    colour_rgb: Vector3
    mass_kg: float

    @property
    def radius_m(self) -> float:
        """Of the circle around it seen from above."""
        return 0.5 * self.size_m[0] if self.shape == "cylinder" else 0.5 * math.hypot(*self.size_m[:2])


@dataclass(frozen=True, slots=True)
class FixedObject:
    """Something that is only seen: flat on the tray, or on the table where the hand does not go."""

    shape: str
    size_m: Vector3
    colour_rgb: Vector3
    object_in_base: Pose


@dataclass(frozen=True, slots=True)
class Clutter:
    """All of them."""

    loose: tuple[LooseObject, ...] = ()
    fixed: tuple[FixedObject, ...] = ()


def place_loose(
    loose: Sequence[LooseObject], *, scene: Scene, parts: Sequence[PlacedPart], seed: tuple[int, int]
) -> tuple[Pose, ...]:
    """Where they lie beside these parts on the tray: the same numbers, the same places. Raises `SceneError`."""
    random = np.random.default_rng((0x7F4A7C15, *(value & 0xFFFFFFFF for value in seed)))
    cell, rules = scene.description, scene.placement
    radii = {kind.name: circle_radius_m(kind) for kind in cell.parts}
    taken = [(*placed.part_in_base.position_m[:2], radii[placed.name]) for placed in parts]
    (x0, y0, z0), half_m = cell.tray.centre_in_base_m, cell.tray.inner_half_extents_m
    poses: list[Pose] = []
    for thing in loose:
        room = [half - thing.radius_m - 0.5 * rules.wall_margin_m for half in half_m]
        for share, _ in itertools.product(_GAP_SHARES, range(_TRIES)):
            x = x0 + float(random.uniform(-room[0], room[0]))
            y = y0 + float(random.uniform(-room[1], room[1]))
            gap_m = share * rules.gap_m + thing.radius_m
            if all(math.hypot(x - other_x, y - other_y) >= radius + gap_m for other_x, other_y, radius in taken):
                break
        else:
            limit = f"no room for {len(loose)} foreign objects beside the parts on the tray"
            raise SceneError(file=f"{cell.scene}.toml", key="clutter", value=thing.size_m, limit=limit)
        taken.append((x, y, thing.radius_m))
        yaw = float(random.uniform(-math.pi, math.pi))
        turn = (0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw))
        poses.append(Pose((x, y, z0 + 0.5 * thing.size_m[2] + _LIFT_M), turn))
    return tuple(poses)
