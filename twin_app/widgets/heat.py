"""Where a policy sees what it was asked for, laid over a picture: the rest of the picture is darkened.

Only brightness tells, so that no eye for colours is needed and the part keeps its own colour under the map.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from runtime.messages.policy import HeatMap
from twin_app.theme.tokens import LIGHT, Theme

SHADE = (8, 14, 34)
"""Red, green and blue of the darkness."""

DARKEST = 165
"""Its alpha of 255 where the policy sees nothing: what lies there can still be told."""


def shade(heat: HeatMap) -> QImage | None:
    """The darkness as a picture of one pixel a cell; None for a map whose bytes do not fit its size."""
    if heat.width < 1 or heat.height < 1 or len(heat.cells) != heat.width * heat.height:
        return None
    share = np.frombuffer(heat.cells, dtype=np.uint8).reshape(heat.height, heat.width).astype(np.float32) / 255.0
    pixels = np.empty((heat.height, heat.width, 4), dtype=np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = SHADE
    pixels[..., 3] = np.rint(DARKEST * (1.0 - share))
    return QImage(pixels.tobytes(), heat.width, heat.height, heat.width * 4, QImage.Format.Format_RGBA8888).copy()


class HeatScale(QWidget):
    """What the brightness means: a strip from nowhere to certainly here, with a word at each end."""

    LEFT, RIGHT = "not here", "here for certain"

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What the brightness means")
        self.setToolTip("Where the policy sees what the instruction means: it is bright there and dark elsewhere")

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(240, self.fontMetrics().height() + 6)

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Word, strip, word; the words go where there is no room for them."""
        del event
        painter = QPainter(self)
        measure = self.fontMetrics().horizontalAdvance
        words_px = (measure(self.LEFT) + 6, measure(self.RIGHT) + 6)
        strip_px = min(110.0, self.width() - sum(words_px))
        if strip_px < 24.0:
            words_px, strip_px = (0, 0), min(110.0, float(self.width()))
        strip = QRectF(words_px[0], self.height() / 2 - 5, strip_px, 10)
        lit = QLinearGradient(strip.topLeft(), strip.topRight())
        lit.setColorAt(0.0, _darkened(DARKEST / 255.0))
        lit.setColorAt(1.0, _darkened(0.0))
        painter.fillRect(strip, lit)
        painter.setPen(QColor(self.theme.border))
        painter.drawRect(strip)
        if words_px[0]:
            painter.setPen(QColor(self.theme.muted))
            line = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, words_px[0], self.height()), line, self.LEFT)
            painter.drawText(QRectF(strip.right() + 6, 0, words_px[1], self.height()), line, self.RIGHT)


def _darkened(alpha: float, grey: int = 225) -> QColor:
    return QColor(*(round(grey * (1.0 - alpha) + part * alpha) for part in SHADE))
