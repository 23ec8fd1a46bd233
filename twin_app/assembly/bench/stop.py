"""`celltwin bench stop`: from the press in the console to the first stop torque in the plant.

The console is the real window joined to a real cell. Pressed is the key F12, under four conditions in turn: the cell
idle, a policy picking, the window repainting without a pause, a thousand requests before the supervisor.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from runtime.link.plant_blocks import StateBlock
from runtime.link.stop_flag import StopFlag
from runtime.mistakes import UserMistake
from sim_worlds.cameras.meshes import mesh_folder
from twin_app.assembly.bench.cell import HeardCell, cell_setup, running_cell
from twin_app.assembly.bench.screen import open_application, screen_words
from twin_app.assembly.bench.stop_presses import FirstSight, Presser, Storm
from twin_app.assembly.bench.stop_record import CONDITIONS, shares
from twin_app.assembly.figures import circumstances, load, show
from twin_app.assembly.floor import end_floor, read_cyclictest, start_cyclictest
from twin_app.assembly.interruption import exit_loop, interruptible
from twin_app.assembly.setup import Drawing, read_scene
from twin_app.assembly.workload import orders
from twin_app.bridge.live import LiveSource
from twin_app.model.settings import SettingsStore
from twin_app.window.console import ConsoleWindow

PERIOD_MS = 1.0
LONGEST_S = 3600


class _Signals(QObject):
    """From the pressing thread to the GUI thread."""

    storm = Signal(bool)
    done = Signal()


def run(arguments: argparse.Namespace) -> int:
    """Press so many times; prints the figures."""
    application = open_application()
    setup = cell_setup(arguments.scene, arguments.seed)
    drawing = read_scene(setup)
    load_before = load()
    with TemporaryDirectory(prefix="celltwin-settings-") as folder, running_cell(setup, autostart=False) as live:
        bare = start_cyclictest(LONGEST_S)
        try:
            presser, backlog = _press_all(application, live, drawing, arguments, Path(folder))
            bare.send_signal(signal.SIGINT)
            floor = read_cyclictest(bare)
        finally:
            end_floor(bare)
    figures = {
        **presser.record.figures(),
        "floor_p99_ms": round(2.0 * (PERIOD_MS + floor.late_p99_us * 1e-3), 3),
        "floor": "two bare ticks, each a period and the p99 lateness of cyclictest (SCHED_FIFO 90) meanwhile",
        "floor_late_p99_us": floor.late_p99_us,
        "floor_late_max_us": floor.late_max_us,
        "backlog_waiting_mean": round(sum(backlog) / max(1, len(backlog))),
        "screen": screen_words(),
        "load_before": load_before,
        "load_after": load(),
        **circumstances(scene=arguments.scene, seed=arguments.seed),
    }
    show(figures, as_json=arguments.json)
    return 0


def _press_all(
    application: QApplication, live: HeardCell, drawing: Drawing, arguments: argparse.Namespace, folder: Path
) -> tuple[Presser, list[int]]:
    """Open the window, press in every condition, close it. The presser, and how many requests waited meanwhile."""
    instructions = orders(drawing.cell, seed=arguments.seed)
    with (
        interruptible(),
        closing(StateBlock.attach(live.session, joints=len(drawing.cell.robot.joints))) as states,
        StopFlag.attach(live.session) as flag,
    ):
        window = ConsoleWindow(
            LiveSource(live.session), settings=SettingsStore(folder), mesh_folder=mesh_folder(), owns_cell=False
        )
        presser = Presser(
            window,
            states,
            flag,
            FirstSight(application),
            random.Random(arguments.seed),
            lambda: next(instructions).instruction,
        )
        signals, storm = _Signals(), Storm(window)
        signals.storm.connect(lambda on: storm.rage(on=on), Qt.ConnectionType.QueuedConnection)
        signals.done.connect(exit_loop, Qt.ConnectionType.QueuedConnection)
        rounds = _Rounds(presser, signals, live, arguments.presses)
        window.show()
        thread = threading.Thread(target=rounds.run, name="presses")
        thread.start()
        application.exec()
        presser.ending.set()
        thread.join()
        window.pump.stop()
        window.close()
    if rounds.trouble is not None:
        raise rounds.trouble
    return presser, rounds.backlog


class _Rounds:
    """The conditions in turn, on the pressing thread."""

    def __init__(self, presser: Presser, signals: _Signals, live: HeardCell, presses: int) -> None:
        self._presser = presser
        self._signals = signals
        self._live = live
        self._shares = shares(presses)
        self._ending = presser.ending
        self.trouble: BaseException | None = None
        self.backlog: list[int] = []

    def run(self) -> None:
        """Until all is pressed, or the window goes."""
        try:
            self._ending.wait(2.0)  # the window settles: the 3D view is loaded
            for condition in CONDITIONS:
                print(
                    f"  {self._shares[condition]} presses: {condition.replace('_', ' ')}", file=sys.stderr, flush=True
                )
                with self._surroundings(condition):
                    for _ in range(self._shares[condition]):
                        if self._ending.is_set():
                            return
                        self._presser.press_in(condition)
        except (UserMistake, OSError) as trouble:
            self.trouble = trouble
        finally:
            self._signals.done.emit()

    @contextmanager
    def _surroundings(self, condition: str) -> Iterator[None]:
        if condition == "repaint_storm":
            self._signals.storm.emit(True)
            self._ending.wait(0.3)
        asker = _start_backlog(self._live) if condition == "backlog" else None
        try:
            if asker is not None:
                self._ending.wait(1.0)
            yield
        finally:
            self._signals.storm.emit(False)
            if asker is not None:
                told, _ = asker.communicate()
                self.backlog = [int(line) for line in told.split()]


def _start_backlog(live: HeardCell) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "twin_app.assembly.bench.backlog", str(live.session.path)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the command, which closes its input
    )
