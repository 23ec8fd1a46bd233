"""`celltwin bench lockstep`: how much faster than real time the whole loop is, and what each part costs.

The floor is the physics engine's own stepping of the same cell through the same motions: its share of the run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import cv2

from twin_app.assembly.figures import circumstances, show
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup

PICKS = 6


class Stopwatch:
    """Adds up the time spent in chosen methods, by replacing them on one object."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = {}

    def restart(self) -> None:
        """Forget what was spent so far."""
        for name in self.spent_s:
            self.spent_s[name] = 0.0

    def around(self, thing: Any, method: str, name: str) -> None:  # any object with a dictionary of its own
        """Time every call of this method from now on."""
        inner: Callable[..., Any] = getattr(thing, method)
        spent, clock = self.spent_s, time.perf_counter
        spent.setdefault(name, 0.0)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = clock()
            try:
                return inner(*args, **kwargs)
            finally:
                spent[name] += clock() - began

        setattr(thing, method, timed)


def run(arguments: argparse.Namespace) -> int:
    """Run a layout of picks twice: once bare for the total, once with a stopwatch for the parts."""
    cv2.setNumThreads(1)
    setup = CellSetup(scene=arguments.scene, seed=arguments.seed)
    ticks, wall_s, raw_s = _bare(setup)
    parts = _parts(setup)
    figures = {
        "x_realtime": round(ticks * 1e-3 / wall_s, 2),
        "over_raw_physics": round(wall_s / raw_s, 3),
        "tick_us": round(wall_s / ticks * 1e6, 1),
        "raw_physics_us": round(raw_s / ticks * 1e6, 1),
        "parts_us_per_tick": parts,
        "ticks": ticks,
        **circumstances(scene=arguments.scene, seed=arguments.seed),
    }
    show(figures, as_json=arguments.json)
    return 0


def _bare(setup: CellSetup) -> tuple[int, float, float]:
    """Ticks, wall seconds of the whole loop, and those of them inside the physics engine's step."""
    cell = LockStepCell(setup)
    watch = Stopwatch()
    try:
        watch.around(cell.plant.world, "step", "raw")
        cell.start()
        watch.restart()
        before, began = cell.loop.ticks, time.perf_counter()
        for _ in range(PICKS):
            cell.pick()
        return cell.loop.ticks - before, time.perf_counter() - began, watch.spent_s["raw"]
    finally:
        cell.close()


def _parts(setup: CellSetup) -> dict[str, float]:
    cell = LockStepCell(setup)
    watch = Stopwatch()
    try:
        watch.around(cell.plant.world, "step", "physics")
        watch.around(cell.plant, "step", "plant")
        for piece in ("expose", "proceed", "read_out"):
            watch.around(cell.rig, piece, "cameras")
        watch.around(cell.planner, "tick", "policy")
        for check in ("limit", "check_plan", "check_path", "check_space"):
            watch.around(cell.guard, check, "guard")
        watch.around(cell.control, "tick", "control")
        watch.around(cell.loop, "_report", "telemetry")
        cell.start()
        watch.restart()
        before = cell.loop.ticks
        for _ in range(PICKS):
            cell.pick()
        ticks = cell.loop.ticks - before
    finally:
        cell.close()
    spent = dict(watch.spent_s)
    spent["plant"] -= spent["physics"]
    spent["control"] -= spent["guard"]
    return {name: round(seconds / ticks * 1e6, 1) for name, seconds in spent.items()}
