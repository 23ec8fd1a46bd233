"""`celltwin evaluate`: a policy's success on seeds it has never seen, one instruction a run, in lock-step."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

from runtime.plugin_host import Registry
from twin_app.assembly.examination.figures import figures_of
from twin_app.assembly.examination.keeping import KeptResults
from twin_app.assembly.examination.session import Result, examine_all
from twin_app.assembly.progress import Progress, stay_child_of
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins
from twin_app.model.seeds import parse_seeds


def run(arguments: argparse.Namespace) -> int:
    """Examine and print."""
    stay_child_of(arguments.child_of)
    seeds = parse_seeds(arguments.seeds)
    setup = CellSetup(
        scene=absolute_scene(arguments.scene),
        policy=arguments.policy,
        mismatch=arguments.mismatch,
        variations=tuple(arguments.vary),
    )
    registry = read_plugins(setup)
    began_s = time.perf_counter()
    kept = _kept(arguments, setup, registry)
    missing = _missing(seeds, kept)
    progress = Progress(arguments.progress)
    before = len(seeds) - len(missing)
    progress.tell("evaluation", before, len(seeds))

    def show(result: Result, count: int, total: int) -> None:
        if kept is not None:
            kept.add(result)
        progress.note(seed=result.seed, verdict=result.verdict, right=_right(result), instruction=result.instruction)
        if progress.for_program:
            progress.tell("evaluation", before + count, before + total)
        elif not arguments.json or sys.stderr.isatty():
            left_s = (time.perf_counter() - began_s) / count * (total - count)
            print(_line(result, count, total, left_s=left_s), file=sys.stderr, flush=True)

    fresh = examine_all(setup, missing, suite=arguments.suite, processes=arguments.processes, progress=show)
    found = {result.seed: result for result in (*(kept.results.values() if kept is not None else ()), *fresh)}
    results = [found[seed] for seed in seeds]
    figures = {
        "policy": setup.policy,
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


def _missing(seeds: range, kept: KeptResults | None) -> list[int]:
    return [seed for seed in seeds if kept is None or seed not in kept.results]


def _kept(arguments: argparse.Namespace, setup: CellSetup, registry: Registry) -> KeptResults | None:
    """What an earlier run of the same evaluation has left; None where nothing is to be kept."""
    if arguments.keep is None:
        return None
    card = registry.manifest(setup.policy).card
    about = {
        "policy": setup.policy,
        "model": "" if card is None or not card.exists() else hashlib.sha256(card.read_bytes()).hexdigest(),
        "suite": arguments.suite,
        "scene": setup.scene,
        "mismatch": setup.mismatch,
        "variations": list(setup.variations),
    }
    return KeptResults(Path(arguments.keep), about=about)


def _line(result: Result, count: int, total: int, *, left_s: float) -> str:
    mark = "ok  " if _right(result) else "MISS"
    words = f"{result.instruction[:58]:<60}{result.verdict:<13}{result.duration_s:5.1f} s"
    return f"{count:>5}/{total}  {mark}  {words}  {left_s / 60.0:5.1f} min left  {result.reason[:60]}"


def _right(result: Result) -> bool:
    return result.verdict == ("succeeded" if result.part else "declined")
