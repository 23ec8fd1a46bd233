"""Where a policy sees what it was asked for, laid over a picture: outlined there, and a little darker elsewhere.

Only brightness and form tell, so that no eye for colours is needed and the part keeps its own colour under the map.
The rest is darkened so little that whatever else is in the cell, a person's hand above all, is seen as before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from runtime.messages.policy import HeatMap
from twin_app.theme.tokens import LIGHT, Theme

SHADE = (8, 14, 34)
"""Red, green and blue of the darkness."""

DARKEST = 64
"""Its alpha of 255 where the policy sees nothing."""

OUTLINED = 0.5
"""Of the map's range: what is above is outlined."""

CASING, LINE = QColor(0, 0, 0, 210), QColor(255, 255, 255)
"""A white line in a black one is seen on every ground."""


class HeatOverlay:
    """One map, ready to be drawn."""

    def __init__(self, heat: HeatMap) -> None:
        """Raises ValueError for a map whose bytes do not fit its size."""
        if heat.width < 1 or heat.height < 1 or len(heat.cells) != heat.width * heat.height:
            raise ValueError(f"{heat.width} x {heat.height} cells, but {len(heat.cells)} bytes")
        cells = np.frombuffer(heat.cells, dtype=np.uint8).reshape(heat.height, heat.width).astype(np.float32) / 255.0
        self.shade = _shade(cells)
        """One pixel a cell."""

        self.outline = _outline(_widened(cells >= OUTLINED))
        """Lines in cells; a cell's breadth away from what is meant, so that they never hide it."""

        self._size = (heat.width, heat.height)

    def draw(self, painter: QPainter, place: QRectF) -> None:
        """Over the picture that fills the place."""
        painter.drawImage(place, self.shade)
        across, down = place.width() / self._size[0], place.height() / self._size[1]
        lines = [
            QLineF(place.x() + x1 * across, place.y() + y1 * down, place.x() + x2 * across, place.y() + y2 * down)
            for x1, y1, x2, y2 in self.outline
        ]
        _draw_cased(painter, lines)


def _shade(cells: NDArray[np.float32]) -> QImage:
    height, width = cells.shape
    pixels = np.empty((height, width, 4), dtype=np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = SHADE
    pixels[..., 3] = np.rint(DARKEST * (1.0 - cells))
    return QImage(pixels.tobytes(), width, height, width * 4, QImage.Format.Format_RGBA8888).copy()


def _outline(inside: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """The borders of a region of cells: column, row, column, row of each piece."""
    framed = np.pad(inside, 1)
    upright = np.argwhere(framed[1:-1, 1:] != framed[1:-1, :-1]).tolist()
    level = np.argwhere(framed[1:, 1:-1] != framed[:-1, 1:-1]).tolist()
    return [(x, y, x, y + 1) for y, x in upright] + [(x, y, x + 1, y) for y, x in level]


def _widened(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With its neighbours on every side."""
    height, width = inside.shape
    framed = np.pad(inside, 1)
    shifts = [framed[down : down + height, across : across + width] for down in range(3) for across in range(3)]
    return np.logical_or.reduce(shifts)


def _draw_cased(painter: QPainter, lines: list[QLineF]) -> None:
    for colour, width in ((CASING, 3.6), (LINE, 1.6)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
        painter.drawLines(lines)


class HeatScale(QWidget):
    """What the map means: a strip from nowhere to certainly here, outlined as in the picture, a word at each end."""

    LEFT, RIGHT = "not here", "here"

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What the brightness means")
        self.setToolTip("Where the policy sees what the instruction means: outlined there, a little darker elsewhere")

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
        half = QRectF(strip.center().x(), strip.top(), strip.width() / 2, strip.height())
        corners = (half.topLeft(), half.topRight(), half.bottomRight(), half.bottomLeft(), half.topLeft())
        _draw_cased(painter, [QLineF(a, b) for a, b in zip(corners, corners[1:], strict=False)])
        if words_px[0]:
            painter.setPen(QColor(self.theme.muted))
            line = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, words_px[0], self.height()), line, self.LEFT)
            painter.drawText(QRectF(strip.right() + 6, 0, words_px[1], self.height()), line, self.RIGHT)


def _darkened(alpha: float, *, grey: int = 170) -> QColor:
    return QColor(*(round(grey * (1.0 - alpha) + part * alpha) for part in SHADE))
