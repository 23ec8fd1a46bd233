"""`celltwin screenshots FOLDER`: pictures of every perspective in both themes, taken of a working live cell."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from runtime.link.session import SessionFolder
from runtime.messages.faults import FaultSeverity
from runtime.messages.requests import InjectFault
from runtime.mistakes import UserMistake
from twin_app.assembly.run_command import first_tasks, has_display
from twin_app.assembly.setup import CellSetup, SessionSetup

WARM_UP_MS = 9_000
"""Until the arm is at work and the plots have something to show."""

SETTLE_MS = 1_500
SIZE_PX = (1600, 1000)


def run(arguments: argparse.Namespace) -> int:
    """Take the pictures; needs a display."""
    if not has_display():
        raise UserMistake("no display (DISPLAY is not set)", remedy='xvfb-run -s "-screen 0 1600x1000x24" …')
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        return _take(folder, Path(scratch))


def _take(folder: Path, scratch: Path) -> int:
    from PySide6.QtCore import QTimer

    from sim_worlds.cameras.meshes import mesh_folder
    from twin_app.assembly.console import RuntimeChild, make_application
    from twin_app.bridge.live import LiveSource
    from twin_app.model.settings import PERSPECTIVES, THEMES, SettingsStore
    from twin_app.window.console import ConsoleWindow

    application = make_application()
    cell = CellSetup(cell=f"pictures-{os.getpid()}")
    child = RuntimeChild(SessionSetup(cell, data_folder=str(scratch), first_tasks=first_tasks(cell)))
    window = ConsoleWindow(
        LiveSource(SessionFolder.expect(cell.cell)),
        settings=SettingsStore(scratch / "settings"),
        mesh_folder=mesh_folder(),
        owns_cell=True,
    )
    window.resize(*SIZE_PX)
    window.show()
    child.start()
    views = [(perspective, theme) for perspective in PERSPECTIVES for theme in THEMES]

    def turn() -> None:
        if not views:
            application.quit()
            return
        perspective, theme = views.pop(0)
        window.set_theme(theme)
        window.show_perspective(perspective)
        QTimer.singleShot(SETTLE_MS, window, lambda: shoot(perspective, theme))

    def shoot(perspective: str, theme: str) -> None:
        file = folder / f"{perspective}-{theme}.png"
        window.grab().save(str(file))
        print(file)
        turn()

    def begin() -> None:
        window.pump.ask(InjectFault("F26", FaultSeverity.MILD))
        turn()

    QTimer.singleShot(WARM_UP_MS, window, begin)
    application.exec()
    child.end()
    child.wait()
    window.pump.stop()
    return 0
