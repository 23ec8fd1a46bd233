"""Second line of the header: perspectives, why it is not moving, Pause and the held Start."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton

from runtime.messages.requests import Pause, Start
from runtime.messages.state import Mode
from runtime.modes import LATCHED_MODES
from twin_app.model.mode_claim import DRIVEN, missing_for_motion, mode_claim
from twin_app.model.state import ConsoleState
from twin_app.model.why import why_line
from twin_app.theme.tokens import Theme
from twin_app.widgets.buttons import HoldButton, set_usable
from twin_app.widgets.field import WrappedLabel
from twin_app.widgets.panel import Panel

STARTABLE = (Mode.IDLE, Mode.ASSIST)
START_WORDS = "Hold to start"
"""On the button; whatever tells a person to start uses these words, also what the supervisor says."""


class Line(Panel):
    """Perspectives left, the answer in the middle, what starts and pauses motion right."""

    perspective_wished = Signal(str)

    def __init__(self, *, perspectives: tuple[str, ...]) -> None:
        super().__init__(title="Line")
        self.setObjectName("line")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 4)
        row.setSpacing(6)
        self.tabs: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for number, name in enumerate(perspectives, start=1):
            button = QPushButton(name.capitalize())
            button.setCheckable(True)
            button.setToolTip(f"Perspective {name.capitalize()} (Ctrl+{number})")
            button.clicked.connect(lambda _=False, name=name: self.perspective_wished.emit(name))
            group.addButton(button)
            row.addWidget(button)
            self.tabs[name] = button
        self.why = WrappedLabel(name="heading")
        row.addSpacing(6)
        row.addWidget(self.why, 1)
        self.pause_button = QPushButton("Pause")
        self.pause_button.clicked.connect(lambda: self.wished.emit(Pause()))
        self.start_button = HoldButton(START_WORDS)
        self.start_button.held.connect(lambda: self.wished.emit(Start()))
        self.menu_button = QToolButton()
        self.menu_button.setText("Menu")
        self.menu_button.setToolTip("Panels, layout, theme (F10)")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.menu_button)
        self.menu_button.setMenu(self.menu)
        for widget in (self.pause_button, self.start_button, self.menu_button):
            row.addWidget(widget)

    def show_state(self, state: ConsoleState) -> None:
        """The line, and which of the two motion buttons can do something."""
        answer = why_line(state)
        text = "▶ moving" if answer.moving and state.may_command else f"Why not moving: {answer.text}"
        if answer.moving and not state.may_command:
            text = answer.text
        self.why.say(text)
        mode = state.control.mode if state.control and mode_claim(state).known else None
        usable = state.may_command and state.current
        set_usable(self.pause_button, usable=usable and mode in DRIVEN)
        obstacle = _obstacle(state, mode)
        reason = obstacle or "Hold the button (or Enter) until it is full: the policy then drives the arm."
        self.start_button.say(START_WORDS, enabled=usable and not obstacle, reason=reason)

    def show_perspective(self, name: str) -> None:
        """Mark the perspective that is shown."""
        self.tabs[name].setChecked(True)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the held button."""
        super().apply_theme(theme)
        self.start_button.theme = theme
        self.start_button.update()


def _obstacle(state: ConsoleState, mode: Mode | None) -> str:
    """Why Start is impossible; empty when it is possible."""
    missing = missing_for_motion(state)
    if missing:
        return f"Process {missing[0]} died: restart it first."
    if mode is None:
        return "The arm does not answer."
    if mode in LATCHED_MODES:
        return "Stopped: Reset first."
    if mode not in STARTABLE:
        return "The arm is already driven." if mode in DRIVEN else "Possible from idle and assist."
    return ""
