"""Floating panels stay off the bar: STOP can be seen and pressed wherever somebody has let go of a panel."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

SETTLED_MS = 150
MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show)


class ClearBar(QObject):
    """Watches the docks, and what holds several of them; what lies on the bar when it is let go is put below it."""

    def __init__(self, window: QMainWindow, bar: QWidget, docks: Iterable[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._bar = bar
        self._docks = tuple(docks)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._clear)
        for watched in (window, *self._docks):
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look once everything has come to rest; take nothing away from anybody."""
        kind = event.type()
        if kind is QEvent.Type.ParentChange and isinstance(watched, QDockWidget):
            watched.window().installEventFilter(self)
        elif kind is QEvent.Type.Hide and watched is self._window:
            self._settled.stop()
        elif kind in MOVES and self._window.isVisible() and self._floating():
            self._settled.start()
        return False

    def _clear(self) -> None:
        if QApplication.mouseButtons() is not Qt.MouseButton.NoButton:
            self._settled.start()
            return
        bar = QRect(self._bar.mapToGlobal(QPoint(0, 0)), self._bar.size())
        for holder in self._floating():
            if holder.frameGeometry().intersects(bar):
                holder.move(holder.frameGeometry().x(), bar.bottom() + 1)

    def _floating(self) -> set[QWidget]:
        """Every window that holds panels, but the console's own."""
        holders = {dock.window() for dock in self._docks if not dock.isHidden()}
        return holders - {self._window}
