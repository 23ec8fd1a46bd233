"""The processes of the runtime: alive or not, since when, and the restart."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from runtime.messages.requests import RestartProcess, StartRecording, StopRecording
from runtime.messages.system import ProcessPhase, ProcessState
from twin_app.model.mode_claim import missing_processes
from twin_app.model.state import ConsoleState
from twin_app.model.wording import Shape, Sign, Tone, duration, size
from twin_app.theme.tokens import Theme
from twin_app.widgets.buttons import set_usable
from twin_app.widgets.field import ElidedLabel, WrappedLabel
from twin_app.widgets.panel import Panel
from twin_app.widgets.records import RecordView, Row

PHASES: dict[ProcessPhase, Sign] = {
    ProcessPhase.STARTING: Sign("starting", Shape.RING, Tone.NORMAL),
    ProcessPhase.RUNNING: Sign("running", Shape.CIRCLE, Tone.NORMAL),
    ProcessPhase.SILENT: Sign("silent", Shape.TRIANGLE, Tone.HIGH),
    ProcessPhase.DEAD: Sign("dead", Shape.OCTAGON, Tone.CRITICAL),
    ProcessPhase.STOPPED: Sign("stopped", Shape.SQUARE, Tone.MUTED),
}


class ProcessesPanel(Panel):
    """One row a process; restart below; session, recording and losses in words."""

    def __init__(self) -> None:
        super().__init__(title="Processes")
        self.table = RecordView(("Process", "State", "Since", "Heard", "Detail"), stretched=4)
        for column, width_px in ((0, 98), (1, 78), (2, 60), (3, 58)):
            self.table.setColumnWidth(column, width_px)
        self.table.setAccessibleName("Processes")
        self.table.chosen.connect(lambda _: self._show_buttons())
        self.restart_button = QPushButton("Restart")
        self.restart_button.clicked.connect(self._restart)
        self.record_button = QPushButton("Record")
        self.record_button.clicked.connect(self._record)
        self.session = WrappedLabel(name="muted")
        self.recording = ElidedLabel(name="muted")
        self._missing: tuple[str, ...] = ()
        self._state: ConsoleState | None = None
        foot = QHBoxLayout()
        foot.addWidget(self.recording, 1)
        foot.addWidget(self.record_button)
        foot.addWidget(self.restart_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(5)
        column.addWidget(self.table, 1)
        column.addWidget(self.session)
        column.addLayout(foot)

    def show_state(self, state: ConsoleState) -> None:
        """Health of every process."""
        self._state = state
        system = state.system
        if system is not None:
            self.table.show_rows(tuple(_row(process, state) for process in system.processes))
            self._point_at_missing(state)
            page = f" · metrics {system.metrics_address}" if system.metrics_address else ""
            self.session.say(
                f"{state.connection.gaps} messages lost on the way here · {system.cell} · scene {system.scene}"
                f" · mismatch {system.mismatch} · seed {system.seed}{page}"
            )
            written = (
                f"recording {size(system.recording_bytes)} · {PurePath(system.recording).name}"
                if system.recording
                else "not recording"
            )
            self.recording.say(system.recording_trouble or written, hint=system.recording_trouble or system.recording)
            self.record_button.setText("Stop recording" if system.recording else "Record")
        else:
            self.table.show_rows(())
            self.session.say("")
            self.recording.say("")
        self._show_buttons()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of the signs."""
        super().apply_theme(theme)
        self.table.apply_theme(theme)

    def _point_at_missing(self, state: ConsoleState) -> None:
        """Select a process when it dies, so that Restart means this one at once; once only, not against the person."""
        missing = missing_processes(state)
        fresh = [name for name in missing if name not in self._missing]
        self._missing = missing
        if fresh:
            self.table.choose(fresh[0])

    def _show_buttons(self) -> None:
        usable = self._state is not None and self._state.may_command and self._state.current
        set_usable(self.restart_button, usable=usable and bool(self.table.selected))
        set_usable(self.record_button, usable=usable)

    def _restart(self) -> None:
        if self.table.selected:
            self.wished.emit(RestartProcess(process=self.table.selected))

    def _record(self) -> None:
        system = self._state.system if self._state else None
        self.wished.emit(StopRecording() if system is not None and system.recording else StartRecording())


def _row(process: ProcessState, state: ConsoleState) -> Row:
    sign = PHASES[process.phase]
    warning = state.warnings.get(process.name, "")
    detail = " · ".join(part for part in (process.detail, warning, _restarts(process)) if part)
    heard = f"{process.heartbeat_age_s:.1f} s" if process.phase is not ProcessPhase.DEAD else "—"
    # Whole tens of seconds beyond a minute: a table that changes ten times a second cannot be read.
    age_s = state.age_s(process.since_ns)
    cells = (process.name, sign.text, duration(age_s if age_s >= 10 else float(int(age_s))), heard, detail)
    return Row(process.name, cells, sign, hint=f"pid {process.pid}\n{detail}")


def _restarts(process: ProcessState) -> str:
    return f"restarted {process.restarts} times" if process.restarts else ""
