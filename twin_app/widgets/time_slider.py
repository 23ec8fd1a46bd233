"""A slider for a place in time: a press anywhere on it goes there at once and may be dragged on."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider


class TimeSlider(QSlider):
    """Horizontal. Qt's own slider goes on by a page where its groove is pressed, which here is next to nothing."""

    def __init__(self, *, steps: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, steps)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The handle comes under the mouse first; what follows is a press on the handle."""
        place = event.position().toPoint()
        if event.button() is Qt.MouseButton.LeftButton:
            groove, handle = self._parts()
            if not handle.contains(place):
                room_px = groove.width() - handle.width()
                at_px = place.x() - groove.x() - handle.width() // 2
                self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at_px, room_px))
        super().mousePressEvent(event)

    def _parts(self) -> tuple[QRect, QRect]:
        """Where groove and handle are drawn."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, style = QStyle.ComplexControl.CC_Slider, self.style()
        groove = style.subControlRect(control, option, QStyle.SubControl.SC_SliderGroove, self)
        return groove, style.subControlRect(control, option, QStyle.SubControl.SC_SliderHandle, self)
