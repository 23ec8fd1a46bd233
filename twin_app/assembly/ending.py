"""TERM and a closed terminal (HUP) end a command as Ctrl-C does: what it has started is ended in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Ended(KeyboardInterrupt):
    """The command was told to end by a signal other than Ctrl-C's."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def ending_signals() -> tuple[signal.Signals, ...]:
    """Signals that ask for the end; HUP only where nobody chose to ignore it (nohup)."""
    asked = (signal.SIGINT, signal.SIGTERM)
    return asked if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*asked, signal.SIGHUP)


@contextmanager
def ends_in_order() -> Iterator[None]:
    """While it lasts, TERM and HUP raise `Ended` in the main thread, where `finally` clauses clean up."""
    numbers = [number for number in ending_signals() if number != signal.SIGINT]
    before = {number: signal.signal(number, _raise_ended) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def raised_afterwards() -> Iterator[list[int]]:
    """While it lasts, Ctrl-C, TERM and HUP are only noted in the list; the first is raised at the end.

    It takes the place of whatever else is on its way then: an outcome of the interruption.
    """
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in ending_signals()}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            raise KeyboardInterrupt if came[0] == signal.SIGINT else Ended(came[0])


@contextmanager
def put_off() -> Iterator[None]:
    """While it lasts, Ctrl-C, TERM and HUP wait: compiled modules that are interrupted while they load may crash."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _raise_ended(number: int, frame: FrameType | None) -> None:
    raise Ended(number)
