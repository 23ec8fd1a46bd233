"""All trends as strips on one time axis, painted in one pass; one cursor through all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from twin_app.model.lanes import Lane
from twin_app.model.legend import legend
from twin_app.model.series import SeriesView
from twin_app.model.time_window import SECOND_NS, TimeWindow
from twin_app.model.trends import Trends
from twin_app.model.wording import moment_words
from twin_app.theme.tokens import LIGHT, Theme
from twin_app.widgets.cursor_tag import draw_cursor_tag
from twin_app.widgets.mode_band import draw_band
from twin_app.widgets.trend_lane import GUTTER_PX, LanePainter, draw_cursor, draw_time_axis, draw_time_grid

BAND_PX = 44
AXIS_PX = 24


class TrendCanvas(QWidget):
    """Wheel zooms, drag pans, hover previews, click commits, double click returns to live."""

    window_changed = Signal()
    moment_chosen = Signal(object)
    """A moment in ns that was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.theme: Theme = LIGHT
        self.trends = Trends()
        self.window_shown = TimeWindow()
        self.edge_ns = 0
        self.wall_offset_ns = 0
        self.playhead_ns: int | None = None
        self.start_ns: int | None = None
        """Where a recording begins; None while live."""

        self.turned: frozenset[str] = frozenset()
        """Keys of lanes that are shown though they are quiet ones, or hidden though they are not."""

        self.pinned_ns: int | None = None
        self._hover_px: float | None = None
        self._drag: tuple[float, TimeWindow, bool] | None = None
        self.paints = 0
        self.paint_s = 0.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setAccessibleName("Trends")

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes that are shown."""
        return [lane for lane in self.trends.lanes if lane.quiet == (lane.key in self.turned)]

    @property
    def cursor_ns(self) -> int | None:
        """Moment of the cursor: hovered, else pinned, else the playhead; None follows the newest."""
        if self._hover_px is not None:
            return self.moment_at(self._hover_px)
        return self.pinned_ns if self.pinned_ns is not None else self.playhead_ns

    @property
    def cursor_words(self) -> str:
        """The cursor's time in words; empty without a cursor."""
        moment_ns = self.cursor_ns
        if moment_ns is None:
            return ""
        now_ns, start_ns = self.edge_ns, self.start_ns
        return moment_words(moment_ns, now_ns=now_ns, start_ns=start_ns, wall_offset_ns=self.wall_offset_ns)

    def sizeHint(self) -> QSize:
        """Room for six lanes."""
        return QSize(560, 520)

    def moment_at(self, x_px: float) -> int:
        """The moment under a column of the widget."""
        begin_ns, end_ns = self.window_shown.bounds_ns(self.edge_ns)
        return begin_ns + int((x_px - GUTTER_PX) / max(1.0, self._plot_width) * (end_ns - begin_ns))

    def column_of(self, moment_ns: int) -> float:
        """The column of a moment."""
        begin_ns, end_ns = self.window_shown.bounds_ns(self.edge_ns)
        return GUTTER_PX + (moment_ns - begin_ns) / max(1, end_ns - begin_ns) * self._plot_width

    def set_window(self, window: TimeWindow) -> None:
        """Show another stretch of time."""
        if window != self.window_shown:
            self.window_shown = window
            self.window_changed.emit()
            self.update()

    def pin(self, moment_ns: int | None) -> None:
        """Put the cursor on a moment, or take it away."""
        self.pinned_ns = moment_ns
        self.update()

    @property
    def _plot_width(self) -> float:
        return float(self.width() - GUTTER_PX - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Everything, from the modes on top to the axis at the bottom."""
        del event
        began = time.perf_counter()
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.field)
        bounds = self.window_shown.bounds_ns(self.edge_ns)
        plot = QRectF(GUTTER_PX, 0, self._plot_width, self.height() - AXIS_PX)
        draw_time_grid(painter, plot, bounds, offset_ns=self.wall_offset_ns, theme=self.theme)
        band = QRectF(plot.x(), 0, plot.width(), BAND_PX)
        draw_band(painter, band, self.trends, bounds, edge_ns=self.edge_ns, theme=self.theme)
        cursor_ns = self.cursor_ns
        views: dict[str, SeriesView] = {}
        for lane, top, height in self._heights(plot.height()):
            box = QRectF(plot.x(), top, plot.width(), height)
            block = self.trends.blocks.get(lane.block)
            if block is not None and lane.block not in views:
                views[lane.block] = block.view(*bounds, points=max(50, int(plot.width()) // 2))
            LanePainter(painter, lane, block, views.get(lane.block), box, bounds, self.theme).draw(cursor_ns)
        axis = QRectF(plot.x(), plot.bottom(), plot.width(), AXIS_PX)
        draw_time_axis(painter, axis, bounds, offset_ns=self.wall_offset_ns, theme=self.theme)
        for moment_ns, bold in ((self.playhead_ns, True), (cursor_ns, False)):
            if moment_ns is not None:
                draw_cursor(painter, plot, self.column_of(moment_ns), bold=bold, theme=self.theme)
        if cursor_ns is not None:
            draw_cursor_tag(painter, axis, self.column_of(cursor_ns), self.cursor_words, theme=self.theme)
        painter.end()
        self.paints += 1
        self.paint_s += time.perf_counter() - began

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the mouse; with Shift, or sideways, pan."""
        steps = event.angleDelta().y() / 120.0
        sideways = event.angleDelta().x() / 120.0
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            steps, sideways = 0.0, sideways or steps
        window = self.window_shown
        if sideways:
            window = window.panned(int(-sideways * window.span_ns * 0.1), edge_ns=self.edge_ns)
        if steps:
            at = (event.position().x() - GUTTER_PX) / max(1.0, self._plot_width)
            window = window.zoomed(0.8**steps, at=min(max(at, 0.0), 1.0), edge_ns=self.edge_ns)
        self.set_window(window)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag, or to click."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag = (event.position().x(), self.window_shown, False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag pans; hover moves the cursor."""
        x_px = event.position().x()
        if self._drag is not None:
            begun_px, window, moved = self._drag
            if moved or abs(x_px - begun_px) > 4:
                self._drag = (begun_px, window, True)
                delta_ns = int((begun_px - x_px) / max(1.0, self._plot_width) * window.span_ns)
                self.set_window(window.held(self.edge_ns).panned(delta_ns, edge_ns=self.edge_ns))
        self._hover_px = x_px if x_px >= GUTTER_PX else None
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that did not drag chooses the moment."""
        if self._drag is not None and not self._drag[2]:
            moment_ns = self.moment_at(event.position().x())
            self.pin(moment_ns)
            self.moment_chosen.emit(moment_ns)
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to live."""
        del event
        self._drag = None
        self.go_live()

    def event(self, event: QEvent) -> bool:
        """The tooltip tells every value of the lane under the mouse, also those that had no room."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.hint_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def hint_at(self, point: QPointF) -> str:
        """Title and all values of the lane under a point, at the cursor; empty beside the lanes."""
        lane = self.lane_at(point)
        if lane is None:
            return ""
        at_ns = self.cursor_ns if self.cursor_ns is not None else self.window_shown.bounds_ns(self.edge_ns)[1]
        shown = legend(lane, self.trends.blocks.get(lane.block), at_ns)
        return f"{lane.title} {lane.unit}".strip() + "\n" + shown.text

    def leaveEvent(self, event: object) -> None:
        """The cursor's preview ends."""
        del event
        self._hover_px = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom, Ctrl with arrows pans, Delete takes the cursor away."""
        key, window = event.key(), self.window_shown
        quick = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_window(window.zoomed(0.7, at=0.5, edge_ns=self.edge_ns))
        elif key == Qt.Key.Key_Minus:
            self.set_window(window.zoomed(1 / 0.7, at=0.5, edge_ns=self.edge_ns))
        elif quick and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            way = -1 if key == Qt.Key.Key_Left else 1
            self.set_window(window.panned(int(way * window.span_ns * 0.1), edge_ns=self.edge_ns))
        elif key == Qt.Key.Key_Delete:
            self.pin(None)
        else:
            super().keyPressEvent(event)

    def go_live(self) -> None:
        """Follow the newest sample, without a cursor; a minute at least half full of data is kept."""
        self.pinned_ns = None
        self.set_window(self.window_shown.live())
        self.update()

    def show_all(self, begin_ns: int, end_ns: int) -> None:
        """Show a whole recording, held still."""
        self.set_window(TimeWindow(max(SECOND_NS, end_ns - begin_ns), end_ns))

    def lane_at(self, point: QPointF) -> Lane | None:
        """The lane under a point."""
        boxes = self._heights(self.height() - AXIS_PX)
        return next((lane for lane, top, height in boxes if top <= point.y() < top + height), None)

    def _heights(self, bottom_px: float) -> list[tuple[Lane, float, float]]:
        """Lanes with their tops and heights, by weight."""
        lanes = self.lanes
        unit = (bottom_px - BAND_PX) / max(0.1, sum(lane.weight for lane in lanes))
        tops = [BAND_PX + unit * sum(lane.weight for lane in lanes[:number]) for number in range(len(lanes))]
        return [(lane, top, unit * lane.weight) for lane, top in zip(lanes, tops, strict=True)]
