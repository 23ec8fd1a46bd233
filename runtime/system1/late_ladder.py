"""What a late policy means: go on with what is left, hold at its end, and after a second of silence a fault."""

from __future__ import annotations

from runtime.messages.state import PlanExecution

OVERDUE_S = 0.25
"""Two and a half periods of a 10 Hz policy."""

SILENT_S = 1.0


class LateLadder:
    """Judges by time alone where System 1 stands with its newest accepted chunk."""

    def __init__(self, *, overdue_s: float = OVERDUE_S, silent_s: float = SILENT_S) -> None:
        self._overdue_ns = round(overdue_s * 1e9)
        self._silent_ns = round(silent_s * 1e9)
        self._accepted_ns = 0
        self._ends_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """A policy begins to drive, or its work begins; silence counts from here."""
        self._accepted_ns = now_ns
        self._ends_ns = None

    def begin_silence(self, now_ns: int) -> None:
        """Work is expected from now on: what was not said before does not count."""
        self._accepted_ns = max(self._accepted_ns, now_ns)

    def accepted(self, *, now_ns: int, ends_ns: int) -> None:
        """A chunk was accepted; nothing of it may be executed after `ends_ns`."""
        self._accepted_ns = now_ns
        self._ends_ns = ends_ns

    def execution(self, now_ns: int) -> PlanExecution:
        """Where it stands at this moment."""
        silent = now_ns - self._accepted_ns >= self._silent_ns
        if self._ends_ns is None:
            return PlanExecution.SILENT if silent else PlanExecution.NONE
        if now_ns >= self._ends_ns:
            return PlanExecution.SILENT if silent else PlanExecution.HOLDING
        return PlanExecution.OVERDUE if now_ns - self._accepted_ns >= self._overdue_ns else PlanExecution.FOLLOWING
