"""`celltwin bench console`: how fast the window comes up, and how smoothly it runs with a long past and a live cell.

The load: 24 series of 100,000 points each, all in view, the twin beside them, a policy picking in the cell behind.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from runtime.messages.requests import AddTask, Refill
from runtime.mistakes import UserMistake
from sim_worlds.cameras.meshes import mesh_folder
from twin_app.assembly.bench.cell import cell_setup, running_cell
from twin_app.assembly.bench.screen import open_application, screen_words
from twin_app.assembly.console import spare_the_loaded
from twin_app.assembly.figures import circumstances, load, show
from twin_app.assembly.floor import end_floor, read_cyclictest, start_cyclictest
from twin_app.assembly.interruption import exit_loop, interruptible
from twin_app.assembly.live import END_PATIENCE_S
from twin_app.assembly.setup import CellSetup, Drawing, SessionSetup, read_scene
from twin_app.assembly.workload import orders
from twin_app.bridge.live import LiveSource
from twin_app.model.settings import SettingsStore
from twin_app.model.time_window import SECOND_NS, TimeWindow
from twin_app.window.console import ConsoleWindow
from twin_app.window.meter import Meter, Smoothness, fill_history

DEFAULT_SECONDS = 20
STARTS = 3
START_PATIENCE_S = 90.0
SETTLE_MS = 5_000
PERSPECTIVE = "diagnose"
"""Twin and trends at once."""

SPAN_NS = 1000 * SECOND_NS
"""100,000 points at 100 Hz."""

FEED_MS = 500
TASKS_OPEN = 2
POINTS = 100_000
SERIES = 24


class Feeder(QObject):
    """Keeps the cell at work through the window's own link."""

    def __init__(self, window: ConsoleWindow, drawing: Drawing, *, seed: int) -> None:
        super().__init__(window)
        self._window = window
        self._orders = orders(drawing.cell, seed=seed)
        self._order = next(self._orders)
        self._layout = 0
        timer = QTimer(self)
        timer.timeout.connect(self._look)
        timer.start(FEED_MS)

    def _look(self) -> None:
        tasks, order = self._window.pump.state.tasks, self._order
        if tasks is None or len(tasks.open) >= (TASKS_OPEN if order.refill_id == self._layout else 1):
            return
        if order.refill_id != self._layout:
            self._layout = order.refill_id
            self._window.source.ask(Refill())
            return
        self._window.source.ask(AddTask(order.instruction))
        self._order = next(self._orders)


def run(arguments: argparse.Namespace) -> int:
    """Start a console three times, then run one under load; prints the figures."""
    application = open_application()
    setup = cell_setup(arguments.scene, arguments.seed)
    load_before = load()
    starts = [_start_once(setup) for _ in range(STARTS)]
    smooth, host_ms = _run_under_load(application, setup, arguments.seconds or DEFAULT_SECONDS)
    if smooth.series != SERIES or smooth.points < POINTS:
        print(f"celltwin: the load was {smooth.series} series x {smooth.points} points", file=sys.stderr)
    figures = {
        "twin_fps": round(smooth.twin_fps, 1),
        "plot_hz": round(smooth.plot_hz, 1),
        "gui_block_max_ms": round(smooth.gui_block_max_ms, 1),
        "start_s": statistics.median(start["usable_s"] for start in starts),
        "gui_block_p99_ms": round(smooth.gui_block_p99_ms, 1),
        "host_stall_max_ms": host_ms,
        "plot_ms": round(smooth.plot_ms, 2),
        "starts": starts,
        "series": smooth.series,
        "points": smooth.points,
        "seconds": round(smooth.seconds, 1),
        "screen": screen_words(),
        "load_before": load_before,
        "load_after": load(),
        **circumstances(scene=arguments.scene, seed=arguments.seed),
    }
    show(figures, as_json=arguments.json)
    return 0


def _start_once(setup: CellSetup) -> dict[str, Any]:
    """Seconds from the start of a fresh process to a usable window, its 3D view and a ready cell."""
    with TemporaryDirectory(prefix="celltwin-bench-") as folder:
        session = SessionSetup(cell=setup, data_folder=folder, autostart=False, ends_with_parent=True)
        words = msgspec.json.encode(session).decode()
        command = [sys.executable, "-m", "twin_app.assembly.bench.console_start", words, str(time.monotonic_ns())]
        environment = {**os.environ, "XDG_CONFIG_HOME": folder}
        console = Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the command, which ends it in order
        )
        out, err = _heard(console)
    lines = out.strip().splitlines()
    if console.returncode != 0 or not lines or "usable_s" not in (seen := json.loads(lines[-1])):
        raise UserMistake(f"the console did not come up: {(err or out).strip()[-300:]}")
    print(f"  usable after {seen['usable_s']:.2f} s", file=sys.stderr, flush=True)
    return seen


def _heard(console: Popen[str]) -> tuple[str, str]:
    """What it has written once it has ended; whatever comes in between ends it, in order if it can."""
    try:
        return console.communicate(timeout=START_PATIENCE_S)
    except subprocess.TimeoutExpired as trouble:
        raise UserMistake(f"the console did not come up within {START_PATIENCE_S:g} s") from trouble
    finally:
        if console.poll() is None:
            console.terminate()
            with suppress(subprocess.TimeoutExpired):
                console.communicate(timeout=2.0 * END_PATIENCE_S)
            console.kill()
            console.wait()


def _run_under_load(application: QApplication, setup: CellSetup, seconds: int) -> tuple[Smoothness, float | None]:
    """What the window did, and how long at most the host itself stood still meanwhile."""
    drawing = read_scene(setup)
    seen: list[Smoothness] = []
    bare: list[Popen[str]] = []
    with TemporaryDirectory(prefix="celltwin-settings-") as folder, running_cell(setup, autostart=True) as live:
        try:
            with interruptible():
                window = ConsoleWindow(
                    LiveSource(live.session),
                    settings=SettingsStore(Path(folder)),
                    mesh_folder=mesh_folder(),
                    owns_cell=False,
                )
                Feeder(window, drawing, seed=setup.seed)
                window.resize(QApplication.primaryScreen().availableSize())
                window.show()
                window.show_perspective(PERSPECTIVE)
                joints = len(drawing.cell.robot.joints)
                _plan_measurement(window, joints=joints, seed=setup.seed, seconds=seconds, seen=seen, bare=bare)
                application.exec()
                window.pump.stop()
                window.close()
            return seen[0], _host_stall_ms(bare)
        finally:
            for process in bare:
                end_floor(process)


def _plan_measurement(
    window: ConsoleWindow, *, joints: int, seed: int, seconds: int, seen: list[Smoothness], bare: list[Popen[str]]
) -> None:
    """Burden the window, let it settle, measure into `seen` beside a bare loop in `bare`, end the event loop."""
    meter = Meter(window)

    def begin() -> None:
        spare_the_loaded()
        _burden(window, joints=joints, seed=seed)
        QTimer.singleShot(SETTLE_MS, window, measure)
        QTimer.singleShot(SETTLE_MS + seconds * 1000, window, end)

    def measure() -> None:
        with suppress(UserMistake):
            bare.append(start_cyclictest(seconds))
        meter.start()

    def end() -> None:
        seen.append(meter.stop())
        exit_loop()

    QTimer.singleShot(2_000, window, begin)


def _host_stall_ms(bare: list[Popen[str]]) -> float | None:
    """The longest lateness of a bare loop above all priorities of ours; None where it may not run."""
    for process in bare:
        with suppress(UserMistake):
            return round(read_cyclictest(process).late_max_us * 1e-3, 1)
    return None


def _burden(window: ConsoleWindow, *, joints: int, seed: int) -> None:
    """A long past in every series, every lane shown, all of it in view."""
    fill_history(window.pump.trends, joints=joints, now_ns=time.monotonic_ns(), points=POINTS, seed=seed)
    canvas = window.trends.canvas
    canvas.turned = frozenset({"rate", "speed"})
    canvas.set_window(TimeWindow(SPAN_NS))
