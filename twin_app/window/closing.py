"""Closing the window while the arm may move: ask once, stop the arm first, then go."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from runtime.messages.requests import Shutdown
from runtime.messages.state import Mode
from twin_app.model.why import is_moving, standing
from twin_app.window.header import Header
from twin_app.window.pump import Pump

PATIENCE_MS = 3_000
"""A cell that does not report standstill within this time is left to its own stop flag, which is set."""

LOOK_MS = 50
STOPPED = (Mode.PROTECTIVE_STOP, Mode.FAULT, Mode.IDLE)


class Closing(QObject):
    """Decides whether the window may go, and brings the arm to rest before it does."""

    def __init__(self, window: QWidget, pump: Pump, header: Header, *, owns_cell: bool) -> None:
        super().__init__(window)
        self._window = window
        self._pump = pump
        self._header = header
        self._owns_cell = owns_cell
        self._asked = False
        self._agreed = False
        self._waited_ms = 0
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._wait)

    def allowed(self) -> bool:
        """True when nothing moves or the person agreed and the arm stands; otherwise asks."""
        state = self._pump.state
        if self._agreed:
            return not self._look.isActive()
        if not state.may_command or not state.current or not is_moving(state):
            self._end_cell()
            return True
        if self._asked:
            self._agree()
            return False
        self._asked = True
        words = "The arm may move. Close the window? The arm is stopped first."
        actions = (("Stop the arm and close", self._agree), ("Stay", self._stay))
        self._header.ask(words, actions=actions)
        return False

    def _stay(self) -> None:
        self._asked = False
        self._header.question.silence()

    def _agree(self) -> None:
        if self._agreed:
            return
        self._agreed = True
        self._pump.end_motion()
        self._header.ask("Stopping the arm …", actions=())
        self._look.start()

    def _wait(self) -> None:
        self._waited_ms += LOOK_MS
        state = self._pump.state
        resting = state.control is not None and state.control.mode in STOPPED and standing(state)
        if resting or not state.current or self._waited_ms >= PATIENCE_MS:
            self._look.stop()
            self._end_cell()
            self._window.close()

    def _end_cell(self) -> None:
        if self._owns_cell and self._pump.state.may_command and self._pump.state.current:
            self._pump.ask(Shutdown())
