"""The reliability diagram: what the confidence said against what came true. On the diagonal it can be believed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from runtime.messages.card import Examination
from twin_app.theme.tokens import LIGHT, Theme

LEFT_PX, BELOW_PX, ABOVE_PX = 44, 40, 12
TICKS = (0.0, 0.5, 1.0)
DOT_PX = (3.0, 9.0)
"""Radius of a dot of one look, and of one that holds all looks."""


class ReliabilityDiagram(QWidget):
    """A dot a bin of confidence, the larger the more looks it holds; a line to the diagonal tells how far it is off."""

    def __init__(self, one: Examination, *, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.examination = one
        self.theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Reliability diagram of {one.name}")
        rows = "\n".join(
            f"said {said:.2f}, came true {right:.2f}, {count} looks" for said, right, count in one.reliability
        )
        self.setAccessibleDescription(rows)
        self.setToolTip(f"On the diagonal the confidence can be believed; below it, it promises too much.\n{rows}")

    def sizeHint(self) -> QSize:
        """Square, with room for the axes."""
        side = 9 * self.fontMetrics().height()
        return QSize(side + LEFT_PX + 12, side + BELOW_PX + ABOVE_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, diagonal, dots, axes."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plot = QRectF(LEFT_PX, ABOVE_PX, self.width() - LEFT_PX - 12, self.height() - BELOW_PX - ABOVE_PX)
        painter.fillRect(plot, QColor(self.theme.field))
        self._draw_axes(painter, plot)
        painter.setPen(QPen(QColor(self.theme.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(plot.bottomLeft(), plot.topRight())
        total = max(1, sum(count for _, _, count in self.examination.reliability))
        ink = QColor(self.theme.series[0])
        for said, right, count in self.examination.reliability:
            place, ideal = _at(plot, said, right), _at(plot, said, said)
            painter.setPen(QPen(ink, 1.5))
            painter.drawLine(ideal, place)
            painter.setBrush(ink)
            radius = DOT_PX[0] + (DOT_PX[1] - DOT_PX[0]) * (count / total) ** 0.5
            painter.drawEllipse(place, radius, radius)

    def _draw_axes(self, painter: QPainter, plot: QRectF) -> None:
        line = self.fontMetrics().height()
        painter.setPen(QColor(self.theme.border))
        painter.drawRect(plot)
        painter.setPen(QColor(self.theme.muted))
        for tick in TICKS:
            place = _at(plot, tick, tick)
            across = QRectF(place.x() - 20, plot.bottom() + 2, 40, line)
            painter.drawText(across, Qt.AlignmentFlag.AlignCenter, f"{tick:g}")
            up = QRectF(0, min(max(place.y() - line / 2, 0.0), plot.bottom() - line / 2), LEFT_PX - 5, line)
            painter.drawText(up, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{tick:g}")
        painter.drawText(
            QRectF(0, plot.bottom() + line, self.width(), line + 4), Qt.AlignmentFlag.AlignCenter, "confidence said"
        )
        painter.save()
        painter.translate(line - 4, plot.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-80, -line, 160, line), Qt.AlignmentFlag.AlignCenter, "came true")
        painter.restore()


def _at(plot: QRectF, said: float, right: float) -> QPointF:
    return QPointF(plot.left() + said * plot.width(), plot.bottom() - right * plot.height())
