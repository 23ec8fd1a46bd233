"""A fresh console that tells how long its start took: `python -m … SETUP_JSON BEGAN_NS`, then ends itself.

It is opened as `celltwin run` opens it, its cell behind it. Usable means: the whole window is painted and a key that
is pressed then has been handled. After that the 3D view's first picture and the cell's readiness are awaited.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial

import msgspec
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from twin_app.assembly.console import open_console
from twin_app.assembly.setup import SessionSetup
from twin_app.window.console import ConsoleWindow

LOOK_MS = 5
PATIENCE_S = 40.0
_PROBE_KEY = Qt.Key.Key_F35


class Witness(QObject):
    """Watches one window come up, and closes it. On the GUI thread."""

    def __init__(self, window: ConsoleWindow, *, elapsed_s: Callable[[], float]) -> None:
        super().__init__(window)
        self._window = window
        self._elapsed_s = elapsed_s
        self.seen_s: dict[str, float] = {}
        self._canvas: QObject | None = None
        window.installEventFilter(self)
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._look_on)
        self._look.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """First paint, the probe key, the first picture of the twin."""
        kind = event.type()
        if watched is self._canvas and kind is QEvent.Type.Paint:
            self.seen_s.setdefault("twin_s", self._elapsed_s())
        elif kind is QEvent.Type.Paint and "painted_s" not in self.seen_s:
            self.seen_s["painted_s"] = self._elapsed_s()
            QTimer.singleShot(0, self, self._press)
        elif kind is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == _PROBE_KEY:
            self.seen_s.setdefault("usable_s", self._elapsed_s())
            return True
        return False

    def _press(self) -> None:
        """The paint is done, children included; now a key."""
        key = QKeyEvent(QEvent.Type.KeyPress, _PROBE_KEY, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(self._window, key)

    def _look_on(self) -> None:
        view = self._window.twin.view
        if self._canvas is None and view is not None and view.canvas is not None:
            self._canvas = view.canvas
            self._canvas.installEventFilter(self)
        system = self._window.pump.state.system
        if system is not None and system.ready:
            self.seen_s.setdefault("ready_s", self._elapsed_s())
        no_picture = view is not None and bool(view.trouble)
        done = "usable_s" in self.seen_s and "ready_s" in self.seen_s and ("twin_s" in self.seen_s or no_picture)
        if done or self._elapsed_s() > PATIENCE_S:
            self._look.stop()
            self._window.close()
            self._window.close()  # the second one agrees, should the window have asked


def main(setup_json: str, began_ns: int) -> int:
    """Open, watch, close; one JSON object on standard output."""
    witnesses: list[Witness] = []

    def opened(window: ConsoleWindow) -> None:
        witnesses.append(Witness(window, elapsed_s=partial(_since, began_ns)))

    status = open_console(msgspec.json.decode(setup_json, type=SessionSetup), opened=opened)
    print(json.dumps({name: round(seconds, 3) for name, seconds in witnesses[0].seen_s.items()}))
    return status


def _since(began_ns: int) -> float:
    return (time.monotonic_ns() - began_ns) * 1e-9


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
