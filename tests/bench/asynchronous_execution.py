"""Which way from chunk to chunk is best while inference takes time: success, pick time, seams and jerk.

    .venv/bin/python -m tests.bench.asynchronous_execution --seeds 200000:200050 --json

One instruction a run, as in `celltwin evaluate`, in lock-step: every inference is taken to last the given time, and
steps that have passed when its chunk arrives are dropped by System 1 whatever the way. The ways are in `chunk_ways`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.model import FlowVla, load_model
from plugins.flow_vla.policy import MODEL
from runtime.messages.requests import AddTask
from runtime.mistakes import UserMistake
from runtime.supervision.tasks import FINAL
from tests.bench.chunk_ways import WAYS, Committed, Seam
from twin_app.assembly.examination.examination import TIME_LIMIT_S, WatchedRegistry
from twin_app.assembly.examination.figures import wilson
from twin_app.assembly.examination.paper import draw_question
from twin_app.assembly.figures import circumstances, load, show_rows
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene
from twin_app.model.seeds import parse_seeds

LATENCIES_MS = (0, 50, 100, 200, 300)
SAMPLE_TICKS = 10
POLICY = "flow_vla"

_models: dict[Path, FlowVla] = {}
"""Of this process."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one seed gave."""

    succeeded: bool
    duration_s: float
    seams: tuple[Seam, ...]
    jerk_rad_s3: float
    """Root mean square over joints and time, of the reference that System 1 followed, while it moved."""


def main(words: Sequence[str] | None = None) -> int:
    """Print one row a way and latency."""
    arguments = _arguments(words)
    seeds = parse_seeds(arguments.seeds)
    cases = [(way, latency) for latency in arguments.latencies for way in arguments.ways]
    began_s, load_before = time.perf_counter(), load()
    found: dict[tuple[str, int], list[Run]] = {case: [] for case in cases}
    with ProcessPoolExecutor(arguments.processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {
            pool.submit(run_one, way, ms, seed, arguments.model): (way, ms) for way, ms in cases for seed in seeds
        }
        for count, finished in enumerate(as_completed(waiting), start=1):
            found[waiting[finished]].append(finished.result())
            left_s = (time.perf_counter() - began_s) / count * (len(waiting) - count)
            sys.stderr.write(f"  {count}/{len(waiting)}  {left_s / 60.0:.1f} min left\n")
    show_rows([row(way, ms, runs) for (way, ms), runs in found.items()], as_json=arguments.json)
    told = circumstances(scene="tray", seed=seeds.start) | {"load_before": load_before, "load_after": load()}
    sys.stderr.write(f"{told}\n")
    return 0


def run_one(way: str, latency_ms: int, seed: int, model: Path) -> Run:
    """One instruction in a fresh cell."""
    cv2.setNumThreads(1)
    if model not in _models:
        _models[model] = load_model(model)
    setup = CellSetup(policy=POLICY, seed=seed)
    cell_drawing = read_scene(setup)
    latency_s = 1e-3 * latency_ms
    policy = WAYS[way](cell_drawing.cell, _models[model], latency_s=latency_s)
    registry = WatchedRegistry(read_plugins(setup), policy, POLICY)
    cell = LockStepCell(setup, registry=registry, latency_s=latency_s)
    try:
        return _picked(cell, policy, seed)
    finally:
        cell.close()


def _picked(cell: LockStepCell, policy: Committed, seed: int) -> Run:
    question = draw_question(cell.description, read_scene(cell.setup).scene.place(seed, 0), suite="nominal", seed=seed)
    cell.start()
    cell.judge.begin(part=question.part, tote=question.tote)
    began_ns = cell.loop.now_ns
    receipt = cell.ask(AddTask(question.instruction, time_limit_s=TIME_LIMIT_S, retries=0))
    references: list[tuple[float, ...]] = []
    while (cell.loop.now_ns - began_ns) * 1e-9 < TIME_LIMIT_S + 5.0:
        for _ in range(SAMPLE_TICKS):
            cell.loop.tick()
        references.append(cell.control.robot_state().q_reference_rad)
        task = cell.oversight.desk.queue.get(int(receipt.detail))
        if task is not None and task.status in FINAL:
            break
    return Run(
        succeeded=cell.judge.outcome().succeeded,
        duration_s=(cell.loop.now_ns - began_ns) * 1e-9,
        seams=tuple(policy.seams),
        jerk_rad_s3=jerk_rad_s3(np.array(references), period_s=SAMPLE_TICKS * 1e-3),
    )


def jerk_rad_s3(q_rad: NDArray[np.floating[Any]], *, period_s: float) -> float:
    """Root mean square of the third difference of f64[n, joints], where anything moves; 0 for less than 4 samples."""
    if len(q_rad) < 4:
        return 0.0
    jerk = np.diff(q_rad, n=3, axis=0) / period_s**3
    moving = np.abs(np.diff(q_rad, axis=0)[:-2]).max(axis=1) > 1e-4
    return float(np.sqrt(np.square(jerk[moving]).mean())) if moving.any() else 0.0


def row(way: str, latency_ms: int, runs: Sequence[Run]) -> dict[str, Any]:
    """Of all seeds."""
    good = [run for run in runs if run.succeeded]
    seams = [seam for run in runs for seam in run.seams]
    low, high = wilson(len(good), len(runs))
    gaps_mm = [1e3 * seam.gap_m for seam in seams] or [0.0]
    speeds_mm_s = [1e3 * seam.speed_gap_m_s for seam in seams] or [0.0]
    return {
        "latency_ms": latency_ms,
        "way": way,
        "n": len(runs),
        "succeeded": len(good),
        "interval95": [round(low, 3), round(high, 3)],
        "pick_s": round(float(np.mean([run.duration_s for run in good])), 2) if good else None,
        "seam_mm_mean": round(float(np.mean(gaps_mm)), 2),
        "seam_mm_p95": round(float(np.quantile(gaps_mm, 0.95)), 2),
        "seam_mm_s_p95": round(float(np.quantile(speeds_mm_s, 0.95)), 1),
        "jerk_rad_s3": round(float(np.mean([run.jerk_rad_s3 for run in runs])), 1),
    }


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", default="200000:200050", help="A:B, B not included (default: %(default)s)")
    parser.add_argument("--latencies", type=int, nargs="+", default=list(LATENCIES_MS), metavar="MS")
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=list(WAYS))
    parser.add_argument("--model", type=Path, default=MODEL, metavar="DIR", help="other weights than those shipped")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserMistake as mistake:
        sys.exit(str(mistake))
