"""Keeps a hand that reaches into a tray or tote off its walls, as far as the box has room for it."""

from __future__ import annotations

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.perception.poses import turned
from runtime.picking.hand import hand_of


class Walls:
    """Of all boxes of a cell. The guard refuses what comes nearer, and a policy might ask for it again and again."""

    def __init__(self, cell: CellDescription) -> None:
        self._hand = hand_of(cell.robot)
        self._boxes = [
            (box.centre_in_base_m, box.inner_half_extents_m, box.centre_in_base_m[2] + box.wall_height_m)
            for box in (*cell.totes, cell.tray)
        ]

    def kept_off(self, gripper_in_base: Pose) -> Pose:
        """The same pose, moved sideways by what it is too near to a wall; where the box is too small, to its middle."""
        x_m, y_m, z_m = gripper_in_base.position_m
        for centre_m, half_m, top_m in self._boxes:
            off_m = (x_m - centre_m[0], y_m - centre_m[1])
            if z_m + self._hand.bottom_m >= top_m or abs(off_m[0]) > half_m[0] or abs(off_m[1]) > half_m[1]:
                continue
            fingers = turned(gripper_in_base.orientation_xyzw, (0.0, 1.0, 0.0))
            x_m, y_m = (
                centre_m[axis] + _bounded(off_m[axis], half_m[axis] - self._extent_m(fingers, axis)) for axis in (0, 1)
            )
            return Pose((x_m, y_m, z_m), gripper_in_base.orientation_xyzw)
        return gripper_in_base

    def _extent_m(self, fingers: tuple[float, ...], axis: int) -> float:
        """Of the hand along an axis of the base; `fingers`: the direction in which they move."""
        return abs(fingers[axis]) * self._hand.reach_m + abs(fingers[1 - axis]) * self._hand.half_width_m


def _bounded(value: float, most: float) -> float:
    return max(-max(most, 0.0), min(max(most, 0.0), value))
