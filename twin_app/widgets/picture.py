"""A camera picture, as large as fits, with a heat map over it and marks in the picture's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from runtime.messages.policy import HeatMap
from twin_app.theme.tokens import LIGHT, Theme
from twin_app.widgets.heat import HeatOverlay


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the picture: column and row, radius in its pixels, and a word."""

    column_px: float
    row_px: float
    radius_px: float
    label: str


class PictureView(QWidget):
    """Shows RGB pixels. A picture that is too old to be the present is veiled and says so."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self._title = title
        self._image: QImage | None = None
        self._source: object = None
        self._marks: tuple[Mark, ...] = ()
        self._heat: HeatMap | None = None
        self._overlay: HeatOverlay | None = None
        self._note = "no picture yet"
        self._veiled = True
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"Picture of the {title} camera")

    @property
    def note(self) -> str:
        """The words under the picture."""
        return self._note

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is marked in the picture."""
        return self._marks

    @property
    def heat(self) -> HeatMap | None:
        """The map that lies over the picture; None without one."""
        return self._heat

    def show_heat(self, heat: HeatMap | None) -> None:
        """Lay a map over the picture, or take it away; the same one again costs nothing, a broken one is not drawn."""
        if heat is not self._heat:
            self._heat, self._overlay = heat, None if heat is None else _overlay(heat)
            self.update()

    def show_picture(self, pixels: bytes | memoryview, *, width_px: int, height_px: int) -> None:
        """Take another picture; the same object again costs nothing. A wrong size is not drawn."""
        if pixels is self._source:
            return
        self._source = pixels
        if len(pixels) != width_px * height_px * 3:
            self._image, self._note = None, f"broken picture: {len(pixels)} bytes"
        else:
            data = pixels if isinstance(pixels, bytes) else bytes(pixels)
            self._image = QImage(data, width_px, height_px, width_px * 3, QImage.Format.Format_RGB888).copy()
        self.update()

    def clear(self) -> None:
        """Show none: of the moment that is shown there is no picture. One that waits for its first goes on waiting."""
        if self._source is not None:
            self._source, self._image, self._marks = None, None, ()
            self._note = "no picture at this moment"
            self.update()

    def say(self, note: str, marks: Sequence[Mark], *, veiled: bool) -> None:
        """Words and marks; veiled when what is shown is not the present."""
        marks = tuple(marks)
        if (note, marks, veiled) != (self._note, self._marks, self._veiled):
            self._note, self._marks, self._veiled = note, marks, veiled
            self.update()

    def sizeHint(self) -> QSize:
        """About twice the cameras' size."""
        return QSize(256, 280)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, map, marks, words."""
        del event
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height() + 4
        room = QRectF(0, line, self.width(), self.height() - 2 * line)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(QRectF(2, 0, self.width() - 4, line), Qt.AlignmentFlag.AlignVCenter, self._title)
        if self._image is None:
            painter.fillRect(room, QColor(self.theme.field))
            painter.setPen(QColor(self.theme.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._note)
            return
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        size = self._image.size().toSizeF() * scale
        place = QRectF(0.0, room.y(), size.width(), size.height())
        painter.drawImage(place, self._image)
        if self._overlay is not None:
            self._overlay.draw(painter, place)
        self._draw_marks(painter, place, scale)
        if self._veiled:
            veil = QColor(self.theme.panel)
            veil.setAlpha(150)
            painter.fillRect(place, veil)
        painter.setPen(QColor(self.theme.muted))
        below = QRectF(2, place.bottom(), self.width() - 4, line)
        words = painter.fontMetrics().elidedText(self._note, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_marks(self, painter: QPainter, place: QRectF, scale: float) -> None:
        painter.setClipRect(place)
        for mark in self._marks:
            centre = QPointF(place.x() + (mark.column_px + 0.5) * scale, place.y() + (mark.row_px + 0.5) * scale)
            radius = max(6.0, mark.radius_px * scale)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, width in ((QColor(0, 0, 0, 200), 4.0), (QColor(255, 255, 255), 1.8)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(centre, radius, radius)
                for way in (-1, 1):
                    painter.drawLine(centre + QPointF(way * radius, 0), centre + QPointF(way * (radius + 7), 0))
                    painter.drawLine(centre + QPointF(0, way * radius), centre + QPointF(0, way * (radius + 7)))
            self._draw_label(painter, place, centre, radius, mark.label)
        painter.setClipping(False)

    def _draw_label(self, painter: QPainter, place: QRectF, centre: QPointF, radius: float, label: str) -> None:
        if not label:
            return
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(label) + 8, metrics.height())
        box.moveCenter(QPointF(centre.x(), centre.y() - radius - 8 - box.height() / 2))
        if box.top() < place.top():
            box.moveTop(centre.y() + radius + 8)
        box.moveLeft(min(max(box.left(), place.left()), max(place.left(), place.right() - box.width())))
        painter.fillRect(box, QColor(20, 23, 26, 215))
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)


def _overlay(heat: HeatMap) -> HeatOverlay | None:
    """None for a map that does not fit its own size: the picture is shown without it."""
    try:
        return HeatOverlay(heat)
    except ValueError:
        return None
