"""What happened, newest first: the commands of this console with their receipts, and the events of the cell."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout

from runtime.messages.requests import ReceiptPhase
from runtime.messages.system import Event
from twin_app.model.commands import CommandRow
from twin_app.model.state import ConsoleState
from twin_app.model.wording import RECEIPTS, Shape, Sign, Tone, clock, command_words, outcome, story
from twin_app.theme.tokens import Theme
from twin_app.widgets.field import WrappedLabel
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row

LEVELS = {
    "info": Sign("info", Shape.RING, Tone.MUTED),
    "warning": Sign("warning", Shape.DIAMOND, Tone.NORMAL),
    "error": Sign("error", Shape.TRIANGLE, Tone.NORMAL),
}


CHOOSE = "Choose a line to read it in full."


class HistoryPanel(Panel):
    """Commands above, events below, and the chosen one in full at the bottom."""

    def __init__(self) -> None:
        super().__init__(title="History")
        self.commands = RecordView(("Command", "How it went"), stretched=1, widest={0: "restart process"})
        self.commands.setAccessibleName("Commands")
        self.events = RecordView(("Time", "Event"), stretched=1, widest={0: "00:00:00"})
        self.events.setAccessibleName("Events")
        self.told = WrappedLabel(CHOOSE, name="muted", lines=3)
        split = QSplitter(Qt.Orientation.Vertical)
        for table in (self.commands, self.events):
            split.addWidget(table)
            table.chosen.connect(lambda key, table=table: self._tell(table, key))
        split.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(split, 1)
        column.addWidget(self.told)
        self._shown: tuple[object, object] = (None, None)
        self._chosen: tuple[RecordView, str] | None = None

    def show_state(self, state: ConsoleState) -> None:
        """Both lists; a recording knows no command of this console, its events tell of all commands."""
        self.commands.setVisible(state.may_command)
        if self._shown[0] is not state.commands:
            self.commands.show_rows(tuple(_command_row(row) for row in state.commands))
        if self._shown[1] is not state.events:
            self.events.show_rows(tuple(_event_row(event, state) for event in state.events[:200]))
        if self._shown[0] is not state.commands and self._chosen is not None and self._chosen[0] is self.commands:
            self._say(*self._chosen)
        self._shown = (state.commands, state.events)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.commands.apply_theme(theme)
        self.events.apply_theme(theme)

    def _tell(self, table: RecordView, key: str) -> None:
        if key:
            self._chosen = (table, key)
            self._say(table, key)

    def _say(self, table: RecordView, key: str) -> None:
        row = next((row for row in table.rows if row.key == key), None)
        if row is not None:
            self.told.say(row.hint)


def _command_row(row: CommandRow) -> Row:
    words = f"{command_words(row.command)} {row.subject}".strip()
    over = row.phase is ReceiptPhase.CONFIRMED
    return Row(row.request_id, (words, outcome(row)), RECEIPTS[row.phase], quiet=over, hint=f"{words}\n{story(row)}")


def _event_row(event: Event, state: ConsoleState) -> Row:
    when = clock(event.stamp_ns + state.wall_offset_ns) if state.wall_offset_ns else f"{event.stamp_ns * 1e-9:.1f} s"
    sign = LEVELS.get(event.level, LEVELS["info"])
    text = event.text if event.text.startswith(event.lane) else f"{event.lane}: {event.text}"
    return Row(f"{event.stamp_ns} {event.lane} {event.text}", (when, text), sign, hint=f"{when} {text}")
