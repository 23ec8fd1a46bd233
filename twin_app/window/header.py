"""Everything above the docks: the bar, the line, and the notices that push the rest down."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from runtime.messages.requests import AcknowledgeAlarm
from runtime.messages.system import Alarm
from twin_app.model.connection import Contact
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.wording import Shape, Sign, Tone, duration
from twin_app.panels.alarms import UNSEEN, sign_of
from twin_app.panels.bar import Bar
from twin_app.panels.line import Line
from twin_app.theme.tokens import Theme
from twin_app.widgets.notice import Notice
from twin_app.widgets.panel import Panel

RESTORED_SHOWN_S = 5.0


class Header(Panel):
    """Bar, line and notices, in this order."""

    alarms_wished = Signal()

    def __init__(self, *, stop_key: str, perspectives: tuple[str, ...]) -> None:
        super().__init__(title="Header")
        self.setObjectName("bar")
        self.bar = Bar(stop_key=stop_key)
        self.line = Line(perspectives=perspectives)
        self.replay = Notice()
        self.question = Notice()
        self.connection = Notice()
        self.alarm = Notice()
        self.remark = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.bar, self.line, *self.notices):
            column.addWidget(widget)
        for part in (self.bar, self.line):
            part.wished.connect(self.wished.emit)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """From the most to the least pressing."""
        return (self.replay, self.question, self.connection, self.alarm, self.remark)

    def show_state(self, state: ConsoleState) -> None:
        """Bar and line, and the notices that follow from the state."""
        self.bar.show_state(state)
        self.line.show_state(state)
        self._show_replay(state)
        self._show_connection(state)
        self._show_alarm(state)

    def apply_theme(self, theme: Theme) -> None:
        """Dress all parts."""
        super().apply_theme(theme)
        self.bar.apply_theme(theme)
        self.line.apply_theme(theme)
        for notice in self.notices:
            notice.apply_theme(theme)

    def ask(self, words: str, *, actions: tuple[tuple[str, Callable[[], None]], ...]) -> None:
        """Put a question across the window; STOP stays reachable, because nothing is modal."""
        self.question.say(Sign(words, Shape.QUESTION, Tone.RESET), actions=actions)

    def remark_on(self, words: str, *, tone: Tone = Tone.NORMAL) -> None:
        """Something to know, with a button to put it away."""
        self.remark.say(Sign(words, Shape.CIRCLE, tone), actions=(("Put away", self.remark.silence),))

    def _show_replay(self, state: ConsoleState) -> None:
        if state.playhead is None:
            return
        trouble = f" · {state.playhead.trouble}" if state.playhead.trouble else ""
        words = f"REPLAY · {state.playhead.file} · commands are impossible{trouble}"
        self.replay.say(Sign(words, Shape.DOUBLE_PLAY, Tone.REPLAY))

    def _show_connection(self, state: ConsoleState) -> None:
        if state.kind is SourceKind.REPLAY:
            return
        connection, now_ns = state.connection, state.now_ns
        if connection.contact.get("supervisor") is Contact.LOST:
            silent = duration(connection.silent_s("supervisor", now_ns))
            words = (
                f"NO CONNECTION for {silent}: what you see is old. The arm brakes without its runtime. Reconnecting …"
            )
            self.connection.say(Sign(words, Shape.OCTAGON, Tone.CRITICAL))
        elif connection.lost:
            names = " and ".join(connection.lost)
            silent = duration(max(connection.silent_s(name, now_ns) for name in connection.lost))
            words = f"{names} silent for {silent}: what it shows is old. Restart it under Processes."
            self.connection.say(Sign(words, Shape.TRIANGLE, Tone.HIGH))
        elif connection.restored_ns and state.age_s(connection.restored_ns) < RESTORED_SHOWN_S:
            words = f"Connected again, after {duration(connection.lost_for_s)}."
            self.connection.say(Sign(words, Shape.CIRCLE, Tone.ACTIVE))
        else:
            self.connection.silence()

    def _show_alarm(self, state: ConsoleState) -> None:
        alarms = [alarm for alarm in (state.alarms.alarms if state.alarms else ()) if alarm.phase in UNSEEN]
        if not alarms:
            self.alarm.silence()
            return
        first = alarms[0]
        more = f"  (+{len(alarms) - 1} more)" if len(alarms) > 1 else ""
        sign = sign_of(first)
        words = f"{sign.text.upper()} · {first.cause} · first check: {first.first_check}{more}"
        show = ("Show", self.alarms_wished.emit)
        acknowledge = ("Acknowledge", lambda alarm=first: self._acknowledge(alarm))
        self.alarm.say(
            Sign(words, sign.shape, sign.tone), actions=(acknowledge, show) if state.may_command else (show,)
        )

    def _acknowledge(self, alarm: Alarm) -> None:
        self.wished.emit(AcknowledgeAlarm(alarm_id=alarm.alarm_id))
