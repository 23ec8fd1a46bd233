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
    from functools import partial

    from twin_app.assembly.console import close_window, make_application, make_window
    from twin_app.assembly.interruption import interruptible
    from twin_app.bridge.replay import ReplaySource

    application = make_application()
    window = make_window(ReplaySource(file))
    sys.excepthook = window.report_exception
    with interruptible(partial(close_window, window)):
        window.show()
        return application.exec()
