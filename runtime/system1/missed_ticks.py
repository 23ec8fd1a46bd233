"""Missed ticks act: warn, then slow down, then stop; back only after a quiet while."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum


class Punctuality(IntEnum):
    """Rungs of the ladder."""

    FINE = 0
    WARN = 1
    SLOW = 2
    STOP = 3


@dataclass(frozen=True, slots=True)
class MissedTickLimits:
    """Missed ticks within the window at which each rung is reached."""

    warn: int = 5
    slow: int = 50
    stop: int = 200
    stop_in_row: int = 20
    """The plant brakes by itself at this many in a row (libfranka's constant)."""

    window_s: float = 1.0
    quiet_s: float = 2.0
    """So long below half of a rung's threshold before the ladder goes down one rung."""

    slow_scale: float = 0.5
    """Speed of newly accepted chunks while slowed down."""


class MissedTickLadder:
    """Counts missed ticks in a sliding window and says what they mean. A stop rung is left by `reset` only."""

    def __init__(self, limits: MissedTickLimits | None = None, *, period_s: float = 0.001) -> None:
        self._limits = MissedTickLimits() if limits is None else limits
        self._ticks_a_window = round(self._limits.window_s / period_s)
        self._events: deque[tuple[int, int]] = deque()
        self._in_window = 0
        self._quiet_since_ns = 0
        self.rung = Punctuality.FINE
        self.total = 0

    @property
    def speed_scale(self) -> float:
        """Factor on the speed of newly accepted chunks."""
        return self._limits.slow_scale if self.rung >= Punctuality.SLOW else 1.0

    @property
    def in_window(self) -> int:
        """Missed ticks within the window; never more than the window has, however long the loop stood still."""
        return min(self._in_window, self._ticks_a_window)

    def note(self, missed: int, *, now_ns: int, unserved: int | None = None) -> Punctuality:
        """So many ticks were missed just before this one; returns the rung.

        `unserved`: arm cycles that passed without a command meanwhile, by the arm's own count, when that is
        known. A host that stalls arm and loop together leaves no cycle unserved; it still counts as missed.
        """
        if missed == 0 and self.rung is Punctuality.FINE and not self._events:
            return self.rung
        self._count(missed, now_ns)
        reached = self._reached(missed if unserved is None else min(missed, unserved))
        if reached >= self.rung:
            self.rung = reached
            self._quiet_since_ns = now_ns
        elif self.rung is not Punctuality.STOP:
            self._descend(now_ns)
        return self.rung

    def reset(self, *, now_ns: int) -> None:
        """A person has unlatched the stop: counting starts anew."""
        self._events.clear()
        self._in_window = 0
        self.rung = Punctuality.FINE
        self._quiet_since_ns = now_ns

    def _count(self, missed: int, now_ns: int) -> None:
        if missed:
            self.total += missed
            self._in_window += missed
            self._events.append((now_ns, missed))
        horizon_ns = now_ns - round(self._limits.window_s * 1e9)
        while self._events and self._events[0][0] < horizon_ns:
            self._in_window -= self._events.popleft()[1]

    def _threshold(self, rung: Punctuality) -> int:
        limits = self._limits
        return (0, limits.warn, limits.slow, limits.stop)[rung]

    def _reached(self, in_row: int) -> Punctuality:
        if in_row >= self._limits.stop_in_row:
            return Punctuality.STOP
        for rung in (Punctuality.STOP, Punctuality.SLOW, Punctuality.WARN):
            if self._in_window >= self._threshold(rung):
                return rung
        return Punctuality.FINE

    def _descend(self, now_ns: int) -> None:
        if 2 * self._in_window >= self._threshold(self.rung):
            self._quiet_since_ns = now_ns
        elif (now_ns - self._quiet_since_ns) * 1e-9 >= self._limits.quiet_s:
            self.rung = Punctuality(self.rung - 1)
            self._quiet_since_ns = now_ns
