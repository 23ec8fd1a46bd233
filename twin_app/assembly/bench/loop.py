"""`celltwin bench loop`: does the 1 kHz loop keep its time while the real cell picks? Beside a bare C loop's misses.

The floor, cyclictest, runs during the same seconds on the same machine with a higher priority than ours.
"""

from __future__ import annotations

import argparse
import sys
import time

from runtime.messages import topics
from runtime.mistakes import UserMistake
from twin_app.assembly.bench.cell import HeardCell, cell_setup, running_cell
from twin_app.assembly.bench.loop_record import LoopRecord
from twin_app.assembly.figures import circumstances, load, show
from twin_app.assembly.floor import CyclicFloor, end_floor, read_cyclictest, start_cyclictest
from twin_app.assembly.live_picks import LivePicks
from twin_app.assembly.setup import Drawing, read_scene

DEFAULT_SECONDS = 60
SETTLE_S = 2.0
"""After the cell is ready: processes have started, caches are warm."""


class _TimeUp(Exception):
    """The measured stretch is over in the middle of a pick."""


class _Stretch:
    """Opens the record when the arm works and ends the run when the seconds are over."""

    def __init__(self, record: LoopRecord, seconds: int) -> None:
        self._record = record
        self._seconds = seconds
        self._begin_s = self._told_s = time.monotonic()
        record.open(time.monotonic_ns())

    def watch(self) -> None:
        """Called many times a second; raises `_TimeUp`."""
        now_s = time.monotonic()
        if now_s - self._begin_s >= self._seconds:
            self._record.close(time.monotonic_ns())
            raise _TimeUp
        if now_s - self._told_s >= 10.0:
            self._told_s = now_s
            print(f"  {now_s - self._begin_s:3.0f} of {self._seconds} s", file=sys.stderr, flush=True)


def run(arguments: argparse.Namespace) -> int:
    """Measure for a minute (or `--seconds`); prints the figures."""
    seconds = arguments.seconds or DEFAULT_SECONDS
    setup = cell_setup(arguments.scene, arguments.seed)
    drawing = read_scene(setup)
    record = LoopRecord()
    load_before = load()
    with running_cell(setup, autostart=True, also=(topics.TICKS,)) as live:
        live.ear = lambda received: record.take(received.message)
        _let_pass(live, SETTLE_S)
        floor, picks, trouble = _measure(live, drawing, record, seconds=seconds, seed=arguments.seed)
    figures = {
        **record.figures(),
        "floor_missed_fraction": round(floor.missed_fraction, 6),
        "floor_rate_hz": round(1000.0 * (1.0 - floor.missed_fraction), 3),
        "floor_late_p50_us": floor.late_p50_us,
        "floor_late_p99_us": floor.late_p99_us,
        "floor_late_max_us": floor.late_max_us,
        "floor": "cyclictest, SCHED_FIFO 90, 1 ms, during the same seconds",
        "picks": picks,
        "trouble": trouble,
        "load_before": load_before,
        "load_after": load(),
        **circumstances(scene=arguments.scene, seed=arguments.seed),
    }
    show(figures, as_json=arguments.json)
    return 0


def _measure(
    live: HeardCell, drawing: Drawing, record: LoopRecord, *, seconds: int, seed: int
) -> tuple[CyclicFloor, int, str]:
    """Pick until the seconds are over; the floor, the picks that ended, and what kept the cell from picking."""
    runner = LivePicks(live, drawing, seed=seed)
    bare = start_cyclictest(seconds)
    trouble = ""
    try:
        stretch = _Stretch(record, seconds)
        try:
            while True:
                try:
                    runner.pick(stretch.watch)
                except UserMistake as stuck:
                    trouble = stuck.what
                    _let_pass(live, 1.0)
                    stretch.watch()
        except _TimeUp:
            pass
        return read_cyclictest(bare), len(runner.results), trouble
    finally:
        end_floor(bare)
        runner.close()


def _let_pass(live: HeardCell, seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        live.poll()
