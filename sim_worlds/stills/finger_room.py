"""Whether a hand can stand where it is wished: low fingers stand in no part, no wall and no foreign object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.messages.cell import CellDescription, PartKind
from runtime.messages.geometry import Pose
from sim_worlds.scenes.placement import circle_radius_m
from sim_worlds.stills.layout import Lying

TIP_M = 0.0125
"""Least height of the tool centre point: the fingertips reach 9 mm beyond it."""

FINGER_DEPTH_M, FINGER_HALF_WIDTH_M = 0.025, 0.011
"""How far a finger reaches outwards from its gripping face, and half its width."""

Disc = tuple[float, float, float]
"""Something in the way seen from above: x, y, radius."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A wished pose of the hand, which points straight down."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    """Direction of the hand's x axis; the fingers move across it."""

    width_m: float
    gripped: int | None = None
    """Index of the part between the fingers."""

    carried: bool = False
    """Whether the part is off the ground."""

    @property
    def pose(self) -> Pose:
        """Of the tool centre point in base."""
        half = 0.5 * self.yaw_rad
        return Pose((self.x_m, self.y_m, self.z_m), (math.cos(half), math.sin(half), 0.0, 0.0))


class FingerRoom:
    """Judges wishes for one cell."""

    def __init__(self, cell: CellDescription) -> None:
        self._cell = cell
        areas = [(cell.tray.centre_in_base_m, cell.tray.inner_half_extents_m)]
        areas += [(tote.centre_in_base_m, tote.inner_half_extents_m) for tote in cell.totes]
        self._areas = areas
        self._walls_m = max([cell.tray.wall_height_m, *(tote.wall_height_m for tote in cell.totes)])

    def fits(self, aim: Aim, *, parts: Sequence[PartKind], lying: Sequence[Lying], in_the_way: Sequence[Disc]) -> bool:
        """`in_the_way`: foreign objects, which are low."""
        cell = self._cell
        if not cell.workspace.contains((aim.x_m, aim.y_m, aim.z_m)) or aim.z_m < cell.floor_z_m + TIP_M:
            return False
        lowest_m = aim.z_m - TIP_M
        if aim.carried and aim.gripped is not None:
            lowest_m = min(lowest_m, aim.z_m - parts[aim.gripped].size_m[2])
        discs = list(in_the_way)
        for index, (one, part) in enumerate(zip(lying, parts, strict=True)):
            if one.part_in_base is None or index == aim.gripped:
                continue
            x, y, z = one.part_in_base.position_m
            if z + 0.5 * max(part.size_m) > lowest_m:
                discs.append((x, y, circle_radius_m(part)))
        if lowest_m > cell.floor_z_m + self._walls_m and len(discs) == len(in_the_way):
            return True
        if aim.carried and not _apart(aim, parts, discs):
            return False
        return self._fingers_free(aim, discs)

    def _fingers_free(self, aim: Aim, discs: Sequence[Disc]) -> bool:
        cosine, sine = math.cos(aim.yaw_rad), math.sin(aim.yaw_rad)
        reach_m = 0.5 * aim.width_m + 0.5 * FINGER_DEPTH_M
        for side in (reach_m, -reach_m):
            x, y = aim.x_m + side * sine, aim.y_m - side * cosine  # the hand looks down
            if not any(
                abs(x - centre[0]) < half[0] - FINGER_HALF_WIDTH_M
                and abs(y - centre[1]) < half[1] - FINGER_HALF_WIDTH_M
                for centre, half in self._areas
            ):
                return False
            for other_x, other_y, radius in discs:
                dx, dy = other_x - x, other_y - y
                beyond_m = max(0.0, abs(dx * sine - dy * cosine) - 0.5 * FINGER_DEPTH_M)
                beside_m = max(0.0, abs(dx * cosine + dy * sine) - FINGER_HALF_WIDTH_M)
                if math.hypot(beyond_m, beside_m) < radius:
                    return False
        return True


def _apart(aim: Aim, parts: Sequence[PartKind], discs: Sequence[Disc]) -> bool:
    """Whether the carried part stands in none of these."""
    assert aim.gripped is not None
    radius_m = circle_radius_m(parts[aim.gripped])
    return all(math.hypot(x - aim.x_m, y - aim.y_m) > radius + radius_m for x, y, radius in discs)
