"""Loss curves of one stage of a training, on a logarithmic axis, with their newest values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from twin_app.model.axis import log_ticks
from twin_app.theme.tokens import LIGHT, Theme

LEFT_PX, BELOW_PX = 52, 22
POINTS = 400
"""Drawn of a curve at most."""

LEAST = 1e-6
"""Values below it, 0 among them, are drawn there: the axis is logarithmic."""

Curve = Sequence[tuple[int, float]]
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class CurvesPlot(QWidget):
    """One line a figure; the legend names those with the highest loss where there is no room for all."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.curves: Mapping[str, Curve] = {}
        self.remark = ""
        """What cannot be drawn, in words."""

        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 110)
        self.setAccessibleName("Loss curves")

    def sizeHint(self) -> QSize:
        """Room for a few lines of legend."""
        return QSize(380, 190)

    def show_curves(self, curves: Mapping[str, Curve], *, astray: Mapping[str, int]) -> None:
        """Take the curves as they are now; they may go on growing. `astray`: by figure, values that were not finite."""
        self.curves = curves
        told = ", ".join(f"{name} {count}" for name, count in astray.items())
        self.remark = f"values that are not finite: {told}" if told else ""
        newest = [f"{name} {points[-1][1]:.4g}" for name, points in curves.items() if points]
        self.setToolTip("\n".join([*newest, *filter(None, [self.remark])]))
        self.setAccessibleDescription(self.remark)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axis, lines, legend."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self.theme.field))
        shown = {name: points for name, points in self.curves.items() if points}
        if not shown:
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.remark or "no loss curve yet")
            return
        values = [max(value, LEAST) for points in shown.values() for _, value in points]
        low, high = math.log10(min(values)), math.log10(max(values))
        low, high = (low - 0.1, high + 0.1) if high - low > 0.1 else (low - 0.5, high + 0.5)
        last = max(points[-1][0] for points in shown.values())
        plot = QRectF(LEFT_PX, 6, self.width() - LEFT_PX - 8, self.height() - BELOW_PX - 6)
        self._draw_axis(painter, plot, low, high, last)
        for number, points in enumerate(shown.values()):
            style = Qt.PenStyle.SolidLine if number < len(self.theme.series) else Qt.PenStyle.DotLine
            painter.setPen(QPen(self._colour(number), 1.4, style))
            painter.drawPolyline(_line(points, plot, low, high, last))
        self._draw_legend(painter, plot, shown)

    def _draw_axis(self, painter: QPainter, plot: QRectF, low: float, high: float, last: int) -> None:
        line = self.fontMetrics().height()
        for value in log_ticks(low, high, most=max(2, int(plot.height() // (1.5 * line)))):
            y = plot.bottom() - (math.log10(value) - low) / (high - low) * plot.height()
            painter.setPen(QColor(self.theme.grid))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(QRectF(0, y - line / 2, LEFT_PX - 6, line), RIGHT, f"{value:.3g}")
        painter.setPen(QColor(self.theme.border))
        painter.drawRect(plot)
        painter.setPen(QColor(self.theme.muted))
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), line)
        at = f"step {last}"
        painter.drawText(below, RIGHT, at)
        room = int(below.width()) - self.fontMetrics().horizontalAdvance(f"{at}  ")
        words = " · ".join(filter(None, ("loss over steps", self.remark)))
        words = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, words)

    def _draw_legend(self, painter: QPainter, plot: QRectF, shown: Mapping[str, Curve]) -> None:
        line = self.fontMetrics().height()
        room = max(1, int((plot.height() - 4) // line))
        ranked = sorted(enumerate(shown.items()), key=lambda entry: -entry[1][1][-1][1])
        kept = ranked if len(ranked) <= room else ranked[: room - 1]
        words = [(number, f"{name} {points[-1][1]:.3g}") for number, (name, points) in kept]
        if len(kept) < len(ranked):
            words.append((-1, f"and {len(ranked) - len(kept)} more"))
        width = max(self.fontMetrics().horizontalAdvance(text) for _, text in words) + 10
        ground = QColor(self.theme.field)
        ground.setAlpha(205)
        painter.fillRect(QRectF(plot.right() - width, plot.top() + 2, width - 2, line * len(words)), ground)
        for row, (number, text) in enumerate(words):
            painter.setPen(QColor(self.theme.muted) if number < 0 else self._colour(number))
            painter.drawText(QRectF(plot.right() - width, plot.top() + 2 + row * line, width - 6, line), RIGHT, text)

    def _colour(self, number: int) -> QColor:
        return QColor(self.theme.series[number % len(self.theme.series)])


def _line(points: Curve, plot: QRectF, low: float, high: float, last: int) -> QPolygonF:
    step = max(1, len(points) // POINTS)
    chosen = [*points[::step], points[-1]]
    return QPolygonF(
        [
            QPointF(
                plot.left() + at / max(1, last) * plot.width(),
                plot.bottom() - (math.log10(max(value, LEAST)) - low) / (high - low) * plot.height(),
            )
            for at, value in chosen
        ]
    )
