"""How smoothly the window runs: pictures a second of twin and plots, and how long the GUI thread was ever busy."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

from twin_app.model.lanes import columns_of
from twin_app.model.trends import CAPACITY, Trends
from twin_app.window.console import ConsoleWindow

BEAT_MS = 1
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Smoothness:
    """What was seen over a stretch of time."""

    seconds: float
    twin_fps: float
    plot_hz: float
    plot_ms: float
    """Mean time of one painting of all plots."""

    gui_block_max_ms: float
    """Longest time in which the GUI thread handled no event, beyond its beat of 1 ms."""

    gui_block_p99_ms: float
    series: int
    points: int
    """In the longest series."""


class Meter(QObject):
    """Counts pictures and pauses of a window that is shown. Use on the GUI thread."""

    def __init__(self, window: ConsoleWindow) -> None:
        super().__init__(window)
        self._window = window
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._tick)
        self._pauses_s: list[float] = []
        self._last_s = self._began_s = 0.0
        self._pictures_before = 0
        self._plots_before: tuple[int, float] = (0, 0.0)

    def start(self) -> None:
        """Begin; an earlier measurement is forgotten."""
        canvas = self._window.trends.canvas
        self._pauses_s.clear()
        self._pictures_before = self._pictures()
        self._plots_before = (canvas.paints, canvas.paint_s)
        self._last_s = self._began_s = time.perf_counter()
        self._beat.start()

    def stop(self) -> Smoothness:
        """End, and tell."""
        self._beat.stop()
        seconds = time.perf_counter() - self._began_s
        canvas = self._window.trends.canvas
        plots, plot_s = canvas.paints - self._plots_before[0], canvas.paint_s - self._plots_before[1]
        pauses_ms = np.array(self._pauses_s or [0.0]) * 1e3
        blocks = canvas.trends.blocks.values()
        return Smoothness(
            seconds=seconds,
            twin_fps=(self._pictures() - self._pictures_before) / seconds,
            plot_hz=plots / seconds,
            plot_ms=plot_s / max(1, plots) * 1e3,
            gui_block_max_ms=max(0.0, float(pauses_ms.max()) - BEAT_MS),
            gui_block_p99_ms=max(0.0, float(np.percentile(pauses_ms, 99)) - BEAT_MS),
            series=sum(len(lane.labels) for lane in canvas.lanes),
            points=max((len(block) for block in blocks), default=0),
        )

    def _pictures(self) -> int:
        """Pictures of the twin so far."""
        view = self._window.twin.view
        return 0 if view is None or view.canvas is None else view.canvas.pictures

    def _tick(self) -> None:
        now_s = time.perf_counter()
        self._pauses_s.append(now_s - self._last_s)
        self._last_s = now_s


def fill_history(trends: Trends, *, joints: int, now_ns: int, points: int = CAPACITY, seed: int = 1) -> None:
    """Give every series a past of so many points instead of its own: the load of a long session."""
    random = np.random.default_rng(seed)
    for topic, rate_hz in (("robot", 100.0), ("control", 20.0), ("policy", 10.0)):
        columns = columns_of(topic, joints)
        trends.blocks.pop(topic, None)
        block = trends.block(topic, columns)
        step_ns = int(SECOND_NS / rate_hz)
        stamps = now_ns - SECOND_NS // 2 - step_ns * np.arange(points, 0, -1, dtype=np.int64)
        drift = np.cumsum(random.normal(0.0, 0.05, (points, columns)), axis=0)
        block.extend(stamps, 40.0 + drift + random.normal(0.0, 0.5, (points, columns)))
