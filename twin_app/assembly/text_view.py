"""The live text view of a headless run: one line that tells how the cell stands, and one line a pick."""

from __future__ import annotations

import sys
import time

from runtime.messages import topics
from runtime.messages.state import ControlState
from runtime.messages.system import SystemState
from twin_app.assembly.live import LiveCell
from twin_app.assembly.pick_result import PickResult, pick_line

_PERIOD_S = 0.2


class TextView:
    """Writes to standard error; the status line only where there is a terminal, nothing at all when quiet."""

    def __init__(self, live: LiveCell, *, picks: int, quiet: bool) -> None:
        self._live = live
        self._picks = picks
        self._quiet = quiet
        self._status = sys.stderr.isatty() and not quiet
        self._due_s = 0.0
        self._trouble = ""

    def update(self) -> None:
        """Refresh the status line, at most five times a second; say at once when the recording cannot go on."""
        now_s = time.monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + _PERIOD_S
        control = self._live.heard.get(topics.CONTROL.name)
        system = self._live.heard.get(topics.SYSTEM.name)
        if isinstance(system, SystemState):
            self._tell_trouble(system.recording_trouble)
        if not self._status:
            return
        if isinstance(control, ControlState) and isinstance(system, SystemState):
            line = (
                f"{control.mode.value.upper()} · {control.policy or 'no chunk yet'} · {control.loop_hz:.0f} Hz · "
                f"missed {control.missed_ticks} · {system.why_not_moving}"
            )
            sys.stderr.write(f"\r\x1b[2K{line[:110]}")
            sys.stderr.flush()

    def finished(self, result: PickResult, count: int) -> None:
        """One pick is over."""
        if not self._quiet:
            self._write_line(pick_line(result, count, self._picks))

    def _tell_trouble(self, trouble: str) -> None:
        if trouble and trouble != self._trouble and not self._quiet:
            self._write_line(f"the recording ended: {trouble}")
        self._trouble = trouble

    def _write_line(self, line: str) -> None:
        clear = "\r\x1b[2K" if self._status else ""
        sys.stderr.write(f"{clear}{line}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Leave a clean line."""
        if self._status:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
