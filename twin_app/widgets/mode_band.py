"""Modes as a band and events as signs, above the trends and on their time axis."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from runtime.messages.system import Event
from twin_app.model.freshness import OLD_NS
from twin_app.model.trends import Trends
from twin_app.model.wording import MODES, Shape, Sign, Tone
from twin_app.theme.shapes import draw_shape
from twin_app.theme.tokens import Theme

MODE_PX = 22
SIGN_PX = 14.0
HATCH_ALPHA = 90

EVENT_SIGNS: dict[str, tuple[Shape, Tone]] = {
    "fault": (Shape.DIAMOND, Tone.NORMAL),
    "command": (Shape.PLAY, Tone.MUTED),
    "policy": (Shape.DOUBLE_PLAY, Tone.NORMAL),
    "verdict": (Shape.BAR, Tone.NORMAL),
    "process": (Shape.OCTAGON, Tone.NORMAL),
    "task": (Shape.RING, Tone.MUTED),
}


ALARM_SIGNS: dict[str, tuple[Shape, Tone]] = {
    "error": (Shape.TRIANGLE, Tone.HIGH),
    "warning": (Shape.TRIANGLE, Tone.MEDIUM),
}
"""An alarm that comes; one that goes, or is acknowledged, is a quiet ring."""

SHOWN = frozenset(EVENT_SIGNS) | {"alarm"}


def draw_band(
    painter: QPainter, box: QRectF, trends: Trends, bounds_ns: tuple[int, int], *, edge_ns: int, theme: Theme
) -> None:
    """Modes in the upper half, event signs in the lower."""
    begin_ns, end_ns = bounds_ns
    scale = box.width() / max(1, end_ns - begin_ns)
    painter.save()
    painter.setClipRect(box)
    spans = list(trends.spans)
    for number, span in enumerate(spans):
        until_ns = spans[number + 1].begin_ns if number + 1 < len(spans) else _end_ns(trends, edge_ns)
        if span.mode is None or until_ns < begin_ns or span.begin_ns > end_ns:
            continue
        left = box.left() + (span.begin_ns - begin_ns) * scale
        right = box.left() + (until_ns - begin_ns) * scale
        place = QRectF(left, box.top() + 2, right - left, MODE_PX - 4)
        _draw_span(painter, place, MODES[span.mode], box, theme)
    for event in trends.marks:
        if begin_ns <= event.stamp_ns <= end_ns and event.lane in SHOWN:
            shape, tone = _sign(event)
            x = box.left() + (event.stamp_ns - begin_ns) * scale
            place = QRectF(x - SIGN_PX / 2, box.top() + MODE_PX + 3, SIGN_PX, SIGN_PX)
            draw_shape(painter, shape, place, theme.signs[tone])
    painter.restore()
    painter.setPen(QColor(theme.muted))
    right_side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRectF(0, box.top(), box.left() - 6, MODE_PX), right_side, "mode")
    painter.drawText(QRectF(0, box.top() + MODE_PX, box.left() - 6, MODE_PX), right_side, "events")


def _end_ns(trends: Trends, edge_ns: int) -> int:
    """End of the newest stretch: the present, or where the fast loop fell silent."""
    silent = trends.mode_heard_ns and edge_ns - trends.mode_heard_ns > OLD_NS["control"]
    return trends.mode_heard_ns if silent else edge_ns


def _sign(event: Event) -> tuple[Shape, Tone]:
    if event.lane == "alarm":
        return ALARM_SIGNS.get(event.level, (Shape.RING, Tone.MUTED))
    return EVENT_SIGNS[event.lane]


def _draw_span(painter: QPainter, place: QRectF, sign: Sign, room: QRectF, theme: Theme) -> None:
    painter.fillRect(place, theme.grounds[sign.tone])
    if sign.tone is Tone.FALLBACK:  # seen without colours, too, and where the words have no room
        ink = QColor(theme.inks[sign.tone])
        ink.setAlpha(HATCH_ALPHA)
        painter.fillRect(place, QBrush(ink, Qt.BrushStyle.BDiagPattern))
    painter.setPen(QColor(theme.border))
    painter.drawLine(QPointF(place.left(), place.top()), QPointF(place.left(), place.bottom()))
    shown = place.intersected(room)
    if shown.width() > painter.fontMetrics().horizontalAdvance(sign.text) + 8:
        painter.setPen(theme.inks[sign.tone])
        painter.drawText(shown.adjusted(5, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, sign.text)
