"""Plays a recording at its own pace, faster, slower or not at all; time is handed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runtime.recording.reader import Extent, Recorded, extent, read

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
CATCH_UP_NS = 2_000_000_000
"""After a jump the messages of the two seconds before it come first, so that every steady topic is known there."""

CUT_NS = 1_000_000_000
"""Steady topics come several times a second: messages that end so long before the recording does were cut off."""


class Playback:
    """A playhead over one file. Use it from one thread. Raises `UnreadableRecording`."""

    def __init__(self, file: str | Path) -> None:
        self._file = file
        self.extent: Extent = extent(file)
        self.damage: set[str] = set()
        """Stretches met so far that could not be read, in words."""

        self.speed = 1.0
        self.playing = False
        self._head_ns = self.extent.first_ns
        self._read_ns = 0
        self._asked_ns: int | None = None
        self._messages: Iterator[Recorded] = iter(())
        self._ahead: Recorded | None = None
        self.seek(self.extent.first_ns)

    @property
    def head_ns(self) -> int:
        """Where the playhead stands, on the recording's monotonic clock."""
        return self._head_ns

    @property
    def ended(self) -> bool:
        """Whether everything has been delivered."""
        return self._ahead is None

    def play(self) -> None:
        """Let the playhead move; from the end it starts over."""
        if self.ended:
            self.seek(self.extent.first_ns)
        self.playing = True

    def pause(self) -> None:
        """Hold the playhead."""
        self.playing = False

    def seek(self, moment_ns: int) -> None:
        """Jump; the next `due` delivers what leads up to that moment."""
        self._close_messages()
        self._head_ns = min(max(moment_ns, self.extent.first_ns), self.extent.last_ns)
        self._read_ns = self._head_ns - CATCH_UP_NS
        self._messages = read(self._file, from_ns=self._head_ns - CATCH_UP_NS, damage=self.damage)
        self._ahead = next(self._messages, None)

    def due(self, *, now_ns: int) -> list[Recorded]:
        """Everything up to the playhead that was not delivered yet. `now_ns` is any monotonic clock."""
        if self._asked_ns is not None and self.playing:
            self._head_ns += int((now_ns - self._asked_ns) * self.speed)
        self._asked_ns = now_ns
        delivered: list[Recorded] = []
        while self._ahead is not None and self._ahead.log_ns <= self._head_ns:
            delivered.append(self._ahead)
            self._read_ns = self._ahead.log_ns
            self._ahead = next(self._messages, None)
        if self._ahead is None:
            if not self.damage and self.extent.last_ns - self._read_ns > CUT_NS:
                self.damage.add("the file has become shorter since it was opened")
            self._head_ns = self.extent.last_ns
            self.playing = False
        return delivered

    def close(self) -> None:
        """Let go of the file."""
        self._close_messages()
        self._ahead = None

    def _close_messages(self) -> None:
        close = getattr(self._messages, "close", None)
        if close is not None:
            close()
