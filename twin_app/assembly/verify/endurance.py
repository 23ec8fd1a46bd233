"""`celltwin verify endurance`: a live cell and its console at work for an hour; what they hold must not grow.

The cell picks and records all the time, the console shows it in a real window. The first minutes are left out:
histories fill, caches warm up.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from runtime.messages.requests import StartRecording
from runtime.messages.state import Mode
from sim_worlds.cameras.meshes import mesh_folder
from twin_app.assembly.bench.cell import cell_setup, running_cell
from twin_app.assembly.bench.console import Feeder
from twin_app.assembly.bench.screen import open_application, screen_words
from twin_app.assembly.console import spare_the_loaded
from twin_app.assembly.figures import circumstances, show
from twin_app.assembly.interruption import exit_loop, interruptible
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.verify.stock import Stock, drift, held, stock_of
from twin_app.bridge.live import LiveSource
from twin_app.model.settings import SettingsStore
from twin_app.window.console import ConsoleWindow

SAMPLE_MS = 10_000
WARM_UP_SHARE = 0.3
"""Of the whole run: the console's histories are full after 1,000 s."""

MEMORY_CHANGE_MAX = 0.05
LAG_GROWTH_MAX_MS = 50.0
SAY_EVERY = 30
DRIVING = (Mode.AUTO, Mode.FALLBACK)


@dataclass(slots=True)
class Samples:
    """What was seen, by process where it belongs to one."""

    stocks: dict[str, list[Stock]] = field(default_factory=dict[str, list[Stock]])
    lag_ms: list[float] = field(default_factory=list[float])
    """Age of the newest control record when the console looks."""

    lateness_ms: list[float] = field(default_factory=list[float])
    stopped: list[str] = field(default_factory=list[str])
    """Reasons with which the cell was found not driving."""

    lost: list[str] = field(default_factory=list[str])
    """Processes found dead or started anew."""


class Sampler(QObject):
    """Looks at every process from time to time."""

    def __init__(self, window: ConsoleWindow, *, supervisor_pid: int, warm_up_s: float) -> None:
        super().__init__(window)
        self._window = window
        self._supervisor_pid = supervisor_pid
        self._pids: dict[str, int] = {}
        self._begin_s = time.monotonic() + warm_up_s
        self.samples = Samples()
        timer = QTimer(self)
        timer.timeout.connect(self._look)
        timer.start(SAMPLE_MS)

    def _look(self) -> None:
        state, samples = self._window.pump.state, self.samples
        if state.system is None or state.control is None:
            return
        pids = {process.name: process.pid for process in state.system.processes}
        pids["supervisor"], pids["console"] = self._supervisor_pid, os.getpid()
        samples.lost += [name for name, pid in pids.items() if self._pids.get(name, pid) != pid]
        self._pids = pids
        if state.control.mode not in DRIVING and state.control.mode_reason not in samples.stopped:
            samples.stopped.append(state.control.mode_reason)
            print(f"  the cell stopped: {state.control.mode_reason}", file=sys.stderr, flush=True)
        if time.monotonic() < self._begin_s:
            return
        samples.lag_ms.append((time.monotonic_ns() - state.control.stamp_ns) * 1e-6)
        samples.lateness_ms.append(state.control.lateness_p99_s * 1e3)
        for name, pid in pids.items():
            stock = stock_of(pid)
            if stock is not None:
                samples.stocks.setdefault(name, []).append(stock)
        self._say(len(samples.lag_ms))

    def _say(self, count: int) -> None:
        if count % SAY_EVERY == 0:
            memory = ", ".join(f"{name} {kept[-1].memory_mib:.0f} MiB" for name, kept in self.samples.stocks.items())
            print(f"  {count * SAMPLE_MS / 60_000:.0f} min: {memory}", file=sys.stderr, flush=True)


def run(arguments: argparse.Namespace) -> int:
    """Let cell and console work; 0 when nothing grew, nothing died and the cell never stopped."""
    application = open_application()
    setup = cell_setup("tray", arguments.seed)
    seconds = 60.0 * arguments.minutes
    with (
        tempfile.TemporaryDirectory(prefix="celltwin-endurance-") as folder,
        running_cell(setup, autostart=True) as live,
        interruptible(),
    ):
        window = ConsoleWindow(
            LiveSource(live.session), settings=SettingsStore(Path(folder)), mesh_folder=mesh_folder(), owns_cell=False
        )
        Feeder(window, read_scene(setup), seed=setup.seed)
        sampler = Sampler(window, supervisor_pid=live.session.info.pid, warm_up_s=WARM_UP_SHARE * seconds)
        window.show()
        QTimer.singleShot(2_000, window, lambda: window.pump.ask(StartRecording()))
        QTimer.singleShot(5_000, window, spare_the_loaded)
        QTimer.singleShot(round(seconds * 1000), window, exit_loop)
        application.exec()
        window.pump.stop()
        window.close()
    figures = _figures(arguments, setup, window, sampler.samples)
    show(figures, as_json=arguments.json)
    return 0 if figures["holds"] else 1


def _figures(arguments: argparse.Namespace, setup: CellSetup, window: ConsoleWindow, seen: Samples) -> dict[str, Any]:
    processes = {name: held(stocks) for name, stocks in seen.stocks.items()}
    lag_ms, lateness_ms = drift(seen.lag_ms), drift(seen.lateness_ms)
    tasks, system = window.pump.state.tasks, window.pump.state.system
    holds = (
        not seen.lost
        and not seen.stopped
        and all(abs(one["memory_change"]) <= MEMORY_CHANGE_MAX for one in processes.values())
        and all(one["descriptors"][0] == one["descriptors"][1] for one in processes.values())
        and lag_ms[1] - lag_ms[0] <= LAG_GROWTH_MAX_MS
    )
    return {
        "minutes": arguments.minutes,
        "holds": holds,
        "processes": processes,
        "lag_ms": [round(value, 1) for value in lag_ms],
        "lateness_p99_ms": [round(value, 3) for value in lateness_ms],
        "messages_lost": sum(system.gaps.values()) if system is not None else None,
        "succeeded": tasks.counts.succeeded if tasks is not None else None,
        "failed": tasks.counts.failed if tasks is not None else None,
        "stopped": seen.stopped,
        "lost": seen.lost,
        "screen": screen_words(),
        **circumstances(scene=setup.scene, seed=setup.seed),
    }
