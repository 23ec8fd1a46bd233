"""A tray whose floor moves: which parts are worth going after."""

from __future__ import annotations

import math

from runtime.messages.cell import Tray

GRIPPING_NS = 1_500_000_000
"""What the end of an approach and the grip still take: a part that leaves the belt sooner is left to come round."""


class Belt:
    """The tray as a belt; one that stands still takes nothing away."""

    def __init__(self, tray: Tray) -> None:
        self._tray = tray
        self.moves = math.hypot(*tray.belt_velocity_m_s) > 0.0

    def takes_away(self, place_m: tuple[float, float]) -> bool:
        """Whether x and y in base lie beyond the end towards which the belt runs, where no camera follows a part."""
        tray = self._tray
        rows = zip(place_m, tray.centre_in_base_m, tray.inner_half_extents_m, tray.belt_velocity_m_s, strict=False)
        return any(speed * (place - centre) > half * abs(speed) for place, centre, half, speed in rows if speed != 0.0)
