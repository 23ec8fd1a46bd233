"""Presses STOP in the console's window again and again: waits until the cell is as wished, presses, looks, resets.

The presses come from a thread of their own, which stands for the window system: it puts the key F12 into the
window's event queue at random moments. Stamps are taken where the console takes the key out again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from runtime.link.plant_blocks import StateBlock
from runtime.link.stop_flag import StopFlag
from runtime.messages.joint import PlantFlag
from runtime.messages.requests import AddTask, Body, Reset, Start
from runtime.messages.state import Mode
from runtime.mistakes import UserMistake
from runtime.modes import LATCHED_MODES
from twin_app.assembly.bench.stop_record import PATIENCE_S, Press, StopRecord
from twin_app.window.console import ConsoleWindow

LOOK_S = 0.0005
READY_PATIENCE_S = 30.0
ASK_AGAIN_S = 0.25
MOVING_RAD_S = 0.02
PAUSE_S = (0.005, 0.08)
"""Between readiness and press, at random: no phase of the loop is preferred."""

DRIVE_S = (0.05, 0.15)
TASKS_OPEN = 2
"""So that the policy always has work."""


class FirstSight(QObject):
    """Stamps the key F12 before anything else of the application sees it. On the GUI thread."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self.seen_ns = 0
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stamp the first delivery of a press; keep nothing from anybody."""
        del watched
        if self.seen_ns or event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_F12:
            self.seen_ns = time.monotonic_ns()
        return False


class Storm(QObject):
    """Repaints the whole window again and again, as fast as the GUI thread can."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._beat = QTimer(self)
        self._beat.setInterval(0)
        self._beat.timeout.connect(self._paint_all)

    def rage(self, *, on: bool) -> None:
        """Begin or end."""
        if on:
            self._beat.start()
        else:
            self._beat.stop()

    def _paint_all(self) -> None:
        for widget in self._window.findChildren(QWidget):
            if widget.isVisible():
                widget.update()


@dataclass(slots=True)
class Presser:
    """The pressing thread's work; requests go through the window's own link."""

    window: ConsoleWindow
    states: StateBlock
    flag: StopFlag
    sight: FirstSight
    random: random.Random
    instruction: Callable[[], str]
    record: StopRecord = field(default_factory=StopRecord)
    ending: threading.Event = field(default_factory=threading.Event)
    """Set when nothing is to be waited for any more: the window is going."""

    _cleared_ns: int = field(init=False, default=0)
    """Since when no stop stands; telemetry from before it tells nothing about now."""

    def press_in(self, condition: str) -> None:
        """Bring the cell to where this condition wants it, press, and write down what came of it."""
        driving = condition == "inference"
        self._reach(driving=driving)
        time.sleep(self.random.uniform(*(DRIVE_S if driving else PAUSE_S)))
        state = self.states.read()
        moving = state is not None and float(abs(state.dq_rad_s).max()) > MOVING_RAD_S
        self.sight.seen_ns = 0
        posted_ns = time.monotonic_ns()
        key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F12, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(self.window, key)
        flagged_ns, applied_ns = self._await_stop(posted_ns)
        if not applied_ns or not self.sight.seen_ns or not flagged_ns:
            self.record.unanswered += 1
            return
        self.record.presses.append(
            Press(condition, posted_ns, self.sight.seen_ns, flagged_ns, applied_ns, moving=moving)
        )

    def _await_stop(self, posted_ns: int) -> tuple[int, int]:
        """Stamps of the flag and of the stop in the plant, 0 where none came. The stop request presses again later."""
        end_s, flagged_ns = time.monotonic() + PATIENCE_S, 0
        while time.monotonic() < end_s and not self.ending.is_set():
            flagged_ns = flagged_ns or self.flag.pressed_ns()
            state = self.states.read()
            if state is not None and state.stop_seen_ns > posted_ns:
                return flagged_ns, state.stop_seen_ns
            time.sleep(LOOK_S)
        return flagged_ns, 0

    def _reach(self, *, driving: bool) -> None:
        """Reset, and start where the policy is to drive; ask again what got lost in a storm."""
        begin_s = time.monotonic()
        asked: tuple[type | None, float] = (None, 0.0)
        while time.monotonic() - begin_s < READY_PATIENCE_S:
            ready, wish = self._next_wish(driving=driving)
            if ready or self.ending.is_set():
                return
            if wish is not None and (asked[0] is not type(wish) or time.monotonic() - asked[1] > ASK_AGAIN_S):
                asked = (type(wish), time.monotonic())
                self.window.source.ask(wish)
            time.sleep(0.004)
        raise UserMistake(
            f"the cell could not be made ready for a press within {READY_PATIENCE_S:g} s: {self._standing()}"
        )

    def _standing(self) -> str:
        """Mode and reason as the window knows them."""
        seen = self.window.pump.state
        mode = "no word from control" if seen.control is None else f"{seen.control.mode.value}"
        why = "" if seen.system is None else seen.system.why_not_moving
        open_tasks = 0 if seen.tasks is None else len(seen.tasks.open)
        return f"{mode}, {open_tasks} open tasks; {why}"

    def _next_wish(self, *, driving: bool) -> tuple[bool, Body | None]:
        """Whether the cell is as wished, and what to ask for otherwise. Stops are seen in shared memory, at once."""
        state, seen = self.states.read(), self.window.pump.state
        if state is None or seen.control is None or seen.tasks is None:
            return False, None
        if state.stop_seen_ns or self.flag.is_set():
            self._cleared_ns = 0
            return False, Reset() if seen.control.mode in LATCHED_MODES else None
        self._cleared_ns = self._cleared_ns or time.monotonic_ns()
        if not driving:
            return True, None
        if len(seen.tasks.open) < TASKS_OPEN:
            return False, AddTask(self.instruction())
        if seen.control.stamp_ns <= self._cleared_ns:
            return False, None
        if seen.control.mode is not Mode.AUTO or state.flags & PlantFlag.BRAKED:
            return False, Start()
        return True, None
