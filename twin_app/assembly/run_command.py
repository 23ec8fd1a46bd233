"""`celltwin run`: a cell in lock-step, live without a window, or live with the console."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from platformdirs import user_data_path

from runtime.link.session import check_name
from runtime.messages import topics
from runtime.messages.faults import FaultPhase
from runtime.messages.requests import AddTask, InjectFault
from runtime.messages.state import ControlState
from runtime.messages.system import SystemState
from runtime.mistakes import UserMistake
from runtime.plugin_host.servers import ServerChoice
from twin_app.assembly.arguments import NO_POLICY
from twin_app.assembly.display import display_trouble
from twin_app.assembly.fault_spec import FaultWish, parse_fault
from twin_app.assembly.served_policies import absolute_mapping, check_servers, kept_choices
from twin_app.assembly.setup import CellSetup, SessionSetup, absolute_scene, read_plugins, read_scene

if TYPE_CHECKING:
    from twin_app.assembly.live import LiveCell

DEFAULT_PICKS = 10
_NOT_ON = (FaultPhase.SENT.value, FaultPhase.INJECTED.value, FaultPhase.NOT_EFFECTIVE.value)


def run(arguments: argparse.Namespace) -> int:
    """Run what the arguments ask for; returns the exit status."""
    check_name(arguments.cell)
    setup = cell_setup(arguments)
    faults = _faults(arguments)
    if arguments.instruction and arguments.picks:
        raise UserMistake(
            "--picks counts the orders of a simulated day, and --instruction gives the orders",
            remedy="leave one of them out",
        )
    if arguments.record and not arguments.live and arguments.headless:
        raise UserMistake("--record needs a live cell", remedy="add --live (lock-step has a trace hash instead)")
    if arguments.headless and not arguments.live:
        check_servers(setup)
        return _lock_step(arguments, setup, faults)
    if arguments.headless:
        return _live(arguments, setup, faults)
    if trouble := display_trouble():
        print(f"celltwin: no display ({trouble}): running the same cell without a window.", file=sys.stderr)
        print("  → for the window start it on a desktop, or with: xvfb-run celltwin run", file=sys.stderr)
        return _live(arguments, setup, faults)
    from twin_app.assembly.console import open_console

    own = tuple(AddTask(words) for words in arguments.instruction)
    first = own or (() if arguments.empty else first_tasks(setup))
    return open_console(session_setup(arguments, setup, first_tasks=first), faults=faults, own=own)


def first_tasks(setup: CellSetup) -> tuple[AddTask, ...]:
    """One order for every part of the first layout, so that a fresh cell has something to do."""
    from twin_app.assembly.workload import layout_orders

    cell = read_scene(setup).cell
    return tuple(AddTask(order.instruction) for order in layout_orders(cell, seed=setup.seed, refill_id=0))


def cell_setup(arguments: argparse.Namespace) -> CellSetup:
    """The cell that the arguments describe."""
    return CellSetup(
        cell=arguments.cell,
        scene=absolute_scene(arguments.scene),
        policy=arguments.policy,
        mismatch=arguments.mismatch,
        seed=arguments.seed,
        variations=_variations(arguments.vary),
        servers=server_choices(arguments),
        shadow=_policy_or_none(arguments.shadow),
        fallback=_policy_or_none(arguments.fallback),
        plugins=os.path.abspath(arguments.plugins) if arguments.plugins else "",
    )


def _variations(words: list[str]) -> tuple[str, ...]:
    """As wished for, in full; raises `UserMistake` for a word that is wrong."""
    if not words:
        return ()
    from sim_worlds.variation import parse_variations

    return tuple(one.words for one in parse_variations(words))


def server_choices(arguments: argparse.Namespace) -> dict[str, ServerChoice]:
    """Where policies' servers are: the settings file, and over it what was said for the policy that is to drive."""
    choices = kept_choices()
    known = choices.get(arguments.policy, ServerChoice())
    asked = ServerChoice(
        address=arguments.server or known.address,
        mapping=absolute_mapping(arguments.mapping or "", Path.cwd()) or known.mapping,
        key_file=absolute_mapping(arguments.key_file or "", Path.cwd()) or known.key_file,
    )
    if asked != ServerChoice():
        choices[arguments.policy] = asked
        registry = read_plugins(CellSetup(policy=arguments.policy, fallback="", servers=choices))
        registry.server_settings(arguments.policy)  # a mapping that is not there is told now, not by a worker
    return choices


def _policy_or_none(name: str) -> str:
    return "" if name == NO_POLICY else name


def session_setup(arguments: argparse.Namespace, setup: CellSetup, **more: Any) -> SessionSetup:
    """The live session that the arguments describe."""
    return SessionSetup(
        cell=setup,
        data_folder=os.path.abspath(arguments.data) if arguments.data else "",
        record=_record_target(arguments.record) if arguments.record else "",
        metrics_port=arguments.metrics_port,
        metrics_host=arguments.metrics_host,
        **more,
    )


def _record_target(path: str) -> str:
    """The recording's path made absolute, once it is known that a file can be written there."""
    from runtime.recording.recorder import check_target

    check_target(Path(os.path.abspath(path)))
    return os.path.abspath(path)


def has_display() -> bool:
    """Whether a window can be opened here."""
    return not display_trouble()


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
    own = tuple(arguments.instruction)
    picks = len(own) or arguments.picks or DEFAULT_PICKS

    def show(result: PickResult, count: int) -> None:
        if not arguments.json or sys.stderr.isatty():
            print(pick_line(result, count, picks), file=sys.stderr, flush=True)

    figures = run_picks(setup, picks=picks, faults=faults, instructions=own, progress=show)
    _finish(figures, as_json=arguments.json)
    for fault in figures["faults"]:
        if fault["phase"] in _NOT_ON:
            print(f"celltwin: {fault['id']} never came on in {figures['sim_s']:.1f} s", file=sys.stderr)
    return _status(figures)


def _status(figures: dict[str, Any]) -> int:
    """1 for a run that ended early or in which no pick succeeded."""
    if figures["trouble"]:
        print(f"celltwin: the run ended early: {figures['trouble']}", file=sys.stderr)
    if figures.get("recording_trouble"):
        print(f"celltwin: the recording failed: {figures['recording_trouble']}", file=sys.stderr)
        return 1
    return 1 if figures["trouble"] or not figures["succeeded"] else 0


def _live(arguments: argparse.Namespace, setup: CellSetup, faults: tuple[FaultWish, ...]) -> int:
    from twin_app.assembly.live import LiveCell

    session = session_setup(arguments, setup, autostart=True, ends_with_parent=True)
    own_queue = not session.data_folder
    if own_queue:  # the console's queue is not to be worked off by a run that counts its own picks
        session = replace(session, data_folder=str(user_data_path("celltwin") / "headless"))
    live = LiveCell(session)
    began_s = time.perf_counter()
    live.start()
    try:
        live.await_ready()
        live.clear_queue(ours=own_queue)
        for wish in faults:
            live.ask(InjectFault(wish.fault_id, wish.severity, delay_s=wish.onset_s, duration_s=wish.duration_s))
        figures = _live_picks(arguments, setup, live)
        figures["wall_s"] = round(time.perf_counter() - began_s, 2)
    finally:
        live.close()
    _finish(figures, as_json=arguments.json)
    return _status(figures)


def _live_picks(arguments: argparse.Namespace, setup: CellSetup, live: LiveCell) -> dict[str, Any]:
    from twin_app.assembly.live_picks import LivePicks
    from twin_app.assembly.pick_result import figures_of
    from twin_app.assembly.text_view import TextView

    picks = len(arguments.instruction) or arguments.picks or DEFAULT_PICKS
    runner = LivePicks(live, read_scene(setup), seed=setup.seed, own=arguments.instruction)
    view = TextView(live, picks=picks, quiet=arguments.json and not sys.stderr.isatty())
    trouble = ""
    try:
        for count in range(1, picks + 1):
            view.finished(runner.pick(view.update), count)
    except UserMistake as stuck:
        trouble = stuck.what
    finally:
        view.close()
        runner.close()
    counted = figures_of(runner.results)
    return {**counted, **_loop_figures(live), **_cell_figures(setup), "trouble": trouble}


def _cell_figures(setup: CellSetup) -> dict[str, Any]:
    return {"scene": setup.scene, "seed": setup.seed, "variations": list(setup.variations)}


def _loop_figures(live: LiveCell) -> dict[str, Any]:
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
        "fallback_used": system.fallbacks if isinstance(system, SystemState) else 0,
        "recording": system.recording if isinstance(system, SystemState) else "",
        "recording_trouble": _recording_trouble(live, system),
    }


def _recording_trouble(live: LiveCell, system: object) -> str:
    """Why the recording that was asked for is not being written; empty when it is, or none was asked for."""
    if not live.setup.record or not isinstance(system, SystemState):
        return ""
    if system.recording and not system.recording_trouble:
        return ""
    return system.recording_trouble or f"{live.setup.record} is not being written"


def _finish(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        if value != "" and value != []:
            print(f"{name:<{width}}  {_shown(value)}")


def _shown(value: Any) -> str:  # a figure, or a list of figures and texts
    if isinstance(value, list):
        return "\n    ".join(("", *(_shown(item) for item in value)))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items())
    return str(value)
