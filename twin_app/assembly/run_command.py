"""`celltwin run`: a cell in lock-step, live without a window, or live with the console."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

from runtime.messages import topics
from runtime.messages.requests import AddTask, InjectFault
from runtime.messages.state import ControlState
from runtime.messages.system import SystemState
from runtime.mistakes import UserMistake
from twin_app.assembly.fault_spec import FaultWish, parse_fault
from twin_app.assembly.setup import CellSetup, SessionSetup, read_scene

DEFAULT_PICKS = 10


def run(arguments: argparse.Namespace) -> int:
    """Run what the arguments ask for; returns the exit status."""
    setup = cell_setup(arguments)
    faults = _faults(arguments)
    if arguments.record and not arguments.live and arguments.headless:
        raise UserMistake("--record needs a live cell", remedy="add --live (lock-step has a trace hash instead)")
    if arguments.headless and not arguments.live:
        return _lock_step(arguments, setup, faults)
    if arguments.headless:
        return _live(arguments, setup, faults)
    if not has_display():
        print("celltwin: no display (DISPLAY is not set): running the same cell without a window.", file=sys.stderr)
        print("  → for the window start it on a desktop, or with: xvfb-run celltwin run", file=sys.stderr)
        return _live(arguments, setup, faults)
    from twin_app.assembly.console import open_console

    first = () if arguments.empty else first_tasks(setup)
    return open_console(session_setup(arguments, setup, first_tasks=first), faults=faults)


def first_tasks(setup: CellSetup) -> tuple[AddTask, ...]:
    """One order for every part of the first layout, so that a fresh cell has something to do."""
    from twin_app.assembly.workload import layout_orders

    cell = read_scene(setup).cell
    return tuple(AddTask(order.instruction) for order in layout_orders(cell, seed=setup.seed, refill_id=0))


def cell_setup(arguments: argparse.Namespace) -> CellSetup:
    """The cell that the arguments describe."""
    return CellSetup(
        cell=arguments.cell,
        scene=arguments.scene,
        policy=arguments.policy,
        mismatch=arguments.mismatch,
        seed=arguments.seed,
    )


def session_setup(arguments: argparse.Namespace, setup: CellSetup, **more: Any) -> SessionSetup:
    """The live session that the arguments describe."""
    return SessionSetup(
        cell=setup,
        data_folder=arguments.data or "",
        record=os.path.abspath(arguments.record) if arguments.record else "",
        metrics_port=arguments.metrics_port,
        metrics_host=arguments.metrics_host,
        **more,
    )


def has_display() -> bool:
    """Whether a window can be opened here."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or platform == "offscreen")


def _faults(arguments: argparse.Namespace) -> tuple[FaultWish, ...]:
    if not arguments.fault:
        return ()
    from sim_worlds.faults import CATALOGUE

    return tuple(parse_fault(text, CATALOGUE) for text in arguments.fault)


def _lock_step(arguments: argparse.Namespace, setup: CellSetup, faults: tuple[FaultWish, ...]) -> int:
    import cv2

    from twin_app.assembly.lockstep import run_picks
    from twin_app.assembly.pick_result import PickResult, pick_line

    cv2.setNumThreads(1)
    picks = arguments.picks or DEFAULT_PICKS

    def show(result: PickResult, count: int) -> None:
        if not arguments.json or sys.stderr.isatty():
            print(pick_line(result, count, picks), file=sys.stderr, flush=True)

    figures = run_picks(setup, picks=picks, faults=faults, progress=show)
    _finish(figures, as_json=arguments.json)
    return 0 if figures["picks"] == picks else 1


def _live(arguments: argparse.Namespace, setup: CellSetup, faults: tuple[FaultWish, ...]) -> int:
    from twin_app.assembly.live import LiveCell
    from twin_app.assembly.live_picks import LivePicks
    from twin_app.assembly.pick_result import figures_of
    from twin_app.assembly.text_view import TextView

    picks = arguments.picks or DEFAULT_PICKS
    drawing = read_scene(setup)
    live = LiveCell(session_setup(arguments, setup, autostart=True, ends_with_parent=True))
    began_s = time.perf_counter()
    live.start()
    trouble = ""
    try:
        live.await_ready()
        for wish in faults:
            live.ask(InjectFault(wish.fault_id, wish.severity, delay_s=wish.onset_s, duration_s=wish.duration_s))
        runner = LivePicks(live, drawing, seed=setup.seed)
        view = TextView(live, picks=picks, quiet=arguments.json and not sys.stderr.isatty())
        try:
            for count in range(1, picks + 1):
                view.finished(runner.pick(view.update), count)
        except UserMistake as stuck:
            trouble = stuck.what
        finally:
            view.close()
            runner.close()
        summary = {
            **figures_of(runner.results),
            **_loop_figures(live),
            "wall_s": round(time.perf_counter() - began_s, 2),
        }
    finally:
        live.close()
    _finish({**summary, "scene": setup.scene, "seed": setup.seed, "trouble": trouble}, as_json=arguments.json)
    if trouble:
        print(f"celltwin: the run ended early: {trouble}", file=sys.stderr)
    return 1 if trouble else 0


def _loop_figures(live: Any) -> dict[str, Any]:  # LiveCell, imported late
    control = live.heard.get(topics.CONTROL.name)
    system = live.heard.get(topics.SYSTEM.name)
    if not isinstance(control, ControlState):
        return {}
    return {
        "ticks": control.ticks,
        "missed_ticks": control.missed_ticks,
        "tick_p50_us": round(control.tick_p50_s * 1e6, 1),
        "late_p99_us": round(control.lateness_p99_s * 1e6, 1),
        "real_time": control.real_time,
        "recording": system.recording if isinstance(system, SystemState) else "",
    }


def _finish(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
