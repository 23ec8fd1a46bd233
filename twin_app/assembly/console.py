"""The console process: opens the window first, starts or joins the cell behind it, and leaves nothing behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import IO

from msgspec.structs import replace
from platformdirs import user_config_path, user_data_path
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from runtime.link.session import SessionFolder
from runtime.messages.requests import AddTask, Body, InjectFault
from twin_app.assembly.ending import put_off
from twin_app.assembly.fault_spec import FaultWish
from twin_app.assembly.interruption import interruptible
from twin_app.assembly.live import END_PATIENCE_S, start_supervisor
from twin_app.assembly.setup import SessionSetup
from twin_app.bridge.live import LiveSource
from twin_app.bridge.source import Source
from twin_app.model.settings import SettingsStore
from twin_app.model.state import ConsoleState
from twin_app.window.console import ConsoleWindow

LOOK_MS = 250
LOADED_MS = 5_000
"""By then the 3D view has been loaded too."""


class RuntimeChild(QObject):
    """The runtime that this console started: watched, started again on request, waited for at the end."""

    def __init__(self, setup: SessionSetup) -> None:
        super().__init__()
        self._setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._told = False
        self.on_death: Callable[[str], None] = lambda words: None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.setInterval(LOOK_MS)

    def start(self) -> None:
        """Start the supervisor, which starts the rest."""
        self._close_words()
        self._process, self._said = start_supervisor(self._setup)
        self._told = False
        self._timer.start()

    def start_again(self) -> None:
        """After a death: the same cell, but nothing moves before a person starts it."""
        self._setup = replace(self._setup, autostart=False, first_tasks=())
        self.start()

    def wait(self) -> None:
        """Wait for the orderly end that was asked for; insist when it does not come."""
        self._timer.stop()
        if self._process is None:
            return
        try:
            self._process.wait(END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()
        self._close_words()

    def end(self) -> None:
        """Ask for the orderly end by signal; for a console whose window never asked."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _look(self) -> None:
        if self._process is None or self._process.poll() is None or self._told:
            return
        self._told = True
        self.on_death(self._words() or f"it ended with status {self._process.returncode}")

    def _words(self) -> str:
        if self._said is None:
            return ""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return " ".join(line.strip() for line in lines[-2:]).removeprefix("celltwin supervisor: ")

    def _close_words(self) -> None:
        if self._said is not None:
            self._said.close()
            self._said = None


def open_console(
    setup: SessionSetup,
    *,
    faults: tuple[FaultWish, ...] = (),
    own: tuple[AddTask, ...] = (),
    opened: Callable[[ConsoleWindow], None] = lambda window: None,
) -> int:
    """Show the console of this cell until its window is closed; returns the exit status.

    A signal that closes it is raised at the end, once nothing of it runs any more.
    `own`: the person's instructions, for a cell that is joined; one that is started has its first tasks.
    `opened` is called once the window has been told to show, before its first paint.
    """
    application = make_application()
    session = SessionFolder.expect(setup.cell.cell)
    joins = session.is_owned()
    window = make_window(LiveSource(session), owns_cell=not joins)
    sys.excepthook = window.report_exception
    child = RuntimeChild(setup)
    child.on_death = lambda words: _offer_restart(window, child, words)
    with interruptible(partial(close_window, window)):
        window.show()
        opened(window)
        if joins:
            window.header.remark_on(f"Joined the cell {setup.cell.cell}, which was already running.")
        else:
            QTimer.singleShot(0, child, child.start)
        injected = (InjectFault(one.fault_id, one.severity, one.onset_s, one.duration_s) for one in faults)
        _ask_when_ready(window, (*injected, *(own if joins else ())))
        QTimer.singleShot(LOADED_MS, window, spare_the_loaded)
        status = application.exec()
        if not joins:
            child.end()
            child.wait()
    return status


def make_window(source: Source, *, owns_cell: bool = False) -> ConsoleWindow:
    """The console's window with the person's own settings; a signal waits until it stands."""
    with put_off():
        return ConsoleWindow(
            source,
            settings=SettingsStore(user_config_path("celltwin")),
            mesh_folder=_mesh_folder(),
            owns_cell=owns_cell,
            runs_folder=user_data_path("celltwin") / "runs",
        )


def close_window(window: ConsoleWindow) -> None:
    """Close it without a question, for nobody may be there to answer: the arm is stopped first."""
    for _ in range(2):  # the second one agrees to what the first one asked
        if window.isVisible():
            window.close()


def spare_the_loaded() -> None:
    """Take what is loaded by now out of garbage collection: a full collection of it blocks the window for 80 ms."""
    gc.collect()
    gc.freeze()


def make_application() -> QApplication:
    """The one QApplication, named."""
    os.environ.setdefault("LP_NUM_THREADS", "0")  # software Mesa draws in the calling thread: docs/decisions/0015
    os.environ.setdefault("MESA_SHADER_CACHE_DISABLE", "true")  # and dies of a full disk with it
    application = QApplication.instance() or QApplication(["celltwin"])
    assert isinstance(application, QApplication)
    application.setApplicationName("celltwin")
    application.setDesktopFileName("celltwin")
    return application


def _mesh_folder() -> Path:
    from sim_worlds.cameras.meshes import mesh_folder

    return mesh_folder()


def _offer_restart(window: ConsoleWindow, child: RuntimeChild, words: str) -> None:
    """The survivor says what is gone and offers the restart."""

    def again() -> None:
        window.header.question.silence()
        child.start_again()

    window.header.ask(f"The runtime is gone: {words}", actions=(("Start it again", again),))


def _ask_when_ready(window: ConsoleWindow, bodies: Iterable[Body]) -> None:
    waiting = list(bodies)
    if not waiting:
        return

    def look(state: ConsoleState) -> None:
        if state.system is None or not state.system.ready:
            return
        while waiting:
            window.pump.ask(waiting.pop(0))

    window.pump.after.append(look)
