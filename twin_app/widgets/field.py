"""A value with its caption, and a label that gives way: both repaint only when their text changes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis where room is short; the whole text is in the tooltip."""

    def __init__(self, text: str = "", *, name: str = "") -> None:
        super().__init__(text)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, text: str) -> None:
        """Show a text; the same text costs nothing."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(20, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the text as far as it fits."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)


class WrappedLabel(QLabel):
    """Up to two lines; asks for a height of its own and never for one that depends on its width.

    A plain label that wraps makes every layout above it height-for-width, and the header then grows with its text.
    """

    def __init__(self, text: str = "", *, name: str = "", lines: int = 2) -> None:
        super().__init__(text)
        self._lines = lines
        self.setObjectName(name)
        self.setWordWrap(True)
        vertical = Qt.AlignmentFlag.AlignVCenter if lines <= 2 else Qt.AlignmentFlag.AlignTop
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | vertical)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, text: str) -> None:
        """Show a text, whole in the tooltip; the same text costs nothing."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)

    def hasHeightForWidth(self) -> bool:
        """No: see above."""
        return False

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(200, self._lines * self.fontMetrics().lineSpacing() + 2)

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(40, self.sizeHint().height())


class Field(QWidget):
    """Caption above value, for bars and cards."""

    def __init__(self, caption: str, *, width_px: int = 0, stretch: bool = False) -> None:
        super().__init__()
        self._value = ElidedLabel("—", name="value")
        self._caption = QLabel(caption)
        self._caption.setObjectName("caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._caption)
        column.addWidget(self._value)
        column.addStretch(1)
        if width_px:
            self.setMinimumWidth(width_px)
        policy = QSizePolicy.Policy.Expanding if stretch else QSizePolicy.Policy.Preferred
        self.setSizePolicy(policy, QSizePolicy.Policy.Preferred)

    @property
    def text(self) -> str:
        """The value as shown."""
        return self._value.text()

    @property
    def caption(self) -> str:
        """The words above the value."""
        return self._caption.text()

    def say(self, value: str, *, caption: str | None = None) -> None:
        """Show a value, and another caption where the meaning changes."""
        self._value.say(value)
        if caption is not None and caption != self._caption.text():
            self._caption.setText(caption)


def rule() -> QFrame:
    """A thin vertical line between groups of a bar."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.VLine)
    line.setFixedWidth(1)
    return line
