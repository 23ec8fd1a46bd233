"""The console's window: builds the parts and holds every connection between them in one list."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStatusBar, QTabWidget

from twin_app.bridge.runs import RunKeeper
from twin_app.bridge.source import Source
from twin_app.model.run_wish import RunWish
from twin_app.model.settings import PERSPECTIVES, THEMES, SettingsStore
from twin_app.model.state import SourceKind
from twin_app.model.wording import Tone
from twin_app.panels.alarms import AlarmsPanel
from twin_app.panels.cameras import CamerasPanel
from twin_app.panels.faults import FaultsPanel
from twin_app.panels.history import HistoryPanel
from twin_app.panels.policy import PolicyPanel
from twin_app.panels.processes import ProcessesPanel
from twin_app.panels.runs import RunsPanel
from twin_app.panels.strip import Strip
from twin_app.panels.tasks import TasksPanel
from twin_app.panels.transport import TransportBar
from twin_app.panels.trends import TrendsPanel
from twin_app.panels.twin import TwinPanel
from twin_app.theme.stylesheet import dress
from twin_app.theme.tokens import THEMES as DRESSES
from twin_app.widgets.edges import Edges
from twin_app.widgets.panel import Panel
from twin_app.window.clear_bar import ClearBar
from twin_app.window.closing import Closing
from twin_app.window.focus import walk
from twin_app.window.header import Header
from twin_app.window.keyboard import Keyboard
from twin_app.window.keys import STOP_KEY, EnterPresses, StopFirst
from twin_app.window.pump import Pump
from twin_app.window.workspace import Workspace

log = logging.getLogger(__name__)

SMALLEST_PX = (1024, 640)
"""The window gets no smaller, unless the screen is."""


class ConsoleWindow(QMainWindow):
    """Shows a source, live or replay, until it is closed."""

    closed = Signal()
    """Emitted once, when the window has gone and the source was let go."""

    def __init__(
        self,
        source: Source,
        *,
        settings: SettingsStore,
        mesh_folder: Path | None = None,
        owns_cell: bool = False,
        load_twin: bool = True,
        runs_folder: Path | None = None,
    ) -> None:
        """`owns_cell`: closing the window also ends the runtime. Nothing is shown before `show()`.

        `runs_folder`: where training and evaluation runs are kept; beside the settings if none is given.
        """
        super().__init__()
        self.source = source
        self.store = settings
        self.settings = settings.load()
        self._load_twin = load_twin
        dress(self._application(), DRESSES[self.settings.theme], font_pt=self.settings.font_pt)
        self._make_panels(mesh_folder, runs_folder or settings.folder / "runs")
        self.pump = Pump(source, {}, (self.header, self.strip, self.transport))
        self.trends = TrendsPanel(self.pump.trends)
        self.panels: dict[str, Panel] = self._named_panels()
        self.pump.show_in(self.panels)
        self.workspace = Workspace(self, self.panels, settings)
        self.edges = Edges(self) if source.kind is SourceKind.REPLAY else None
        self.closing = Closing(self, self.pump, self.header, owns_cell=owns_cell)
        self.keyboard = Keyboard(self, self, replay=source.kind is SourceKind.REPLAY)
        self.tasks.instruction.history = self.settings.instructions
        self.cameras.heat_switch.setChecked(self.settings.heat_map)
        self._enter = EnterPresses(self)
        self._stop_first = StopFirst(self._application(), self.header.bar.stop_button, self.stop)
        self._compose()
        self._connect()
        self.set_theme(self.settings.theme)

    def stop(self) -> None:
        """Protective stop: the flag in shared memory first, then the request. One step, from anywhere."""
        if self.source.kind is SourceKind.REPLAY:
            self.header.remark_on("This is a replay: there is nothing to stop.")
            return
        self.pump.stop_cell()

    def show_alarm(self, alarm_id: str) -> None:
        """Bring the panel to the front with this alarm selected."""
        self.show_panel("alarms")
        self.alarms.table.choose(alarm_id)

    def set_theme(self, name: str) -> None:
        """Put on the light or the dark dress."""
        theme = DRESSES[name]
        self.settings = replace(self.settings, theme=name)
        dress(self._application(), theme, font_pt=self.settings.font_pt)
        for panel in (*self.panels.values(), self.header, self.strip, self.transport):
            panel.apply_theme(theme)
        if self.edges is not None:
            self.edges.apply_theme(theme)
        self.pump.show_everything()

    def switch_theme(self) -> None:
        """The other dress."""
        self.set_theme(THEMES[(THEMES.index(self.settings.theme) + 1) % len(THEMES)])

    def show_perspective(self, name: str) -> None:
        """Switch to a perspective; the one that is left keeps its layout as it stands."""
        self.workspace.show(name)
        self.settings = replace(self.settings, perspective=name)
        self.header.line.show_perspective(name)
        self.pump.show_everything()

    def save_layout(self) -> None:
        """Keep the present layout as this perspective's own."""
        file = self.workspace.save()
        if not self._tell_troubles():
            self.header.remark_on(f"Layout saved: {file}")

    def reset_layout(self) -> None:
        """Back to the layout that came with the program."""
        self.workspace.reset()
        if not self._tell_troubles():
            self.header.remark_on("The default layout is back.")

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front, wherever it is."""
        self.workspace.bring(name)
        self.pump.show_everything()

    def report_exception(self, kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        """For `sys.excepthook`: an error of the console itself is shown to the person and logged."""
        log.error("unexpected error in the console", exc_info=(kind, value, trace))
        self.header.remark_on(f"The console has an error of its own: {kind.__name__}: {value}", tone=Tone.HIGH)

    def showEvent(self, event: QShowEvent) -> None:
        """Start when first shown; the 3D view comes after the window is usable."""
        super().showEvent(event)
        if not self.pump.running:
            self.pump.start()
            QTimer.singleShot(0, self, self.workspace.settle)
            if self._load_twin:
                QTimer.singleShot(60, self, self._load)
            self._tell_troubles()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: FBT001
        """Tab and Shift+Tab, past what is behind another tab."""
        return walk(lambda: super(ConsoleWindow, self).focusNextPrevChild(next), self.focusWidget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Remember the size for the next start."""
        super().resizeEvent(event)
        if self.isVisible():
            self.settings = replace(self.settings, window_px=(max(400, self.width()), max(400, self.height())))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once while the arm may move; then stop it, keep the settings and let go."""
        if not self.closing.allowed():
            event.ignore()
            return
        event.accept()
        self._stop_first.release()
        self.workspace.keep()
        self._keep_settings()
        try:
            self.keeper.close()
        finally:
            self.pump.stop()
            self.closed.emit()

    def _make_panels(self, mesh_folder: Path | None, runs_folder: Path) -> None:
        """All but the trends, which show what the pump gathers."""
        self.header = Header(stop_key=STOP_KEY, perspectives=PERSPECTIVES)
        self.strip = Strip()
        self.transport = TransportBar()
        self.twin = TwinPanel(mesh_folder=mesh_folder)
        self.cameras = CamerasPanel()
        self.tasks = TasksPanel()
        self.policy = PolicyPanel()
        self.faults = FaultsPanel()
        self.alarms = AlarmsPanel()
        self.processes = ProcessesPanel()
        self.history = HistoryPanel()
        self.keeper = RunKeeper(runs_folder)
        self.runs = RunsPanel(self.keeper.book, self.keeper.curves)

    def _named_panels(self) -> dict[str, Panel]:
        return {
            "twin": self.twin,
            "cameras": self.cameras,
            "tasks": self.tasks,
            "policy": self.policy,
            "faults": self.faults,
            "runs": self.runs,
            "trends": self.trends,
            "alarms": self.alarms,
            "processes": self.processes,
            "history": self.history,
        }

    def _compose(self) -> None:
        self.setWindowTitle("celltwin — REPLAY" if self.source.kind is SourceKind.REPLAY else "celltwin")
        self.setMenuWidget(self.header)
        ClearBar(self, self.header.bar, self.workspace.docks.values())
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        status = QStatusBar()
        status.setSizeGripEnabled(False)
        status.setContentsMargins(0, 0, 0, 0)
        status.addPermanentWidget(self.transport if self.source.kind is SourceKind.REPLAY else self.strip, 1)
        self.setStatusBar(status)
        room = self.screen().availableSize()
        self.setMinimumSize(QSize(*SMALLEST_PX).boundedTo(room))
        self.resize(QSize(*self.settings.window_px).boundedTo(room))
        self.workspace.show(self.settings.perspective)
        self.header.line.show_perspective(self.settings.perspective)
        self._fill_menu()
        self._enter.watch(self)

    def _connect(self) -> None:
        """Every connection of the window, in one list."""
        for panel in (*self.panels.values(), self.header):
            panel.wished.connect(self.pump.ask)
        self.header.bar.stop_wished.connect(self.stop)
        self.header.line.perspective_wished.connect(self.show_perspective)
        self.header.alarm_wished.connect(self.show_alarm)
        self.trends.moment_wished.connect(self.pump.seek)
        self.tasks.instructed.connect(self._keep_settings)
        self.runs.start_wished.connect(self._start_run)
        self.runs.cancel_wished.connect(self.keeper.cancel)
        self.runs.resume_wished.connect(self.keeper.resume)
        self.transport.play_wished.connect(lambda playing: self.pump.play(playing=playing))
        self.transport.seek_wished.connect(self.pump.seek)
        self.transport.step_wished.connect(lambda forward, fine: self.pump.step(forward=forward, fine=fine))
        self.transport.speed_wished.connect(self.pump.set_speed)

    def _keep_settings(self) -> None:
        """At the end, and whenever something was asked for that a crash must not lose."""
        heat, history = self.cameras.heat_switch.isChecked(), self.tasks.instruction.history
        self.settings = replace(self.settings, heat_map=heat, instructions=history)
        self.store.save(self.settings)

    def _start_run(self, wish: RunWish) -> None:
        self.keeper.start(wish)
        self.runs.say(self.keeper.trouble)
        self.pump.show_everything()

    def _fill_menu(self) -> None:
        menu = self.header.line.menu
        menu.addSection("Panels")
        for dock in self.workspace.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        menu.addAction("Save layout\tCtrl+S", self.save_layout)
        menu.addAction("Reset layout\tCtrl+Shift+R", self.reset_layout)
        menu.addAction("Light or dark theme\tCtrl+D", self.switch_theme)
        menu.addSeparator()
        menu.addAction("Keys", self.keyboard.show_card)
        menu.addAction("Close\tCtrl+Q", self.close)

    def _load(self) -> None:
        self.twin.load()
        self._enter.watch(self)

    def _tell_troubles(self) -> bool:
        troubles, self.store.troubles = self.store.troubles, []
        if troubles:
            self.header.remark_on(troubles[0], tone=Tone.MEDIUM)
        return bool(troubles)

    def _application(self) -> QApplication:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        return application
