"""The cursor's time, as a tag on the time axis: what the values beside the lanes belong to."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from twin_app.theme.tokens import Theme

PADDING_PX = 6


def draw_cursor_tag(painter: QPainter, axis: QRectF, x: float, words: str, *, theme: Theme) -> None:
    """The words under the cursor's line, in reversed colours and always whole."""
    width = painter.fontMetrics().horizontalAdvance(words) + 2 * PADDING_PX
    left = max(0.0, min(x - width / 2, axis.right() - width))
    place = QRectF(left, axis.top() + 1, width, axis.height() - 2)
    painter.fillRect(place, QColor(theme.text))
    painter.setPen(QColor(theme.field))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
