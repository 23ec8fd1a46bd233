"""Round numbers for axes."""

from __future__ import annotations

import math

_FACTORS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0))
DECADES = (-307.0, 308.25)
"""Powers of ten of the smallest and the largest float."""

TIME_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


def value_ticks(low: float, high: float, *, most: int) -> list[float]:
    """Round values inside a range, at most `most` of them; two where one alone would leave the scale open."""
    if not math.isfinite(high - low) or high <= low:
        return [low]
    step = _round_up((high - low) / max(1, most))
    first, last = _inside(low, high, step)
    while last <= first:
        step = _round_up(step * 0.5)
        first, last = _inside(low, high, step)
    return [index * step for index in range(first, last + 1)]


def log_ticks(low: float, high: float, *, most: int) -> list[float]:
    """Round values for a logarithmic axis from 10**low to 10**high: two at least, about `most` at most."""
    low, high = max(low, DECADES[0]), min(high, DECADES[1])
    powers = range(math.floor(low), min(math.ceil(high), 308) + 1)
    found = [[factor * 10.0**power for power in powers for factor in factors] for factors in _FACTORS]
    inside = [[value for value in values if low <= math.log10(value) <= high] for values in found]
    fitting = [values for values in inside if 2 <= len(values) <= most]
    if fitting:
        return fitting[-1]
    if len(inside[0]) > most:
        return inside[0][:: math.ceil(len(inside[0]) / max(1, most))]
    return value_ticks(10.0**low, 10.0**high, most=max(2, most))


def padded(low: float, high: float) -> tuple[float, float]:
    """A range that is a little larger, and never empty."""
    room = (high - low) * 0.06 or max(abs(high), 1.0) * 0.05
    return low - room, high + room


def time_ticks(begin_ns: int, end_ns: int, *, most: int, offset_ns: int = 0) -> tuple[list[int], float]:
    """Round moments inside a stretch, and the step in seconds; round on the clock shifted by `offset_ns`."""
    span_s = max((end_ns - begin_ns) * 1e-9, 1e-6)
    step_s = next((step for step in TIME_STEPS_S if span_s / step <= most + 1e-6), 14400.0)
    step_ns = int(step_s * 1e9)
    first = -(-(begin_ns + offset_ns) // step_ns)
    last = (end_ns + offset_ns) // step_ns
    return [index * step_ns - offset_ns for index in range(first, last + 1)], step_s


def _inside(low: float, high: float, step: float) -> tuple[int, int]:
    return math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if power * factor >= value * (1 - 1e-9))
