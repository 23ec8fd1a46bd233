"""`celltwin replay FILE`: a recording through the same console; commands are impossible."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.mistakes import UserMistake
from twin_app.assembly.display import display_trouble


def run(arguments: argparse.Namespace) -> int:
    """Show the recording until the window is closed."""
    file = Path(arguments.file)
    if not file.is_file():
        raise UserMistake(
            f"no recording at {file}", remedy="make one with: celltwin run --live --headless --record FILE"
        )
    if trouble := display_trouble():
        raise UserMistake(
            f"no display ({trouble})", remedy="start it on a desktop, or with: xvfb-run -a celltwin replay FILE"
        )
    from runtime.recording.reader import read_facts  # raises UserMistake for what is no recording

    read_facts(file)
    return _show(file)


def _show(file: Path) -> int:
    import sys

    from platformdirs import user_config_path

    from sim_worlds.cameras.meshes import mesh_folder
    from twin_app.assembly.console import leave_on_signal, make_application
    from twin_app.bridge.replay import ReplaySource
    from twin_app.model.settings import SettingsStore
    from twin_app.window.console import ConsoleWindow

    application = make_application()
    window = ConsoleWindow(
        ReplaySource(file), settings=SettingsStore(user_config_path("celltwin")), mesh_folder=mesh_folder()
    )
    sys.excepthook = window.report_exception
    leave_on_signal(window)
    window.show()
    return application.exec()
