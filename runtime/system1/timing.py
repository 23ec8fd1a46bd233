"""What the loop that calls the stage knows of its own punctuality."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoopTiming:
    """Punctuality over the last second, as the pacer of the loop measured it; zeros under simulated time."""

    lateness_p50_s: float = 0.0
    lateness_p99_s: float = 0.0
    lateness_max_s: float = 0.0
    tick_p50_s: float = 0.0
    loop_hz: float = 1000.0
    real_time: bool = False
