"""The conveyor's endless belt: parts that nobody took come round to where they are put on."""

from __future__ import annotations

import math

import numpy as np

from runtime.messages.geometry import Pose
from sim_worlds.plant.bullet_world import BulletWorld
from sim_worlds.scenes.placement import PlacedPart, circle_radius_m
from sim_worlds.scenes.scene import Scene

_END_MARGIN_M = 0.03
_TRIES = 40


class Belt:
    """Does nothing in a scene without a belt."""

    def __init__(self, scene: Scene, world: BulletWorld, *, seed: int) -> None:
        self._scene = scene
        self._world = world
        self._random = np.random.default_rng((0x6C078965, seed & 0xFFFFFFFF))
        self._next = 0

    def advance(self, tick: int) -> None:
        """Look after one part a call, and after the slab."""
        if self._scene.belt is None:
            return
        self._next = (self._next + 1) % len(self._scene.description.parts)
        if self._next == 0:
            self._world.rewind_belt()
        self._recirculate(self._next)

    def _recirculate(self, part: int) -> None:
        """A part that has passed the end of the reach is put on again upstream, where there is room."""
        tray = self._scene.description.tray
        position, _ = self._world.part_pose(part)
        direction = math.copysign(1.0, tray.belt_velocity_m_s[0])
        beyond = direction * (position[0] - tray.centre_in_base_m[0]) - tray.inner_half_extents_m[0]
        on_belt = abs(position[1] - tray.centre_in_base_m[1]) < tray.inner_half_extents_m[1]
        low = position[2] < tray.centre_in_base_m[2] + 0.06
        if beyond < _END_MARGIN_M or not on_belt or not low:
            return
        spot = self._free_spot(part, direction=direction)
        if spot is not None:
            self._world.put_part(part, spot)

    def _free_spot(self, part: int, *, direction: float) -> PlacedPart | None:
        """A seeded place at the upstream end, apart from all others; None: wait for room."""
        assert self._scene.belt is not None
        cell, rules = self._scene.description, self._scene.placement
        kind = cell.parts[part]
        radius = circle_radius_m(kind)
        half_x, half_y = cell.tray.inner_half_extents_m
        x = cell.tray.centre_in_base_m[0] - direction * (half_x + self._scene.belt.upstream_m)
        room = half_y - rules.wall_margin_m - radius
        others = [(self._world.part_pose(index)[0], other) for index, other in enumerate(cell.parts) if index != part]
        for _ in range(_TRIES):
            y = cell.tray.centre_in_base_m[1] + float(self._random.uniform(-room, room))
            yaw = float(self._random.uniform(-math.pi, math.pi))
            apart = all(
                math.hypot(x - place[0], y - place[1]) >= radius + circle_radius_m(other) + rules.gap_m
                for place, other in others
            )
            if apart:
                position = (x, y, cell.tray.centre_in_base_m[2] + 0.5 * kind.size_m[2] + 0.001)
                return PlacedPart(kind.name, Pose(position, (0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw))))
        return None
