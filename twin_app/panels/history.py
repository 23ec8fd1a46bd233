"""What happened, newest first: the commands of this console with their receipts, and the events of the cell."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout

from runtime.messages.requests import ReceiptPhase
from runtime.messages.system import Event
from twin_app.model.commands import CommandRow
from twin_app.model.state import ConsoleState
from twin_app.model.wording import RECEIPTS, Shape, Sign, Tone, clock, command_words, story
from twin_app.theme.tokens import Theme
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row

LEVELS = {
    "info": Sign("info", Shape.RING, Tone.MUTED),
    "warning": Sign("warning", Shape.DIAMOND, Tone.NORMAL),
    "error": Sign("error", Shape.TRIANGLE, Tone.NORMAL),
}


class HistoryPanel(Panel):
    """Commands above, events below."""

    def __init__(self) -> None:
        super().__init__(title="History")
        self.commands = RecordView(("Command", "State", "How it went"), stretched=2, widths_px={0: 170, 1: 104})
        self.commands.setAccessibleName("Commands")
        self.events = RecordView(("Time", "Lane", "Event"), stretched=2, widths_px={0: 104, 1: 86})
        self.events.setAccessibleName("Events")
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.commands)
        split.addWidget(self.events)
        split.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(split)
        self._shown: tuple[object, object] = (None, None)

    def show_state(self, state: ConsoleState) -> None:
        """Both lists."""
        if self._shown[0] is not state.commands:
            self.commands.show_rows(tuple(_command_row(row) for row in state.commands))
        if self._shown[1] is not state.events:
            self.events.show_rows(
                tuple(_event_row(event, number, state) for number, event in enumerate(state.events[:200]))
            )
        self._shown = (state.commands, state.events)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.commands.apply_theme(theme)
        self.events.apply_theme(theme)


def _command_row(row: CommandRow) -> Row:
    words = f"{command_words(row.command)} {row.subject}".strip()
    return Row(
        row.request_id,
        (words, row.phase.value, story(row)),
        RECEIPTS[row.phase],
        quiet=row.phase is ReceiptPhase.CONFIRMED,
    )


def _event_row(event: Event, number: int, state: ConsoleState) -> Row:
    when = clock(event.stamp_ns + state.wall_offset_ns) if state.wall_offset_ns else f"{event.stamp_ns * 1e-9:.1f} s"
    sign = LEVELS.get(event.level, LEVELS["info"])
    return Row(f"{event.stamp_ns}-{number}", (when, event.lane, event.text), sign)
