"""When a worker has to end: told by a signal, told by orders, or left alone by a supervisor that died."""

from __future__ import annotations

import os
import signal
from types import FrameType


class Life:
    """Tells once a cycle whether this process may go on."""

    def __init__(self, *, supervisor_pid: int) -> None:
        """Take over SIGTERM; leave Ctrl-C to the supervisor, which ends everybody in order.

        `supervisor_pid` is the session's: a supervisor that died while this process was starting is noticed too.
        """
        self._parent = supervisor_pid
        self.told = False
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._end)

    def orphaned(self) -> bool:
        """Whether the supervisor is gone."""
        return os.getppid() != self._parent

    def over(self) -> bool:
        """Whether to leave."""
        return self.told or self.orphaned()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.told = True
