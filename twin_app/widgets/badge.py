"""The mode as text, shape and colour, readable from across a room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from twin_app.model.wording import UNKNOWN_MODE, Sign
from twin_app.theme.shapes import draw_shape
from twin_app.theme.tokens import LIGHT, Theme


class Badge(QWidget):
    """A sign with a second, smaller line."""

    def __init__(self) -> None:
        super().__init__()
        self.sign: Sign = UNKNOWN_MODE
        self.detail = ""
        self._outdated = True
        self.theme: Theme = LIGHT
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def say(self, sign: Sign, detail: str, *, outdated: bool = False) -> None:
        """Show a sign; an outdated one is hatched and says so."""
        if (sign, detail, outdated) != (self.sign, self.detail, self._outdated):
            self.sign, self.detail, self._outdated = sign, detail, outdated
            self.setAccessibleName(f"mode {sign.text}, {detail}")
            self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for the longest mode."""
        return QSize(198, 58)

    def minimumSizeHint(self) -> QSize:
        """Never less: half a mode is another mode."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Sign on its ground; hatched when out of date."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = self.theme.grounds[self.sign.tone], self.theme.inks[self.sign.tone]
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(self.theme.signs[self.sign.tone], 1.5))
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 4, 4)
        if self._outdated:
            pale = QColor(ink)
            pale.setAlpha(70)
            painter.setBrush(QBrush(pale, Qt.BrushStyle.BDiagPattern))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 4, 4)
        side = box.height() * 0.5
        draw_shape(painter, self.sign.shape, QRectF(box.x() + 12, box.center().y() - side / 2, side, side), ink)
        words = QRectF(box.x() + 24 + side, box.y() + 3, box.width() - side - 30, box.height() - 6)
        font = QFont(self.font())
        font.setBold(True)
        font.setPointSizeF(self.font().pointSizeF() * 1.45)
        painter.setFont(font)
        painter.setPen(ink)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words.adjusted(0, 0, 0, -words.height() * 0.42), left, self.sign.text)
        painter.setFont(self.font())
        low = words.adjusted(0, words.height() * 0.55, 0, 0)
        detail = painter.fontMetrics().elidedText(self.detail, Qt.TextElideMode.ElideRight, int(low.width()))
        painter.drawText(low, left, detail)
