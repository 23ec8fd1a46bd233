"""How a server has answered so far: latency, errors, reconnections."""

from __future__ import annotations

from collections import deque
from statistics import median

from runtime.messages.plan import Signal

KEPT = 50


class Bookkeeping:
    """Counts and times of one line; belongs to one thread at a time."""

    def __init__(self) -> None:
        self._latencies_s: deque[float] = deque(maxlen=KEPT)
        self._server_s: float | None = None
        self.answered = 0
        self.late = 0
        self.troubles = 0
        self.connections = 0

    def answered_in(self, took_s: float, *, server_s: float | None) -> None:
        """One answer came in time."""
        self.answered += 1
        self._latencies_s.append(took_s)
        self._server_s = server_s

    @property
    def latency_s(self) -> float:
        """Of the newest answer; 0 before the first."""
        return self._latencies_s[-1] if self._latencies_s else 0.0

    def signals(self, *, connected: bool) -> tuple[Signal, ...]:
        """For the policy panel and the recording."""
        shown = [Signal("server connected", 1.0 if connected else 0.0)]
        if self._latencies_s:
            shown.append(Signal("server ms", round(self.latency_s * 1e3, 1)))
            shown.append(Signal("server ms median", round(median(self._latencies_s) * 1e3, 1)))
        if self._server_s is not None:
            shown.append(Signal("inference ms", round(self._server_s * 1e3, 1)))
        shown.append(Signal("late", float(self.late)))
        shown.append(Signal("errors", float(self.troubles)))
        shown.append(Signal("reconnects", float(max(0, self.connections - 1))))
        return tuple(shown)
