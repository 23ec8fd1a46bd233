"""`celltwin evaluate`: a policy's success on seeds it has never seen, one instruction a run, in lock-step."""

from __future__ import annotations

import argparse
import json
import sys
import time

from runtime.mistakes import UserMistake, quoted
from twin_app.assembly.examination.figures import figures_of
from twin_app.assembly.examination.session import Result, examine_all
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins


def run(arguments: argparse.Namespace) -> int:
    """Examine and print; exit status 1 when nothing succeeded."""
    seeds = parse_seeds(arguments.seeds)
    setup = CellSetup(
        scene=absolute_scene(arguments.scene),
        policy=arguments.policy,
        fallback=arguments.fallback,
        mismatch=arguments.mismatch,
        variations=tuple(arguments.vary),
    )
    if setup.fallback == setup.policy:
        raise UserMistake(
            f"policy {quoted(setup.policy)} cannot stand in for itself", remedy="choose another --fallback"
        )
    read_plugins(setup)
    began_s = time.perf_counter()

    def show(result: Result, count: int, total: int) -> None:
        if not arguments.json or sys.stderr.isatty():
            left_s = (time.perf_counter() - began_s) / count * (total - count)
            print(_line(result, count, total, left_s=left_s), file=sys.stderr, flush=True)

    results = examine_all(setup, seeds, suite=arguments.suite, processes=arguments.processes, progress=show)
    figures = {
        "policy": setup.policy,
        "fallback": setup.fallback,
        "suite": arguments.suite,
        "seeds": arguments.seeds,
        "scene": arguments.scene,
        "variations": list(setup.variations),
        **figures_of(results),
        "wall_s": round(time.perf_counter() - began_s, 1),
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        width = max(map(len, figures))
        print("\n".join(f"{name:<{width}}  {value}" for name, value in figures.items()))
    return 0


def parse_seeds(text: str) -> range:
    """`A:B`, B not included. Raises `UserMistake`."""
    first, _, last = text.partition(":")
    try:
        seeds = range(int(first), int(last))
    except ValueError as trouble:
        raise UserMistake(f"seeds {quoted(text)} are no range", remedy="write A:B, e.g. 500000:500500") from trouble
    if not seeds or seeds.start < 0:
        raise UserMistake(f"seeds {quoted(text)} are empty or below 0", remedy="write A:B with 0 ≤ A < B")
    return seeds


def _line(result: Result, count: int, total: int, *, left_s: float) -> str:
    mark = "ok  " if result.verdict == "succeeded" else "MISS"
    if not result.part:
        mark = "ok  " if result.verdict == "declined" else "MISS"
    words = f"{result.instruction[:58]:<60}{result.verdict:<13}{result.duration_s:5.1f} s"
    stood_in = "fallback: " if result.fallback_used else ""
    return f"{count:>5}/{total}  {mark}  {words}  {left_s / 60.0:5.1f} min left  {stood_in}{result.reason[:60]}"
