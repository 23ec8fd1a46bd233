"""A hatched frame around the window: this is not the live cell."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from twin_app.theme.tokens import Theme

WIDTH_PX = 6


class Edge(QWidget):
    """One side of the frame; lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.colour = QColor()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground with diagonal stripes, so that colour is not all."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.colour)
        painter.fillRect(self.rect(), QBrush(QColor(255, 255, 255, 150), Qt.BrushStyle.BDiagPattern))


class Edges(QObject):
    """Four sides that follow the window's size."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._sides = [Edge(window) for _ in range(4)]
        window.setContentsMargins(WIDTH_PX, WIDTH_PX, WIDTH_PX, WIDTH_PX)
        window.installEventFilter(self)
        self._place()
        for side in self._sides:
            side.show()
            side.raise_()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colour of a replay."""
        for side in self._sides:
            side.colour = QColor(theme.replay)
            side.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window."""
        if watched is self._window and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def _place(self) -> None:
        width, height = self._window.width(), self._window.height()
        boxes = (
            QRect(0, 0, width, WIDTH_PX),
            QRect(0, height - WIDTH_PX, width, WIDTH_PX),
            QRect(0, 0, WIDTH_PX, height),
            QRect(width - WIDTH_PX, 0, WIDTH_PX, height),
        )
        for side, box in zip(self._sides, boxes, strict=True):
            side.setGeometry(box)
            side.raise_()
