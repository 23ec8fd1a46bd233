"""What the policy holds true from one look to the next: where the part lies, how to grip it, where it may go."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from plugins.flow_vla.geometry import cell_places
from plugins.flow_vla.sight import Look, Peak
from runtime.messages.cell import CellDescription, Tote

SURE = 0.5
"""A peak with less is no sighting."""

OVERHEAD_STD_M = 0.004
WRIST_STD_M = 0.002
DRIFT_M = 0.0015
"""By so much the standard deviation grows from look to look."""

JUMP_M = 0.03
TOTE_CLEAR_M = 0.16
"""A hand nearer to a tote than this hides it from above."""


@dataclass(slots=True)
class Place:
    """An estimated position with its standard deviation, each axis."""

    x_m: float
    y_m: float
    z_m: float
    std_m: float
    seen_ns: int


class Belief:
    """Of one task. Feed it with looks in the order of time."""

    def __init__(self, cell: CellDescription, tote: Tote) -> None:
        self._cell = cell
        self._tote = tote
        self.target: Place | None = None
        self.turns_rad: tuple[float, ...] = ()
        self.drop_m = (tote.centre_in_base_m[0], tote.centre_in_base_m[1])
        self._doubt: Place | None = None

    def see_overhead(self, look: Look, *, stamp_ns: int, hand_m: tuple[float, float, float]) -> None:
        """The fixed camera's look. A part under or in the hand is the wrist camera's to find."""
        peak = look.peak
        if math.hypot(peak.x_m - hand_m[0], peak.y_m - hand_m[1]) > 0.05 or hand_m[2] > 0.15:
            self._take(peak, OVERHEAD_STD_M, stamp_ns)
        centre = self._tote.centre_in_base_m
        if math.hypot(centre[0] - hand_m[0], centre[1] - hand_m[1]) > TOTE_CLEAR_M:
            self._see_room(look)

    def see_wrist(self, look: Look, *, stamp_ns: int, hand_m: tuple[float, float, float]) -> None:
        """The camera at the hand; the nearer it is, the better it sees."""
        lift_m = max(0.0, hand_m[2] - look.peak.z_m)
        self._take(look.peak, WRIST_STD_M + 0.01 * lift_m, stamp_ns)

    def carried_to(self, x_m: float, y_m: float, z_m: float, *, stamp_ns: int) -> None:
        """The part is in the hand, which stands here."""
        self.target = Place(x_m, y_m, z_m, 0.004, stamp_ns)

    def in_tote(self) -> bool:
        """Whether the part is believed to lie in the tote where it belongs."""
        target = self.target
        if target is None:
            return False
        centre, half = self._tote.centre_in_base_m, self._tote.inner_half_extents_m
        return abs(target.x_m - centre[0]) < half[0] and abs(target.y_m - centre[1]) < half[1]

    def _take(self, peak: Peak, std_m: float, stamp_ns: int) -> None:
        if peak.share < SURE or not math.isfinite(peak.x_m + peak.y_m):
            return
        seen = Place(peak.x_m, peak.y_m, peak.z_m, std_m / peak.share, stamp_ns)
        target = self.target
        if target is None:
            self._believe(seen, peak)
            return
        target.std_m += DRIFT_M
        off_m = math.hypot(seen.x_m - target.x_m, seen.y_m - target.y_m)
        if off_m > JUMP_M + 2.0 * target.std_m:
            doubt, self._doubt = self._doubt, seen
            if doubt is not None and math.hypot(seen.x_m - doubt.x_m, seen.y_m - doubt.y_m) < JUMP_M:
                self._believe(seen, peak)
            return
        self._doubt = None
        gain = target.std_m**2 / (target.std_m**2 + seen.std_m**2)
        target.x_m += gain * (seen.x_m - target.x_m)
        target.y_m += gain * (seen.y_m - target.y_m)
        target.z_m += gain * (seen.z_m - target.z_m)
        target.std_m *= math.sqrt(1.0 - gain)
        target.seen_ns = stamp_ns
        self.turns_rad = peak.turns_rad or self.turns_rad

    def _believe(self, seen: Place, peak: Peak) -> None:
        self.target, self._doubt = seen, None
        self.turns_rad = peak.turns_rad

    def _see_room(self, look: Look) -> None:
        """The best free spot of the tote, weighted over the cells that look good."""
        centre, half = self._tote.centre_in_base_m, self._tote.inner_half_extents_m
        places = cell_places(look.view, z_m=centre[2] + 0.02)
        inside = (np.abs(places[:, 0] - centre[0]) < half[0]) & (np.abs(places[:, 1] - centre[1]) < half[1])
        if not inside.any():
            return
        logits = look.room[inside]
        best = places[inside][int(logits.argmax())]
        near = np.hypot(*(places[inside] - best).T) < 0.045
        weights = np.exp(logits[near] - logits[near].max())
        spot = (weights[:, None] * places[inside][near]).sum(axis=0) / weights.sum()
        self.drop_m = (float(spot[0]), float(spot[1]))
