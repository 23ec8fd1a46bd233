"""`celltwin evaluate`: a policy's success on seeds it has never seen, one instruction a run, in lock-step."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from runtime.mistakes import UserMistake, quoted
from twin_app.assembly.examination.figures import figures_of
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.examination.paper import TABLES
from twin_app.assembly.examination.session import Result
from twin_app.assembly.examination.tables import Listener, ablation, robustness
from twin_app.assembly.figures import show, show_rows
from twin_app.assembly.practice.workshop import training_folder
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins


def run(arguments: argparse.Namespace) -> int:
    """Examine and print one set of figures, or a table for a suite that is one."""
    seeds = parse_seeds(arguments.seeds)
    setup = CellSetup(
        scene=absolute_scene(arguments.scene),
        policy=arguments.policy,
        mismatch=arguments.mismatch,
        variations=tuple(arguments.vary),
    )
    read_plugins(setup)
    ledger = Ledger(Path(arguments.keep) if arguments.keep else None)
    about = {"policy": setup.policy, "suite": arguments.suite, "seeds": arguments.seeds, "scene": arguments.scene}
    began_s = time.perf_counter()
    if arguments.suite in TABLES:
        rows = _table(arguments, setup, seeds, ledger)
        if arguments.json:
            print(json.dumps({**about, "rows": rows, "wall_s": _since(began_s)}))
        else:
            show_rows(rows, as_json=False)
        return 0
    listen = _listener(arguments)
    results = ledger.examine(
        setup,
        seeds,
        suite=arguments.suite,
        processes=arguments.processes,
        progress=lambda result, count, total: listen("", result, count, total),
    )
    figures = {**about, "variations": list(setup.variations), **figures_of(results), "wall_s": _since(began_s)}
    show(figures, as_json=arguments.json)
    return 0


def _table(arguments: argparse.Namespace, setup: CellSetup, seeds: range, ledger: Ledger) -> list[dict[str, Any]]:
    listen = _listener(arguments)
    if arguments.suite == "robustness":
        return robustness(setup, seeds, processes=arguments.processes, ledger=ledger, listen=listen)
    models = Path(arguments.models) if arguments.models else training_folder(setup.policy) / "ablations"
    return ablation(setup, seeds, models=models, processes=arguments.processes, ledger=ledger, listen=listen)


def _listener(arguments: argparse.Namespace) -> Listener:
    """A line a result on stderr, with the time that the row will still take."""
    silent = arguments.json and not sys.stderr.isatty()
    began: dict[str, float] = {}

    def listen(row: str, result: Result, count: int, total: int) -> None:
        began_s = began.setdefault(row, time.perf_counter())
        if not silent:
            left_s = (time.perf_counter() - began_s) / count * (total - count)
            print(f"{row:<18}{_line(result, count, total, left_s=left_s)}", file=sys.stderr, flush=True)

    return listen


def _since(began_s: float) -> float:
    return round(time.perf_counter() - began_s, 1)


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
    return f"{count:>5}/{total}  {mark}  {words}  {left_s / 60.0:5.1f} min left  {result.reason[:60]}"
