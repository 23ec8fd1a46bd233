"""Numpy columns to Qt lines without a Python loop over points."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter, QPolygonF
from shiboken6 import VoidPtr

Array = NDArray[np.float64]


def polygon_of(x: Array, y: Array) -> QPolygonF:
    """Points as Qt's polygon, by one copy each way."""
    polygon = QPolygonF()
    polygon.resize(len(x))
    pointer = VoidPtr(polygon.data(), len(x) * 16, True)  # type: ignore[call-arg] - missing in shiboken's stub
    memory = np.frombuffer(cast("memoryview", pointer), dtype=np.float64).reshape(-1, 2)
    memory[:, 0] = x
    memory[:, 1] = y
    return polygon


def draw_series(painter: QPainter, x: Array, low: Array, high: Array, *, reduced: bool, gap_px: float) -> None:
    """Draw one series in pixels; NaN and steps in x beyond `gap_px` leave a gap."""
    if reduced:
        x, y = np.repeat(x, 2), np.column_stack((low, high)).ravel()
    else:
        y = low
    good = np.isfinite(y)
    pieces = np.flatnonzero(np.diff(good.astype(np.int8))) + 1
    jumps = np.flatnonzero(np.diff(x) > gap_px) + 1
    if not len(pieces) and not len(jumps):
        if good.all() and len(x) > 1:
            painter.drawPolyline(polygon_of(x, y))
        return
    cuts = np.union1d(pieces, jumps)
    for begin, end in zip(np.concatenate(([0], cuts)), np.concatenate((cuts, [len(x)])), strict=True):
        if end - begin > 1 and good[begin]:
            painter.drawPolyline(polygon_of(x[begin:end], y[begin:end]))
