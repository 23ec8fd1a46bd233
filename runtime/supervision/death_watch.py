"""Notices the death of a child at once: a thread that waits on process descriptors and then stops the cell.

The supervisor's own loop may be busy writing to a disk at that moment; this thread never is.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

REAL_TIME_PRIORITY = 2
"""Below plant and control; the thread runs for some microseconds at a death and never else."""


@dataclass(frozen=True, slots=True)
class Death:
    """A watched process that has ended."""

    pid: int
    noticed_ns: int


class DeathWatch:
    """Watches children by pidfd (Linux 5.3 and newer). `on_death(pid, now_ns)` runs in the watching thread."""

    def __init__(self, *, clock_ns: Callable[[], int], on_death: Callable[[int, int], None]) -> None:
        self._clock_ns = clock_ns
        self._on_death = on_death
        self._deaths: deque[Death] = deque()
        self._watched: dict[int, int] = {}
        self._lock = threading.Lock()
        self._poll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._ending = False
        self._thread = threading.Thread(target=self._watch, name="death-watch", daemon=True)
        self._thread.start()

    def watch(self, pid: int) -> None:
        """Begin to watch a child that has not been reaped yet."""
        descriptor = os.pidfd_open(pid)
        with self._lock:
            self._watched[descriptor] = pid
        self._poll.register(descriptor, select.EPOLLIN | select.EPOLLONESHOT)

    def take_deaths(self) -> tuple[Death, ...]:
        """Those noticed since the last call."""
        taken: list[Death] = []
        while self._deaths:
            taken.append(self._deaths.popleft())
        return tuple(taken)

    def close(self) -> None:
        """End the thread and let go of every descriptor."""
        self._ending = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        self._poll.close()
        os.close(self._wake)
        for descriptor in self._watched:
            os.close(descriptor)
        self._watched.clear()

    def _watch(self) -> None:
        with suppress(OSError):  # not permitted: an ordinary thread notices a little later under load
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))  # 0: this thread alone
        while not self._ending:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._wake:
                    self._notice(descriptor)

    def _notice(self, descriptor: int) -> None:
        now_ns = self._clock_ns()
        with self._lock:
            pid = self._watched.pop(descriptor)
        self._on_death(pid, now_ns)
        self._deaths.append(Death(pid, now_ns))
        self._poll.unregister(descriptor)
        os.close(descriptor)
