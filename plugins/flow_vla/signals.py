"""What the policy can tell of its own reliability: measured at every look, remembered a little."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from runtime.picking.following import Waypoint

if TYPE_CHECKING:
    from plugins.flow_vla.ablation.attending_mind import AttendingMind
    from plugins.flow_vla.mind import Mind, Thought
    from plugins.flow_vla.ready import Ready

MEMORY = 0.7
"""Of a signal's last value, from look to look: a single odd look is no alarm, a row of them is."""


class Signals:
    """Of one task."""

    def __init__(self) -> None:
        self.values: NDArray[np.float64] | None = None
        """f64[len(SIGNAL_NAMES)] in that order; None before the first look."""

        self._last: list[Waypoint] = []
        self._looks = 0

    def see(
        self,
        thought: Thought,
        mind: Mind | AttendingMind,
        chunks: NDArray[np.float32],
        waypoints: list[Waypoint],
        condition: NDArray[np.float32],
        finished: float,
        *,
        model: Ready,
    ) -> None:
        """Measure one inference."""
        self._looks += 1
        overhead, wrist = thought.looks["overhead"].peak, thought.looks.get("wrist")
        target = mind.belief.target
        assert target is not None
        now = np.array(
            [
                float(chunks.std(axis=0).mean()),
                self._inconsistency(waypoints),
                model.strangeness(condition),
                overhead.share,
                0.0 if wrist is None else wrist.peak.share,
                max(overhead.rival, 0.0 if wrist is None else wrist.peak.rival),
                target.std_m,
                mind.unseen_s,
                1.0 - mind.reading.certainty,
                0.1 * self._looks,
                finished,
            ]
        )
        self.values = now if self.values is None else MEMORY * self.values + (1.0 - MEMORY) * now
        self._last = waypoints

    def _inconsistency(self, waypoints: list[Waypoint]) -> float:
        """How far this chunk is from what the last one foresaw for the same moments.

        After the statistical measure in Agia et al.: Unpacking failure modes of generative policies, 2024.
        """
        pairs = list(zip(self._last[1:], waypoints, strict=False))
        if not pairs:
            return 0.0
        apart = [math.dist((a.x_m, a.y_m, a.z_m), (b.x_m, b.y_m, b.z_m)) for a, b in pairs]
        return sum(apart) / len(apart)
