"""How likely the pick is to succeed, from what was measured; a quantity that was not measured takes no part."""

from __future__ import annotations

import math

from plugins.programmed.track import PartTrack
from runtime.messages.plan import Signal

POSITION_SCALE_M = 0.006
"""About half the air between fingers and part."""

GRIP_SCALE_M = 0.005
UNSEEN_SCALE_S = 3.0
MISS_FACTOR = 0.75
"""What is left of the confidence after each missed grasp."""


def judge(
    track: PartTrack | None,
    *,
    stamp_ns: int,
    grip_error_m: float | None,
    misses: int,
    scene_quality: float,
) -> tuple[float, tuple[Signal, ...]]:
    """Confidence 0…1 and the signals behind it. A held part is judged by its grip, one still to take by its sight."""
    signals = [Signal("scene_quality", scene_quality), Signal("missed_grasps", float(misses))]
    factors: list[float] = [MISS_FACTOR**misses]
    if grip_error_m is not None:
        signals.append(Signal("grip_width_error_m", grip_error_m))
        factors.append(math.exp(-0.5 * (grip_error_m / GRIP_SCALE_M) ** 2))
    elif track is not None:
        unseen_s = max(0.0, (stamp_ns - track.stamp_ns) * 1e-9)
        signals.append(Signal("unseen_s", unseen_s))
        factors.append(math.exp(-unseen_s / UNSEEN_SCALE_S))
    else:
        factors.append(0.5 * scene_quality)
    if track is not None:
        signals += [
            Signal("segmentation_quality", track.quality),
            Signal("fit_residual", track.residual),
            Signal("position_std_m", track.std_m),
        ]
        factors.append(math.sqrt(max(track.quality, 0.0)))
        factors.append(math.exp(-0.5 * (track.std_m / POSITION_SCALE_M) ** 2))
    return min(1.0, max(0.0, math.prod(factors))), tuple(signals)
