"""Success of every row of a table, a point each with its 95 % interval; what belongs together stands in one band."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from twin_app.model.run_table import TableRow
from twin_app.model.wording import Shape
from twin_app.theme.shapes import draw_shape
from twin_app.theme.tokens import LIGHT, Theme

ABOVE_PX, RIGHT_PX, GAP_PX = 4, 24, 8
MARKS_PX = (5.0, 9.0)
"""Size of a point where bands are narrow, and where there is room."""

TICKS_PX = 46
"""Between two numbers of the axis at least."""

WIDEST_AXIS = 0.5
"""The axis begins here or lower, where an interval does: what is close together shall not look far apart."""

MARKS = (Shape.CIRCLE, Shape.DIAMOND, Shape.SQUARE)
"""Of the strengths, in their order."""

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SuccessPlot(QWidget):
    """A forest plot: bands from top to bottom, success to the right, the first row's as a dashed line through all."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.rows: Sequence[TableRow] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 110)
        self.setAccessibleName("Success of each row")

    def sizeHint(self) -> QSize:
        """Room for a table of robustness."""
        return QSize(380, 190)

    def show_rows(self, rows: Sequence[TableRow]) -> None:
        """Take the rows that are finished; the same rows cost nothing."""
        if rows == self.rows:
            return
        self.rows = rows
        words = "\n".join(f"{row.name.replace('_', ' ')}: {row.tally}, {row.interval}" for row in rows)
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    @property
    def axis_from(self) -> float:
        """0…0.5: where the axis of success begins; it ends at 1."""
        lowest = min((row.interval95[0] for row in self.rows), default=WIDEST_AXIS)
        return min(WIDEST_AXIS, math.floor(10.0 * lowest) / 10.0)

    def place_of(self, row: TableRow) -> QPointF:
        """Where the row's point is, in pixels of this widget."""
        area, bands, strengths = self._area(), self._bands(), self._strengths()
        height = area.height() / max(1, len(bands))
        slot = (strengths.index(row.strength) + 0.5) / len(strengths) if row.strength else 0.5
        y = area.top() + (bands.index(row.band) + 0.12 + 0.76 * slot) * height
        return QPointF(self._x(area, row.share), y)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axis, bands, intervals, points, legend."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self.theme.field))
        if not self.rows:
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "no row is finished yet")
            return
        area = self._area()
        self._draw_axis(painter, area)
        self._draw_bands(painter, area)
        size_px = min(max(MARKS_PX[0], 0.3 * area.height() / len(self._bands())), MARKS_PX[1])
        for row in self.rows:
            place = self.place_of(row)
            low, high = (self._x(area, value) for value in row.interval95)
            painter.setPen(QPen(self._ink(row.strength), 1.6))
            painter.drawLine(QPointF(low, place.y()), QPointF(high, place.y()))
            self._draw_mark(painter, place, row.strength, size_px)
        self._draw_legend(painter, area)

    def _draw_axis(self, painter: QPainter, area: QRectF) -> None:
        line = self.fontMetrics().height()
        span = 1.0 - self.axis_from
        step = next((step for step in (0.05, 0.1, 0.2, 0.5) if step / span * area.width() >= TICKS_PX), 0.5)
        for number in range(math.ceil(self.axis_from / step - 1e-9), round(1.0 / step) + 1):
            x = self._x(area, number * step)
            painter.setPen(QColor(self.theme.grid))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(QColor(self.theme.muted))
            words = QRectF(x - TICKS_PX / 2, area.bottom() + 1, TICKS_PX, line)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, f"{100 * number * step:.0f} %")

    def _draw_bands(self, painter: QPainter, area: QRectF) -> None:
        bands = self._bands()
        height = area.height() / len(bands)
        for number, band in enumerate(bands):
            top = area.top() + number * height
            painter.setPen(QColor(self.theme.grid))
            painter.drawLine(QPointF(0, top + height), QPointF(area.right(), top + height))
            painter.setPen(QColor(self.theme.text))
            room = QRectF(GAP_PX, top, area.left() - 2 * GAP_PX, height)
            words = self.fontMetrics().elidedText(band, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, RIGHT, words)
        x = self._x(area, self.rows[0].share)
        painter.setPen(QPen(QColor(self.theme.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _draw_legend(self, painter: QPainter, area: QRectF) -> None:
        line = self.fontMetrics().height()
        top = area.bottom() + 1 + line
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(QRectF(GAP_PX, top, self.width(), line), LEFT, "succeeded, 95 % interval")
        x = self.width() - GAP_PX
        for strength in reversed([one for one in self._strengths() if one]):
            width = self.fontMetrics().horizontalAdvance(strength)
            x -= width
            painter.setPen(QColor(self.theme.text))
            painter.drawText(QRectF(x, top, width + 2, line), LEFT, strength)
            x -= MARKS_PX[1]
            self._draw_mark(painter, QPointF(x, top + line / 2), strength, MARKS_PX[1])
            x -= 2 * GAP_PX

    def _draw_mark(self, painter: QPainter, place: QPointF, strength: str, size_px: float) -> None:
        shape = MARKS[self._strengths().index(strength) % len(MARKS)] if strength else Shape.CIRCLE
        box = QRectF(place.x() - size_px / 2, place.y() - size_px / 2, size_px, size_px)
        draw_shape(painter, shape, box, self._ink(strength))

    def _ink(self, strength: str) -> QColor:
        series = self.theme.series
        return QColor(series[self._strengths().index(strength) % len(series)] if strength else self.theme.text)

    def _area(self) -> QRectF:
        widest = max((self.fontMetrics().horizontalAdvance(band) for band in self._bands()), default=0)
        left = min(widest + 2 * GAP_PX + 1, 0.45 * self.width())
        below = 2 * self.fontMetrics().height() + 4
        return QRectF(left, ABOVE_PX, max(1.0, self.width() - left - RIGHT_PX), max(1.0, self.height() - below))

    def _x(self, area: QRectF, share: float) -> float:
        return area.left() + (share - self.axis_from) / (1.0 - self.axis_from) * area.width()

    def _bands(self) -> list[str]:
        return list(dict.fromkeys(row.band for row in self.rows))

    def _strengths(self) -> list[str]:
        return list(dict.fromkeys(row.strength for row in self.rows if row.strength))
