"""Delays of stop presses, condition by condition, and what they amount to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MILLISECOND_NS = 1_000_000
PATIENCE_S = 2.0
"""A stop that was not seen by then counts as this long."""

CONDITIONS = ("idle", "inference", "repaint_storm", "backlog")


@dataclass(frozen=True, slots=True)
class Press:
    """One press and what followed; all stamps monotonic ns."""

    condition: str
    posted_ns: int
    """The key event was put into the window's queue, by another thread, as the window system would."""

    seen_ns: int
    """The console process took it out of the queue: the press."""

    flagged_ns: int
    """Stamp in the stop flag."""

    applied_ns: int
    """The plant applied the first command of this stop."""

    moving: bool
    """Whether the arm moved when it was pressed."""


@dataclass(slots=True)
class StopRecord:
    """Every press of a run."""

    presses: list[Press] = field(default_factory=list[Press])
    unanswered: int = 0
    """Presses that no stop followed within the patience; each counts with the whole patience in the overall figures."""

    def figures(self) -> dict[str, Any]:
        """Over all presses, and by condition; raises `ValueError` without a press."""
        if not self.presses:
            raise ValueError("no press was answered: nothing was measured")
        delays_ms = [_ms(press.seen_ns, press.applied_ns) for press in self.presses]
        return {
            **_delays(delays_ms + [PATIENCE_S * 1e3] * self.unanswered),
            "presses": len(self.presses),
            "unanswered": self.unanswered,
            "conditions": {name: self._condition(name) for name in CONDITIONS if self._of(name)},
        }

    def _of(self, condition: str) -> list[Press]:
        return [press for press in self.presses if press.condition == condition]

    def _condition(self, name: str) -> dict[str, Any]:
        presses = self._of(name)
        waited = _delays([_ms(press.posted_ns, press.applied_ns) for press in presses])
        return {
            "presses": len(presses),
            **_delays([_ms(press.seen_ns, press.applied_ns) for press in presses]),
            "to_flag_p99_ms": _delays([_ms(press.seen_ns, press.flagged_ns) for press in presses])["p99_ms"],
            "with_event_queue_p50_ms": waited["p50_ms"],
            "with_event_queue_p99_ms": waited["p99_ms"],
            "moving_fraction": round(sum(press.moving for press in presses) / len(presses), 3),
        }


def shares(presses: int) -> dict[str, int]:
    """How many presses each condition gets: equal shares, the first ones one more."""
    each, more = divmod(presses, len(CONDITIONS))
    return {name: each + (index < more) for index, name in enumerate(CONDITIONS)}


def _ms(begin_ns: int, end_ns: int) -> float:
    return (end_ns - begin_ns) / MILLISECOND_NS


def _delays(values_ms: Sequence[float]) -> dict[str, float]:
    p50, p99, p999, most = np.quantile(values_ms, (0.5, 0.99, 0.999, 1.0))
    return {
        "p50_ms": round(float(p50), 3),
        "p99_ms": round(float(p99), 3),
        "p999_ms": round(float(p999), 3),
        "max_ms": round(float(most), 3),
    }
