"""What the teacher looks at: the true places of the parts, and the hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.messages.cell import CellDescription, PartKind
from runtime.messages.geometry import Pose
from runtime.picking.funnel import HandState, yaw_of
from sim_worlds.judge import place_of
from sim_worlds.plant.truth import Truth

_BETWEEN_M = 0.022
"""A part whose centre is this near to the tool centre point, seen from above, is between the fingers."""

_BETWEEN_Z_M = 0.035
FORCE_N = 4.0


@dataclass(frozen=True, slots=True)
class Lying:
    """One part, where it really is."""

    kind: PartKind
    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    place: str
    """tray, a tote's name or elsewhere."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One instant of a cell with nobody's opinion in it."""

    hand: HandState
    width_m: float
    force_n: float
    parts: dict[str, Lying]

    def between_fingers(self) -> Lying | None:
        """The part between the fingers, whether they hold it or not."""
        hand = self.hand
        near = [
            part
            for part in self.parts.values()
            if math.hypot(part.x_m - hand.x_m, part.y_m - hand.y_m) < _BETWEEN_M
            and abs(part.z_m - hand.z_m) < _BETWEEN_Z_M
        ]
        return min(near, key=lambda part: abs(part.z_m - hand.z_m), default=None)

    def holds(self) -> Lying | None:
        """The part that is held."""
        return self.between_fingers() if self.force_n >= FORCE_N else None


def situation_of(
    truth: Truth, *, cell: CellDescription, hand: HandState, width_m: float, force_n: float, endless: bool = False
) -> Situation:
    """From plant truth; `hand` and grip as the policy measured them, so that advice fits its observation."""
    parts: dict[str, Lying] = {}
    for kind, pose in zip(cell.parts, truth.parts.tolist(), strict=True):
        x_m, y_m, z_m, x, y, z, w = pose
        yaw_rad = yaw_of(Pose((x_m, y_m, z_m), (x, y, z, w)))
        place = place_of((x_m, y_m, z_m), cell=cell, endless=endless)
        parts[kind.name] = Lying(kind, x_m, y_m, z_m, yaw_rad, place)
    return Situation(hand, width_m, force_n, parts)
