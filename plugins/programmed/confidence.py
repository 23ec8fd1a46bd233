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

LEAST_FACTOR = 1e-6
"""Below it a factor is as good as 0, and its logarithm is still a number."""


def judge(
    track: PartTrack | None,
    *,
    stamp_ns: int,
    grip_error_m: float | None,
    misses: int,
    scene_quality: float,
) -> tuple[float, tuple[Signal, ...]]:
    """Confidence 0…1 and the signals behind it. A held part is judged by its grip, one still to take by its sight.

    The confidence is a product of factors; the pull of a signal is the logarithm of its factor.
    """
    unsought = track is None and grip_error_m is None
    signals = [
        _part("scene_quality", scene_quality, 0.5 * scene_quality if unsought else 1.0),
        _part("missed_grasps", float(misses), MISS_FACTOR**misses),
    ]
    if grip_error_m is not None:
        signals.append(_part("grip_width_error_m", grip_error_m, math.exp(-0.5 * (grip_error_m / GRIP_SCALE_M) ** 2)))
    elif track is not None:
        unseen_s = max(0.0, (stamp_ns - track.stamp_ns) * 1e-9)
        signals.append(_part("unseen_s", unseen_s, math.exp(-unseen_s / UNSEEN_SCALE_S)))
    if track is not None:
        signals += [
            _part("segmentation_quality", track.quality, math.sqrt(max(track.quality, 0.0))),
            Signal("fit_residual", track.residual),
            _part("position_std_m", track.std_m, math.exp(-0.5 * (track.std_m / POSITION_SCALE_M) ** 2)),
        ]
    confidence = math.exp(sum(signal.pull for signal in signals))
    return min(1.0, max(0.0, confidence)), tuple(signals)


def _part(name: str, value: float, factor: float) -> Signal:
    return Signal(name, value, math.log(max(factor, LEAST_FACTOR)))
