"""Where a benchmark opens its window: on the display there is, else off the screen."""

from __future__ import annotations

import os
import sys

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from twin_app.assembly.console import make_application


def open_application() -> QApplication:
    """The application on a display; without one off the screen, with a word about it on stderr."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        print("celltwin: no display: the window is drawn off the screen, without OpenGL.", file=sys.stderr)
        print("  → for the real window: xvfb-run celltwin bench …", file=sys.stderr)
    return make_application()


def screen_words() -> str:
    """The platform and its screen, for a results file."""
    size = QGuiApplication.primaryScreen().size()
    return f"{QGuiApplication.platformName()}, {size.width()} x {size.height()}"
