"""A console process that tells, line by line, which losses its window shows: `python -m … CELL SETTINGS_FOLDER`.

The window is the real one, joined to a running cell as a second person would join. Twenty times a second the texts
of its header (always visible, in every perspective) are read off the widgets; a change is written as one JSON line.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QLabel

from runtime.link.session import SessionFolder
from sim_worlds.cameras.meshes import mesh_folder
from twin_app.assembly.console import make_application
from twin_app.bridge.live import LiveSource
from twin_app.model.settings import SettingsStore
from twin_app.window.console import ConsoleWindow

LOOK_MS = 50
LOSS = re.compile(r"\bdied\b|no sign of life|silent for|NO CONNECTION|is not running|is dead")


class Teller:
    """Reads the header's labels and writes what has changed."""

    def __init__(self, window: ConsoleWindow) -> None:
        self._window = window
        self._told: tuple[bool, tuple[str, ...]] | None = None

    def look(self) -> None:
        """Write a line when the losses shown, or the connection, are others than before."""
        header = self._window.header
        texts = (label.text() for label in header.findChildren(QLabel) if label.isVisible())
        losses = tuple(sorted({text for text in texts if LOSS.search(text)}))
        connected = "LIVE" in header.bar.link.text
        kinds = (connected, tuple(re.sub(r"[\d.:]+ ?s\b", "… s", text) for text in losses))
        if kinds == self._told:
            return
        self._told = kinds
        line = {"stamp_ns": time.monotonic_ns(), "connected": connected, "losses": losses}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def main(cell: str, settings_folder: str) -> int:
    """Run until the standard input ends."""
    application = make_application()
    window = ConsoleWindow(
        LiveSource(SessionFolder.expect(cell), asker="watched console"),
        settings=SettingsStore(Path(settings_folder)),
        mesh_folder=mesh_folder(),
    )
    teller = Teller(window)
    timer = QTimer(window)
    timer.timeout.connect(teller.look)
    timer.start(LOOK_MS)
    ending = QSocketNotifier(0, QSocketNotifier.Type.Read, window)
    ending.activated.connect(lambda: application.exit(0))  # quit() would ask a person
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
