"""What is abnormal: cause, consequence, since when, first check; and the acknowledgement."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from runtime.messages.requests import AcknowledgeAlarm
from runtime.messages.system import Alarm, AlarmPhase
from twin_app.model.state import ConsoleState
from twin_app.model.wording import PRIORITIES, Shape, Sign, Tone, clock, duration
from twin_app.theme.tokens import Theme
from twin_app.widgets.buttons import set_usable
from twin_app.widgets.field import WrappedLabel
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row
from twin_app.widgets.scrolled import Scrolled
from twin_app.widgets.sentence import Sentence

UNSEEN = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.RETURNED_UNACKNOWLEDGED)
ACTIVE = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.LATCHED, AlarmPhase.ACKNOWLEDGED)
"""The condition holds; what nobody has seen comes first."""

CAUSE_CHARACTERS = 90
"""Of a cause in the header, where two lines hold some 200; the whole one stands in the panel."""

PHASE_WORDS = {
    AlarmPhase.UNACKNOWLEDGED: "NEW · ",
    AlarmPhase.RETURNED_UNACKNOWLEDGED: "gone · ",
    AlarmPhase.SHELVED: "shelved · ",
    AlarmPhase.SUPPRESSED: "suppressed · ",
    AlarmPhase.OUT_OF_SERVICE: "out of service · ",
}
"""In front of the cause; nothing for one that is merely acknowledged."""


def sign_of(alarm: Alarm) -> Sign:
    """Priority as a sign; one that went away loses its colour, whether it was seen or not; suppressed is purple."""
    sign = PRIORITIES[alarm.priority]
    if alarm.phase is AlarmPhase.SUPPRESSED:
        return Sign(sign.text, sign.shape, Tone.SUPPRESSED)
    if alarm.phase in (AlarmPhase.NORMAL, AlarmPhase.RETURNED_UNACKNOWLEDGED):
        return Sign(sign.text, Shape.RING, Tone.MUTED)
    return sign


def pressing(alarms: tuple[Alarm, ...]) -> tuple[Alarm, ...]:
    """What the header speaks of, most pressing first: active and unseen, active, gone but unacknowledged."""
    phases = (*ACTIVE, AlarmPhase.RETURNED_UNACKNOWLEDGED)
    wanted = [alarm for alarm in alarms if alarm.phase in phases]
    order = tuple(PRIORITIES)
    return tuple(sorted(wanted, key=lambda a: (phases.index(a.phase), order.index(a.priority), -a.since_ns)))


def headline(alarm: Alarm, *, more: int = 0) -> Sign:
    """An alarm in one line; a long cause is cut short, so that there is room for the first check.

    One that is gone tells no first check: there is nothing left to check.
    """
    sign = sign_of(alarm)
    rest = f"  (+{more} more)" if more else ""
    if alarm.phase is AlarmPhase.RETURNED_UNACKNOWLEDGED:
        return Sign(f"gone, not acknowledged · {alarm.cause}{rest}", sign.shape, sign.tone)
    seen = alarm.phase is AlarmPhase.ACKNOWLEDGED
    state = "acknowledged · " if seen else ""
    cause = alarm.cause if len(alarm.cause) <= CAUSE_CHARACTERS else f"{alarm.cause[:CAUSE_CHARACTERS].rstrip()} …"
    words = f"{sign.text.upper()}{rest} · {state}{cause} · first check: {alarm.first_check}"
    return Sign(words, sign.shape, Tone.NORMAL if seen else sign.tone)


class AlarmsPanel(Panel):
    """Table above, everything about the selected alarm below."""

    def __init__(self) -> None:
        super().__init__(title="Alarms")
        self.table = RecordView(("Priority", "What", "Since"), stretched=1, widest={0: "medium", 2: "00:00:00"})
        self.table.setAccessibleName("Alarms")
        self.cause, self.consequence, self.check = Sentence(), Sentence(), Sentence()
        self.facts = WrappedLabel(name="muted")
        self.acknowledge_button = QPushButton("Acknowledge")
        self.acknowledge_button.setToolTip("I have seen it (Ctrl+K acknowledges the most urgent one)")
        self.acknowledge_button.clicked.connect(self.acknowledge)
        self.table.chosen.connect(self._take_choice)
        self._alarms: tuple[Alarm, ...] = ()
        self._state: ConsoleState | None = None
        self._followed = ""
        """The alarm shown because it is the most urgent one; another one in the table is the person's choice."""

        self._arrange()

    def show_state(self, state: ConsoleState) -> None:
        """All alarms that are not normal."""
        self._state = state
        alarms = state.alarms.alarms if state.alarms else ()
        if alarms != self._alarms:
            self._alarms = alarms
            self.table.show_rows(tuple(_row(alarm, state) for alarm in alarms))
            self._follow()
        self._show_details()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.table.apply_theme(theme)

    def acknowledge(self) -> None:
        """Wish that the selected alarm counts as seen."""
        alarm = self._selected()
        if alarm is not None and alarm.phase in UNSEEN:
            self.wished.emit(AcknowledgeAlarm(alarm_id=alarm.alarm_id))

    def _arrange(self) -> None:
        details = QGridLayout()
        details.setHorizontalSpacing(10)
        details.setVerticalSpacing(2)
        for row, (caption, label) in enumerate(
            (("cause", self.cause), ("first check", self.check), ("consequence", self.consequence))
        ):
            words = QLabel(caption)
            words.setObjectName("caption")
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            details.addWidget(words, row, 0)
            details.addWidget(label, row, 1)
        details.setColumnStretch(1, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.facts, 1)
        foot.addWidget(self.acknowledge_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(5)
        column.addWidget(self.table, 1)
        column.addWidget(Scrolled(details, least_lines=3), 2)
        column.addLayout(foot)

    def _follow(self) -> None:
        """Show the newest of the most urgent alarms, unless the person chose one that still stands."""
        chosen = self.table.selected
        if self._alarms and chosen in ("", self._followed):
            self._followed = (pressing(self._alarms) or self._alarms)[0].alarm_id
            if chosen != self._followed:
                self.table.choose(self._followed)

    def _take_choice(self, key: str) -> None:
        if not key:
            self._followed = ""
        self._show_details()

    def _selected(self) -> Alarm | None:
        key = self.table.selected
        return next((alarm for alarm in self._alarms if alarm.alarm_id == key), None)

    def _show_details(self) -> None:
        alarm, state = self._selected(), self._state
        if alarm is None or state is None:
            for label, text in ((self.cause, "no alarm"), (self.consequence, "—"), (self.check, "—")):
                label.setText(text)
            self.facts.say("")
            set_usable(self.acknowledge_button, usable=False)
            return
        for label, text in (
            (self.cause, alarm.cause),
            (self.consequence, alarm.consequence),
            (self.check, alarm.first_check),
        ):
            if label.text() != text:
                label.setText(text)
        times = f" · {alarm.count} times" if alarm.count > 1 else ""
        self.facts.say(f"{alarm.phase.value} · {alarm.layer}{_lasting(alarm, state)}{times} · {alarm.alarm_id}")
        set_usable(self.acknowledge_button, usable=state.may_command and state.current and alarm.phase in UNSEEN)


def _lasting(alarm: Alarm, state: ConsoleState) -> str:
    """For how long it has held, or held while it did; an older recording does not tell the latter."""
    if alarm.gone_ns:
        return f" · lasted {duration(max(0.0, (alarm.gone_ns - alarm.since_ns) * 1e-9))}"
    gone = alarm.phase is AlarmPhase.RETURNED_UNACKNOWLEDGED
    return "" if gone else f" · for {duration(state.age_s(alarm.since_ns))}"


def _row(alarm: Alarm, state: ConsoleState) -> Row:
    sign = sign_of(alarm)
    ago = f"{duration(state.age_s(alarm.since_ns))} ago"
    since = clock(alarm.since_ns + state.wall_offset_ns) if state.wall_offset_ns else ago
    cells = (sign.text, f"{PHASE_WORDS.get(alarm.phase, '')}{alarm.cause}", since)
    return Row(alarm.alarm_id, cells, sign, quiet=alarm.phase not in UNSEEN)
