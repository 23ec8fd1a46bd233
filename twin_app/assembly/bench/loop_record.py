"""What a stretch of the 1 kHz loop's own telemetry says about its rate, its misses and its lateness."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.messages.state import ControlState, TickTrace

SECOND_NS = 1_000_000_000


class LoopRecord:
    """Collects control states and tick traces whose stamps lie in one stretch of time; holds a few MB for 10 min."""

    def __init__(self) -> None:
        self._begin_ns = self._end_ns = 0
        self._states: list[ControlState] = []
        self._lateness_s: list[NDArray[np.float32]] = []
        self._missed: list[NDArray[np.float32]] = []

    def open(self, now_ns: int) -> None:
        """Begin the stretch."""
        self._begin_ns = now_ns

    def close(self, now_ns: int) -> None:
        """End the stretch; later messages are left out."""
        self._end_ns = now_ns

    def take(self, message: object) -> None:
        """Keep a message that belongs to the stretch."""
        if isinstance(message, ControlState) and self._holds(message.stamp_ns):
            self._states.append(message)
        elif isinstance(message, TickTrace) and self._holds(message.stamp_ns):
            rows = np.frombuffer(message.data, dtype=np.float32).reshape(message.ticks, len(message.columns))
            self._lateness_s.append(rows[:, message.columns.index("lateness_s")])
            self._missed.append(rows[:, message.columns.index("missed_ticks")])

    def figures(self) -> dict[str, Any]:
        """Rate and misses between the first and the last state; lateness over every tick seen.

        Raises `ValueError` when fewer than two states or no trace were heard.
        """
        if len(self._states) < 2 or not self._lateness_s:
            raise ValueError("the control process was not heard: nothing was measured")
        first, last = self._states[0], self._states[-1]
        ticks, missed = last.ticks - first.ticks, last.missed_ticks - first.missed_ticks
        late_us = np.concatenate(self._lateness_s) * 1e6
        modes = [state.mode.value for state in self._states]
        return {
            "rate_hz": round(ticks / (last.stamp_ns - first.stamp_ns) * SECOND_NS, 3),
            "missed_fraction": round(missed / max(1, ticks + missed), 6),
            "tick_p50_us": round(float(np.median([state.tick_p50_s for state in self._states])) * 1e6, 1),
            "late_p50_us": round(float(np.quantile(late_us, 0.5)), 1),
            "late_p99_us": round(float(np.quantile(late_us, 0.99)), 1),
            "late_max_us": round(float(late_us.max()), 1),
            "ticks": ticks,
            "missed_ticks": missed,
            "stalls": int(sum(np.count_nonzero(column) for column in self._missed)),
            "longest_stall_ticks": int(max(column.max() for column in self._missed)),
            "seconds": round((last.stamp_ns - first.stamp_ns) / SECOND_NS, 2),
            "driving_fraction": round(modes.count("auto") / len(modes), 3),
            "real_time": all(state.real_time for state in self._states),
        }

    def _holds(self, stamp_ns: int) -> bool:
        return 0 < self._begin_ns <= stamp_ns and (self._end_ns == 0 or stamp_ns < self._end_ns)
