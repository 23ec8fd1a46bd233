"""Ctrl-C, TERM and HUP while Qt runs: noted when they come, heeded by the event loop, raised when all is over.

What a handler raises inside one of Qt's callbacks is printed or lost there, and the command goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QTimer

from twin_app.assembly.ending import raised_afterwards

HEED_MS = 100


def exit_loop() -> None:
    """End the event loop; `quit` would ask the window, and that a person while the arm moves."""
    QCoreApplication.exit(0)


@contextmanager
def interruptible(leave: Callable[[], object] = exit_loop) -> Iterator[None]:
    """A signal while it lasts, before or within the event loop, calls `leave` there and is raised at the end.

    `leave` is called again and again until the event loop has ended.
    """
    with raised_afterwards() as came:
        heed = QTimer()  # ticks on, so that Python gets the chance to note a signal at all
        heed.timeout.connect(lambda: leave() if came else None)
        heed.start(HEED_MS)
        try:
            yield
        finally:
            heed.stop()
