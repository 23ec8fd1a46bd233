"""A value with its caption, and a label that gives way: both repaint only when their text changes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from twin_app.model.wording import duration, wrapped


class ElidedLabel(QLabel):
    """One line that ends in an ellipsis where room is short; the whole text is in the tooltip."""

    def __init__(self, text: str = "", *, name: str = "") -> None:
        super().__init__(text)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, text: str, *, hint: str = "") -> None:
        """Show a text; the same text costs nothing. `hint`: what the tooltip says instead of the whole text."""
        if text != self.text():
            self.setText(text)
        if (hint or text) != self.toolTip():
            self.setToolTip(hint or text)

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
    """Up to two lines, the last one with an ellipsis; asks for a height that never depends on its width.

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
            self.setToolTip(wrapped(text))

    def hasHeightForWidth(self) -> bool:
        """No: see above."""
        return False

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(200, self._lines * self.fontMetrics().lineSpacing() + 2)

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw whole lines only: what has no room ends in an ellipsis, and nothing is cut through."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics = self.fontMetrics()
        lines = self.broken(self.width())
        y = 0 if self._lines > 2 else max(0, (self.height() - len(lines) * metrics.lineSpacing()) // 2)
        for number, line in enumerate(lines):
            painter.drawText(0, y + number * metrics.lineSpacing() + metrics.ascent(), line)

    def broken(self, width_px: int) -> list[str]:
        """The text as the lines that fit into a width."""
        paragraphs = [part for part in self.text().splitlines() if part] or [""]
        found: list[str] = []
        for paragraph in paragraphs:
            found += self._wrapped(paragraph, width_px)
        if len(found) <= self._lines:
            return found
        rest = " ".join(found[self._lines - 1 :])
        last = self.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, width_px)
        return [*found[: self._lines - 1], last]

    def _wrapped(self, paragraph: str, width_px: int) -> list[str]:
        layout = QTextLayout(paragraph, self.font())
        layout.beginLayout()
        found: list[str] = []
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width_px)
            found.append(paragraph[line.textStart() : line.textStart() + line.textLength()].rstrip())
        layout.endLayout()
        return found


class Field(QWidget):
    """Caption above value, for bars and cards."""

    def __init__(self, caption: str, *, width_px: int = 0, least_px: int = 0, stretch: bool = False) -> None:
        """`width_px`: where there is room; `least_px`: where there is little, the words then end in an ellipsis."""
        super().__init__()
        self._base = caption
        self._width_px = width_px
        self._value = ElidedLabel("—", name="value")
        self._caption = ElidedLabel(caption, name="caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._caption)
        column.addWidget(self._value)
        column.addStretch(1)
        self.setMinimumWidth(least_px)
        policy = QSizePolicy.Policy.Expanding if stretch else QSizePolicy.Policy.Preferred
        self.setSizePolicy(policy, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """What it takes where there is room."""
        hint = super().sizeHint()
        return QSize(max(self._width_px, hint.width()), hint.height())

    @property
    def text(self) -> str:
        """The value as shown."""
        return self._value.text()

    @property
    def hint(self) -> str:
        """What the tooltip of the value says."""
        return self._value.toolTip()

    @property
    def caption(self) -> str:
        """The words above the value."""
        return self._caption.text()

    @property
    def faded(self) -> bool:
        """Whether the value is drawn as an old one."""
        return not self._value.isEnabled()

    def say(self, value: str, *, caption: str | None = None, old_s: float = 0.0, hint: str = "") -> None:
        """Show a value, and another caption where the meaning changes; an old value is faded, with its age above.

        `hint`: what the tooltip says instead of the value.
        """
        self._value.say(value, hint=hint)
        old = old_s > 0.0
        if old is not self.faded:
            self._value.setEnabled(not old)
        words = self._base if caption is None else caption
        self._caption.say(f"{words.partition(' · ')[0]} {duration(old_s)} ago" if old else words)


def rule() -> QFrame:
    """A thin vertical line between groups of a bar."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.VLine)
    line.setFixedWidth(1)
    return line
