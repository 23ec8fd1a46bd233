"""Notices the death of a child at once: threads that wait for nothing else, and then stop the cell.

The supervisor's own loop may be busy writing to a disk at that moment; these threads never are. A life line tells
when a child begins to die, its process descriptor when it is gone.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from runtime.link.life_line import LifeLine

REAL_TIME_PRIORITY = 2
"""Below plant and control; the threads run for some microseconds at a death and never else."""

JOIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Death:
    """A watched process that has ended."""

    pid: int
    noticed_ns: int


@dataclass(slots=True)
class _Watched:
    """One child."""

    pid: int
    told: bool = False
    gone: bool = False


class DeathWatch:
    """Watches children by life line and pidfd (Linux 5.3 and newer).

    `on_death(pid, now_ns)` runs in a watching thread, once a child, by whichever tells first.
    """

    def __init__(self, *, clock_ns: Callable[[], int], on_death: Callable[[int, int], None]) -> None:
        self._clock_ns = clock_ns
        self._on_death = on_death
        self._deaths: deque[Death] = deque()
        self._watched: dict[int, _Watched] = {}
        self._hanging: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._poll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._ending = False
        self._thread = threading.Thread(target=self._watch, name="death-watch", daemon=True)
        self._thread.start()

    def watch(self, pid: int, line: LifeLine | None = None) -> None:
        """Begin to watch a child that has not been reaped yet; `line` is closed when it was cut or is not needed."""
        watched = _Watched(pid)
        descriptor = os.pidfd_open(pid)
        with self._lock:
            self._watched[descriptor] = watched
        self._poll.register(descriptor, select.EPOLLIN | select.EPOLLONESHOT)
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        if line is not None:
            thread = threading.Thread(target=self._hang_on, args=(line, watched), name=f"life-line {pid}", daemon=True)
            thread.start()
            self._hanging.append(thread)

    def take_deaths(self) -> tuple[Death, ...]:
        """Those noticed since the last call."""
        taken: list[Death] = []
        while self._deaths:
            taken.append(self._deaths.popleft())
        return tuple(taken)

    def close(self) -> None:
        """End the threads and let go of every descriptor; whoever held a line has ended."""
        self._ending = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        for thread in self._hanging:
            thread.join(JOIN_S)
        self._poll.close()
        os.close(self._wake)
        for descriptor in self._watched:
            os.close(descriptor)
        self._watched.clear()

    def _watch(self) -> None:
        _hurry()
        while not self._ending:
            for descriptor, _ in self._poll.poll():
                if descriptor != self._wake:
                    self._notice(descriptor)

    def _notice(self, descriptor: int) -> None:
        now_ns = self._clock_ns()
        with self._lock:
            watched = self._watched.pop(descriptor)
        watched.gone = True
        self._tell(watched, now_ns)
        self._deaths.append(Death(watched.pid, now_ns))
        self._poll.unregister(descriptor)
        os.close(descriptor)

    def _hang_on(self, line: LifeLine, watched: _Watched) -> None:
        _hurry()
        if line.await_cut(over=lambda: self._ending or watched.gone):
            self._tell(watched, self._clock_ns())
        line.close()

    def _tell(self, watched: _Watched, now_ns: int) -> None:
        with self._lock:
            told, watched.told = watched.told, True
        if not told:
            self._on_death(watched.pid, now_ns)


def _hurry() -> None:
    with suppress(OSError):  # not permitted: an ordinary thread notices a little later under load
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))  # 0: this thread alone
