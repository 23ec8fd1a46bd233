"""Everything above the docks: the bar, the line, and one row for notices, always as high as ever."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout

from runtime.messages.requests import AcknowledgeAlarm, RestartProcess
from runtime.messages.system import Alarm, AlarmPhase
from twin_app.model.connection import Contact
from twin_app.model.mode_claim import missing_processes
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.wording import Shape, Sign, Tone, duration
from twin_app.panels.alarms import UNSEEN, headline, pressing
from twin_app.panels.bar import Bar
from twin_app.panels.line import Line
from twin_app.theme.tokens import Theme
from twin_app.widgets.notice import Notice, NoticeRow
from twin_app.widgets.panel import Panel

RESTORED_SHOWN_S = 5.0
REMARK_SHOWN_MS = 8_000
"""How long a remark stays that only confirms or explains; one about a trouble stays until it is put away."""

NARROW_PX = 1000
"""In a window narrower than this a question needs the row that what is calm would share with it."""

UNSEEN_ACTIVE = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.LATCHED)
NO_ALARM = Sign("no alarm", Shape.CIRCLE, Tone.MUTED)

Action = tuple[str, Callable[[], None]]
"""A button's text and what a click does."""


class Header(Panel):
    """Bar, line and notices, in this order. Nothing here changes its height while the cell is live."""

    alarm_wished = Signal(str)
    """The alarm that somebody wants to see."""

    def __init__(self, *, stop_key: str, perspectives: tuple[str, ...]) -> None:
        super().__init__(title="Header")
        self.setObjectName("bar")
        self.bar = Bar(stop_key=stop_key)
        self.line = Line(perspectives=perspectives)
        self.replay = Notice()
        self.question = Notice()
        self.connection = Notice()
        self.alarm = Notice()
        self.calm = Notice()
        """What remains to be said while nothing presses; in the place of `connection` and `alarm`."""

        self.remark = Notice()
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.timeout.connect(self.remark.silence)
        self._pressing: tuple[Alarm, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = NoticeRow(self.connection, self.alarm, self.calm, self.question, self.remark)
        for widget in (self.bar, self.line, self.replay, row):
            column.addWidget(widget)
        for part in (self.bar, self.line):
            part.wished.connect(self.wished.emit)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """From the most to the least pressing."""
        return (self.replay, self.question, self.connection, self.alarm, self.calm, self.remark)

    def show_state(self, state: ConsoleState) -> None:
        """Bar and line, and the notices that follow from the state."""
        self.bar.show_state(state)
        self.line.show_state(state)
        self._show_replay(state)
        self._pressing = pressing(state.alarms.alarms if state.alarms else ())
        self._show_most_pressing(state)

    def apply_theme(self, theme: Theme) -> None:
        """Dress all parts."""
        super().apply_theme(theme)
        self.bar.apply_theme(theme)
        self.line.apply_theme(theme)
        for notice in self.notices:
            notice.apply_theme(theme)

    def ask(self, words: str, *, actions: tuple[Action, ...]) -> None:
        """Put a question under the line; STOP stays reachable, because nothing is modal."""
        self.remark.silence()
        self.question.say(Sign(words, Shape.QUESTION, Tone.RESET), actions=actions)

    def remark_on(self, words: str, *, tone: Tone = Tone.NORMAL) -> None:
        """Something to know, with a button to put it away; it goes by itself unless it tells of a trouble."""
        if tone is Tone.NORMAL:
            self._passing.start(REMARK_SHOWN_MS)
        else:
            self._passing.stop()
        self.remark.say(Sign(words, Shape.CIRCLE, tone), actions=(("Put away", self.remark.silence),))

    def hideEvent(self, event: QHideEvent) -> None:
        """A closed window has no remark that waits to go."""
        super().hideEvent(event)
        self._passing.stop()

    def acknowledge_first(self) -> None:
        """Wish that the most pressing alarm that nobody has acknowledged counts as seen."""
        first = next((alarm for alarm in self._pressing if alarm.phase in UNSEEN), None)
        if first is not None:
            self._acknowledge(first)

    def _show_replay(self, state: ConsoleState) -> None:
        if state.playhead is None:
            return
        trouble = f" · {state.playhead.trouble}" if state.playhead.trouble else ""
        words = f"REPLAY · {state.playhead.file} · commands are impossible{trouble}"
        self.replay.say(Sign(words, Shape.DOUBLE_PLAY, Tone.REPLAY))

    def _show_most_pressing(self, state: ConsoleState) -> None:
        """One of three in one place: a lost cell, then an active alarm that nobody has seen, then the rest."""
        trouble, cut_off = _connection_sign(state), not state.current
        new = bool(self._pressing) and self._pressing[0].phase in UNSEEN_ACTIVE
        restart = self._restart_actions(state)
        if trouble is not None and (cut_off or not new):
            self._say_only(self.connection, trouble, actions=() if cut_off else restart)
        elif self._pressing:
            first = self._pressing[0]
            sign = headline(first, more=len(self._pressing) - 1)
            seen = () if first.phase not in UNSEEN else (("Acknowledge", lambda: self._acknowledge(first)),)
            actions = (
                *(seen if state.may_command else ()),
                ("Show", lambda: self.alarm_wished.emit(first.alarm_id)),
                *restart,
            )
            self._say_only(self.alarm if new else self.calm, sign, actions=actions)
        else:
            self._say_only(self.calm, NO_ALARM, actions=restart)
        if self.width() < NARROW_PX and not self.question.isHidden():
            self.calm.silence()

    def _say_only(self, notice: Notice, sign: Sign, *, actions: tuple[Action, ...]) -> None:
        for other in (self.connection, self.alarm, self.calm):
            if other is not notice:
                other.silence()
        notice.say(sign, actions=actions)

    def _restart_actions(self, state: ConsoleState) -> tuple[Action, ...]:
        names = missing_processes(state)
        if not names or not state.may_command or not state.current:
            return ()
        return ((f"Restart {names[0]}", lambda: self.wished.emit(RestartProcess(process=names[0]))),)

    def _acknowledge(self, alarm: Alarm) -> None:
        self.wished.emit(AcknowledgeAlarm(alarm_id=alarm.alarm_id))


def _connection_sign(state: ConsoleState) -> Sign | None:
    """What is to be said about the line to the cell; nothing while all is well."""
    if state.kind is SourceKind.REPLAY:
        return None
    connection, now_ns = state.connection, state.now_ns
    if connection.contact.get("supervisor") is Contact.LOST:
        silent = duration(connection.silent_s("supervisor", now_ns))
        words = f"NO CONNECTION for {silent}: what you see is old. The arm brakes without its runtime. Reconnecting …"
        return Sign(words, Shape.OCTAGON, Tone.CRITICAL)
    if connection.lost:
        names = " and ".join(connection.lost)
        silent = duration(max(connection.silent_s(name, now_ns) for name in connection.lost))
        words = f"{names} silent for {silent}: what it shows is old. Restart it under Processes."
        return Sign(words, Shape.TRIANGLE, Tone.HIGH)
    if connection.restored_ns and state.age_s(connection.restored_ns) < RESTORED_SHOWN_S:
        return Sign(f"Connected again, after {duration(connection.lost_for_s)}.", Shape.CIRCLE, Tone.ACTIVE)
    return None
