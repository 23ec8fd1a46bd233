"""Wall-clock pacing of the 1 kHz processes: real-time scheduling, an absolute grid, honest lateness."""

from __future__ import annotations

import ctypes
import gc
import os
import time

import numpy as np
from numpy.typing import NDArray

MILLISECOND_NS = 1_000_000
_MCL_CURRENT_AND_FUTURE = 3


def enter_real_time(priority: int) -> str:
    """Give the calling thread SCHED_FIFO, lock memory, stop the garbage collector's pauses.

    Call it after sockets exist: their I/O threads must not inherit the priority.
    Returns an empty string when granted, otherwise what was refused, in words.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    refused: list[str] = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except (PermissionError, OSError) as trouble:
        refused.append(f"no real-time scheduling ({trouble.strerror}); allow it with: ulimit -r {priority}")
    if ctypes.CDLL(None, use_errno=True).mlockall(_MCL_CURRENT_AND_FUTURE) != 0:
        refused.append("memory is not locked; allow it with: ulimit -l unlimited")
    return "; ".join(refused)


def leave_real_time() -> None:
    """At the end of the work: let the garbage collector take what is no longer used, in order."""
    gc.unfreeze()
    gc.enable()
    gc.collect()


class Pacer:
    """Waits for the ticks of an absolute 1 ms grid of the monotonic clock and keeps the last second's lateness.

    A tick is missed when its whole period had passed before it could begin; missed ticks are skipped,
    never caught up, so that a stall does not become a burst.
    """

    def __init__(self, *, phase_ns: int, period_ns: int = MILLISECOND_NS, history: int = 1000) -> None:
        self.period_ns = period_ns
        now = time.monotonic_ns()
        self._next_ns = now - now % period_ns + phase_ns + 2 * period_ns
        self.ticks = 0
        self.missed = 0
        self.missed_in_row = 0
        self.lateness_s: NDArray[np.float64] = np.zeros(history)
        self.work_s: NDArray[np.float64] = np.zeros(history)
        self._history = history
        self._began_ns = 0

    def wait(self) -> int:
        """Sleep until the next tick is due; returns its nominal stamp in ns."""
        due = self._next_ns
        now = time.monotonic_ns()
        if due > now:
            time.sleep((due - now) * 1e-9)
            now = time.monotonic_ns()
        behind = (now - due) // self.period_ns
        self.missed_in_row = behind
        if behind > 0:
            self.missed += behind
            due += behind * self.period_ns
        self._next_ns = due + self.period_ns
        self.lateness_s[self.ticks % self._history] = (now - due + behind * self.period_ns) * 1e-9
        self.ticks += 1
        self._began_ns = now
        return due

    def worked(self) -> None:
        """The tick's work is done; keeps how long it took."""
        slot = (self.ticks - 1) % self._history
        self.work_s[slot] = (time.monotonic_ns() - self._began_ns) * 1e-9
