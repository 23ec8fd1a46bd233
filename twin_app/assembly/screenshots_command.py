"""`celltwin screenshots FOLDER`: pictures of every perspective in both themes, taken of a working live cell."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from runtime.link.session import SessionFolder
from runtime.mistakes import UserMistake
from twin_app.assembly.display import display_trouble
from twin_app.assembly.run_command import first_tasks
from twin_app.assembly.setup import CellSetup, SessionSetup, read_plugins

WARM_UP_MS = 9_000
"""Until the arm is at work and the plots have something to show."""

SETTLE_MS = 1_500
SIZE_PX = (1440, 900)
_ON_A_SCREEN = 'start it on a desktop, or with: xvfb-run -a -s "-screen 0 1600x1000x24" celltwin screenshots FOLDER'


def run(arguments: argparse.Namespace) -> int:
    """Take the pictures; needs a display."""
    if missing := display_trouble():
        raise UserMistake(f"no display ({missing})", remedy=_ON_A_SCREEN)
    folder = Path(arguments.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as trouble:
        raise UserMistake(
            f"the folder {folder} cannot be written: {trouble.strerror}", remedy="give another folder for the pictures"
        ) from trouble
    with tempfile.TemporaryDirectory() as scratch:
        cell = CellSetup(cell=f"pictures-{os.getpid()}", policy=arguments.policy)
        read_plugins(cell)
        return _take(folder, Path(scratch), cell)


def _take(folder: Path, scratch: Path, cell: CellSetup) -> int:
    from twin_app.assembly.console import make_application
    from twin_app.assembly.interruption import exit_loop, interruptible

    application = make_application()
    setup = SessionSetup(cell, data_folder=str(scratch), first_tasks=first_tasks(cell))
    with interruptible():
        album = _Album(folder, setup, scratch)
        album.begin(exit_loop)
        application.exec()
        album.close()
    return 0


class _Album:
    """Goes through all views of one window, each given a moment to settle."""

    def __init__(self, folder: Path, setup: SessionSetup, scratch: Path) -> None:
        from sim_worlds.cameras.meshes import mesh_folder
        from twin_app.assembly.console import RuntimeChild
        from twin_app.bridge.live import LiveSource
        from twin_app.model.settings import PERSPECTIVES, THEMES, SettingsStore
        from twin_app.window.console import ConsoleWindow

        self._folder = folder
        self._child = RuntimeChild(setup)
        self._window = ConsoleWindow(
            LiveSource(SessionFolder.expect(setup.cell.cell)),
            settings=SettingsStore(scratch / "settings"),
            mesh_folder=mesh_folder(),
            owns_cell=True,
        )
        self._views = [(perspective, theme) for perspective in PERSPECTIVES for theme in THEMES]

    def begin(self, finished: Callable[[], object]) -> None:
        """Show the window, start the cell, and take the pictures once the arm is at work."""
        self._finished = finished
        self._window.resize(*SIZE_PX)
        self._window.show()
        self._child.start()
        self._later(WARM_UP_MS, self._turn)

    def close(self) -> None:
        """End the cell, then let the window go."""
        self._child.end()
        self._child.wait()
        self._window.pump.stop()

    def _turn(self) -> None:
        if not self._views:
            self._finished()
            return
        perspective, theme = self._views.pop(0)
        self._window.set_theme(theme)
        self._window.show_perspective(perspective)
        self._later(SETTLE_MS, lambda: self._shoot(f"{perspective}-{theme}"))

    def _shoot(self, name: str) -> None:
        file = self._folder / f"{name}.png"
        self._window.grab().save(str(file))
        print(file)
        self._turn()

    def _later(self, after_ms: int, act: Callable[[], None]) -> None:
        from PySide6.QtCore import QTimer

        QTimer.singleShot(after_ms, self._window, act)
