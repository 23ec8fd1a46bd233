"""Words that may be long in a place that may be small: they scroll there instead of being cut off."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLayout, QScrollArea, QWidget


class Scrolled(QScrollArea):
    """No higher than what it holds; where there is less room, with a scroll bar."""

    def __init__(self, contents: QLayout, *, least_lines: int) -> None:
        """`least_lines`: of text, which stay visible however little room there is."""
        super().__init__()
        self._least_lines = least_lines
        self._contents = QWidget()
        self._contents.setLayout(contents)
        contents.setContentsMargins(0, 0, 0, 0)
        self.setWidget(self._contents)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._contents.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the contents, whose height changes with their words and their width."""
        if watched is self._contents and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.setMaximumHeight(max(1, self._contents.heightForWidth(self._contents.width())))
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The keyboard reaches it where there is something to scroll."""
        super().resizeEvent(event)
        short = self.height() < self.maximumHeight()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if short else Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:
        """All of it."""
        return QSize(200, self.maximumHeight() if self.maximumHeight() < 10_000 else 100)

    def minimumSizeHint(self) -> QSize:
        """A few lines."""
        return QSize(60, min(self.sizeHint().height(), self._least_lines * self.fontMetrics().lineSpacing()))
