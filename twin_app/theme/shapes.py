"""The signs of modes, priorities and phases: drawn, so that they need no font and scale with the text."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap, QPolygonF

from twin_app.model.wording import Shape


def draw_shape(painter: QPainter, shape: Shape, box: QRectF, colour: QColor) -> None:
    """Draw a sign into a square box; the painter's state is kept."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    _DRAWERS[shape](painter, box, colour)
    painter.restore()


def shape_icon(shape: Shape, colour: QColor, *, size_px: int = 16) -> QIcon:
    """A sign as an icon for tables and buttons."""
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_shape(painter, shape, QRectF(1, 1, size_px - 2, size_px - 2), colour)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # unchanged: Qt would mix the selection's colour into an alarm's
    return icon


def _polygon(painter: QPainter, box: QRectF, points: list[tuple[float, float]]) -> None:
    corners = [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in points]
    painter.drawPolygon(QPolygonF(corners))


def _play(painter: QPainter, box: QRectF, _: QColor) -> None:
    _polygon(painter, box, [(0.15, 0.05), (0.95, 0.5), (0.15, 0.95)])


def _double_play(painter: QPainter, box: QRectF, _: QColor) -> None:
    _polygon(painter, box, [(0.0, 0.1), (0.5, 0.5), (0.0, 0.9)])
    _polygon(painter, box, [(0.5, 0.1), (1.0, 0.5), (0.5, 0.9)])


def _pause(painter: QPainter, box: QRectF, _: QColor) -> None:
    width = box.width() * 0.26
    painter.drawRect(QRectF(box.x() + box.width() * 0.14, box.y(), width, box.height()))
    painter.drawRect(QRectF(box.x() + box.width() * 0.60, box.y(), width, box.height()))


def _square(painter: QPainter, box: QRectF, _: QColor) -> None:
    inset = box.width() * 0.1
    painter.drawRect(box.adjusted(inset, inset, -inset, -inset))


def _octagon(painter: QPainter, box: QRectF, _: QColor) -> None:
    angles = [math.pi / 8 + index * math.pi / 4 for index in range(8)]
    _polygon(painter, box, [(0.5 + 0.54 * math.cos(angle), 0.5 + 0.54 * math.sin(angle)) for angle in angles])


def _triangle(painter: QPainter, box: QRectF, colour: QColor) -> None:
    _polygon(painter, box, [(0.5, 0.02), (1.0, 0.96), (0.0, 0.96)])
    painter.setPen(QPen(_contrast(colour), max(1.5, box.width() * 0.11)))
    middle = box.center().x()
    painter.drawLine(QPointF(middle, box.y() + box.height() * 0.38), QPointF(middle, box.y() + box.height() * 0.64))
    painter.drawPoint(QPointF(middle, box.y() + box.height() * 0.82))


def _diamond(painter: QPainter, box: QRectF, _: QColor) -> None:
    _polygon(painter, box, [(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)])


def _circle(painter: QPainter, box: QRectF, _: QColor) -> None:
    inset = box.width() * 0.08
    painter.drawEllipse(box.adjusted(inset, inset, -inset, -inset))


def _ring(painter: QPainter, box: QRectF, colour: QColor) -> None:
    width = max(1.5, box.width() * 0.12)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, width))
    inset = width / 2 + box.width() * 0.08
    painter.drawEllipse(box.adjusted(inset, inset, -inset, -inset))


def _bar(painter: QPainter, box: QRectF, _: QColor) -> None:
    painter.drawRect(QRectF(box.x(), box.y() + box.height() * 0.37, box.width(), box.height() * 0.26))


def _hand(painter: QPainter, box: QRectF, _: QColor) -> None:
    unit = box.width() / 10
    palm = QRectF(box.x() + 2 * unit, box.y() + 4.5 * unit, 6 * unit, 5.5 * unit)
    painter.drawRoundedRect(palm, 1.5 * unit, 1.5 * unit)
    for index, top in enumerate((1.4, 0.3, 0.6, 1.8)):
        finger = QRectF(box.x() + (2 + 1.55 * index) * unit, box.y() + top * unit, 1.3 * unit, 6 * unit)
        painter.drawRoundedRect(finger, 0.6 * unit, 0.6 * unit)
    painter.drawRoundedRect(QRectF(box.x() + 0.3 * unit, box.y() + 5 * unit, 3 * unit, 1.5 * unit), unit / 2, unit / 2)


def _question(painter: QPainter, box: QRectF, colour: QColor) -> None:
    _diamond(painter, box, colour)
    font = QFont(painter.font())
    font.setPixelSize(max(8, int(box.height() * 0.72)))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(_contrast(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "?")


def _contrast(colour: QColor) -> QColor:
    return QColor("#14171a") if colour.lightnessF() > 0.45 else QColor("#ffffff")


_DRAWERS: dict[Shape, Callable[[QPainter, QRectF, QColor], None]] = {
    Shape.PLAY: _play,
    Shape.DOUBLE_PLAY: _double_play,
    Shape.PAUSE: _pause,
    Shape.SQUARE: _square,
    Shape.OCTAGON: _octagon,
    Shape.TRIANGLE: _triangle,
    Shape.DIAMOND: _diamond,
    Shape.HAND: _hand,
    Shape.CIRCLE: _circle,
    Shape.RING: _ring,
    Shape.BAR: _bar,
    Shape.QUESTION: _question,
}
