"""One strip of the trends, the shared time axis and the cursor, painted."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from twin_app.model.axis import padded, time_ticks, value_ticks
from twin_app.model.lanes import Lane
from twin_app.model.legend import LegendItem, fitting, legend, more_words
from twin_app.model.series import SeriesBlock, SeriesView
from twin_app.theme.tokens import Theme
from twin_app.widgets.polyline import draw_series

GUTTER_PX = 62
TITLE_PX = 19
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
ITEM_GAP_PX = 10
LIMIT_PX = 18.0
LABEL_PX = 15.0
"""Least distance of two labels on the vertical axis."""

SHIFT_PX = 5.0
GAP_NS = 1_500_000_000


class LanePainter:
    """Draws one lane into a box; made anew for every paint."""

    def __init__(
        self,
        painter: QPainter,
        lane: Lane,
        block: SeriesBlock | None,
        view: SeriesView | None,
        box: QRectF,
        bounds_ns: tuple[int, int],
        theme: Theme,
    ) -> None:
        self._painter = painter
        self._lane = lane
        self._block = block
        self._box = box
        self._bounds = bounds_ns
        self._theme = theme
        self._plot = box.adjusted(0, TITLE_PX, 0, -3)
        self._view = view
        self._low, self._high = self._range()

    def draw(self, cursor_ns: int | None) -> None:
        """Frame, lines, limits, title and the values at the cursor (else the newest)."""
        painter, theme = self._painter, self._theme
        painter.setPen(QColor(theme.border))
        painter.drawLine(self._box.topLeft() - QPointF(GUTTER_PX, 0), self._box.topRight())
        self._draw_ticks()
        self._draw_limits()
        if self._view is not None and len(self._view.times_ns):
            painter.save()
            painter.setClipRect(self._plot)
            self._draw_lines(self._view)
            painter.restore()
        self._draw_title(cursor_ns)

    def _range(self) -> tuple[float, float]:
        lane, low, high = self._lane, self._lane.floor, self._lane.ceiling
        for _, value in lane.limits:
            low, high = min(low, value), max(high, value)
        if self._view is not None and len(self._view.times_ns):
            lows, highs = self._view.low[:, lane.columns], self._view.high[:, lane.columns]
            if np.isfinite(lows).any():
                low, high = min(low, float(np.nanmin(lows))), max(high, float(np.nanmax(highs)))
        low, high = padded(low, high)
        if lane.limits:  # room for the word on the uppermost limit
            height = max(40.0, self._plot.height())
            high = max(high, low + (lane.limits[-1][1] - low) * height / (height - LIMIT_PX))
        return low, high

    def _y(self, value: float) -> float:
        return self._plot.bottom() - (value - self._low) / (self._high - self._low) * self._plot.height()

    def _draw_ticks(self) -> None:
        painter, plot = self._painter, self._plot
        ticks = value_ticks(self._low, self._high, most=max(2, int(plot.height() // 34)))
        digits = _digits(ticks)
        painter.setPen(QColor(self._theme.grid))
        for tick in ticks:
            y = self._y(tick)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(QColor(self._theme.muted))
        for tick, y in spread(
            [(tick, self._y(tick)) for tick in ticks], top=self._box.top(), bottom=self._box.bottom()
        ):
            painter.drawText(QRectF(0, y - 10, GUTTER_PX - 6, 20), RIGHT, f"{tick:.{digits}f}")

    def _draw_limits(self) -> None:
        painter, plot = self._painter, self._plot
        for number, (label, value) in enumerate(self._lane.limits):
            y = self._y(value)
            top = y - LIMIT_PX + 1 if number % 2 else y
            painter.setPen(QPen(QColor(self._theme.text), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(plot.left() + 4, top, 120, LIMIT_PX - 1), LEFT, f"{label} {value:.0f}")

    def _draw_lines(self, view: SeriesView) -> None:
        begin_ns, end_ns = self._bounds
        scale = self._plot.width() / max(1, end_ns - begin_ns)
        x = self._plot.left() + (view.times_ns - begin_ns).astype(np.float64) * scale
        spacing = float(np.median(np.diff(x))) if len(x) > 2 else 0.0
        gap_px = max(GAP_NS * scale, 4 * spacing, 1.0)
        factor = self._plot.height() / (self._high - self._low)
        low = self._plot.bottom() - (view.low[:, self._lane.columns] - self._low) * factor
        high = self._plot.bottom() - (view.high[:, self._lane.columns] - self._low) * factor
        for index in reversed(range(len(self._lane.labels))):
            self._painter.setPen(QPen(self._colour(index), 1, self._style(index)))
            series = (low[:, index], high[:, index])
            draw_series(self._painter, x, *series, reduced=view.reduced, gap_px=gap_px)

    def _draw_title(self, cursor_ns: int | None) -> None:
        painter, box, lane = self._painter, self._box, self._lane
        title = QRectF(box.left() + 4, box.top() + 1, box.width() - 8, TITLE_PX)
        words = f"{lane.title}  {lane.unit}".rstrip()
        width = painter.fontMetrics().horizontalAdvance(words)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(title, LEFT, words)
        self._draw_values(title.adjusted(width + 12, 0, 0, 0), cursor_ns)

    def _draw_values(self, room: QRectF, cursor_ns: int | None) -> None:
        shown = legend(self._lane, self._block, cursor_ns if cursor_ns is not None else max(self._bounds[1], 0))
        if shown.note:
            self._painter.setPen(QColor(self._theme.muted))
            self._painter.drawText(room, RIGHT, shown.note)
            return
        measure = self._painter.fontMetrics().horizontalAdvance
        items, missing = fitting(shown.items, width_px=room.width(), gap_px=ITEM_GAP_PX, measure=measure)
        self._draw_items(room, items, missing=missing)

    def _draw_items(self, room: QRectF, items: tuple[LegendItem, ...], *, missing: int) -> None:
        painter, metrics = self._painter, self._painter.fontMetrics()
        x = room.right()
        for item in reversed(items):
            x -= metrics.horizontalAdvance(item.value)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(QRectF(x, room.y(), 200, room.height()), LEFT, item.value)
            if len(self._lane.labels) > 1:
                x -= metrics.horizontalAdvance(f"{item.label} " if item.value else item.label)
                painter.setPen(self._colour(item.index))
                painter.drawText(QRectF(x, room.y(), 200, room.height()), LEFT, item.label)
            x -= ITEM_GAP_PX
        if missing:
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(x - 190, room.y(), 192, room.height()), RIGHT, more_words(missing).rstrip())

    def _style(self, index: int) -> Qt.PenStyle:
        """A limit is dashed; from where the colours begin anew lines are dotted."""
        if index in self._lane.dashed:
            return Qt.PenStyle.DashLine
        return Qt.PenStyle.SolidLine if index < len(self._theme.series) else Qt.PenStyle.DotLine

    def _colour(self, index: int) -> QColor:
        return QColor(self._theme.series[index % len(self._theme.series)])


def draw_time_grid(
    painter: QPainter, plot: QRectF, bounds_ns: tuple[int, int], *, offset_ns: int, theme: Theme
) -> None:
    """Vertical lines at round moments."""
    painter.setPen(QColor(theme.grid))
    for x, _ in _time_columns(plot, bounds_ns, offset_ns):
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))


def draw_time_axis(
    painter: QPainter, axis: QRectF, bounds_ns: tuple[int, int], *, offset_ns: int, theme: Theme
) -> None:
    """Round moments on the clock of the wall; seconds of the monotonic clock where that is unknown."""
    painter.setPen(QColor(theme.border))
    painter.drawLine(axis.topLeft() - QPointF(GUTTER_PX, 0), axis.topRight())
    painter.setPen(QColor(theme.muted))
    for x, words in _time_columns(axis, bounds_ns, offset_ns):
        box = QRectF(x - 50, axis.y(), 100, axis.height())
        if box.right() <= axis.right() + 12:
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def draw_cursor(painter: QPainter, plot: QRectF, x: float, *, bold: bool, theme: Theme) -> None:
    """A vertical line through every lane."""
    if plot.left() <= x <= plot.right():
        painter.setPen(QPen(QColor(theme.replay if bold else theme.text), 3 if bold else 1))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))


def _time_columns(plot: QRectF, bounds_ns: tuple[int, int], offset_ns: int) -> list[tuple[float, str]]:
    begin_ns, end_ns = bounds_ns
    # Rounding on the clock of the wall needs its offset to whole seconds of the local day; 15 minutes suffice.
    ticks, step_s = time_ticks(begin_ns, end_ns, most=max(2, int(plot.width() // 110)), offset_ns=offset_ns)
    scale = plot.width() / max(1, end_ns - begin_ns)
    return [(plot.left() + (tick - begin_ns) * scale, _time_words(tick, offset_ns, step_s)) for tick in ticks]


def _time_words(moment_ns: int, offset_ns: int, step_s: float) -> str:
    if not offset_ns:
        return f"{moment_ns * 1e-9:.1f} s" if step_s < 1 else f"{moment_ns * 1e-9:.0f} s"
    seconds = (moment_ns + offset_ns) * 1e-9
    words = time.strftime("%H:%M:%S", time.localtime(seconds))
    return f"{words}.{int(seconds % 1 * 100 + 0.5) % 100:02d}" if step_s < 1 else words


def spread(marks: list[tuple[float, float]], *, top: float, bottom: float) -> list[tuple[float, float]]:
    """Ticks with the heights of their labels, inside the lane and never on one another; the ends go first."""
    half = LABEL_PX / 2
    placed: list[tuple[float, float]] = []
    for tick, y in (*marks[:1], *marks[:0:-1]):
        at = min(max(y, top + half), bottom - half)
        if len(placed) == 1:  # the upper end may give way a little, because the scale hangs on it
            at = max(top + half, min(at, max(placed[0][1] - LABEL_PX, at - SHIFT_PX)))
        if all(abs(at - other) >= LABEL_PX for _, other in placed):
            placed.append((tick, at))
    return placed


def _digits(ticks: list[float]) -> int:
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else abs(ticks[0]) or 1.0
    return next((digits for digits in range(3) if abs(round(step, digits) - step) < 1e-6 * step), 3)
