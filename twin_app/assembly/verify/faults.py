"""`celltwin verify faults`: every fault at every severity in a picking cell, effect and reaction as measured.

Lock-step shows effect and reaction the same way each time; the live session shows that real processes do the same
and that none of them crashes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing

from runtime.messages.faults import FaultKind, FaultSeverity
from runtime.mistakes import UserMistake, quoted
from sim_worlds.faults import CATALOGUE
from twin_app.assembly.figures import show_rows
from twin_app.assembly.setup import CellSetup
from twin_app.assembly.verify.fault_bench import LiveBench, LockStepBench
from twin_app.assembly.verify.fault_trial import FaultRow, FaultTrial

_SHOWN = (
    "id",
    "severity",
    "effect_expected",
    "effect_measured",
    "confirmed",
    "cleared",
    "reaction",
    "picks_on",
    "clock",
)


def run(arguments: argparse.Namespace) -> int:
    """One row a fault and severity; exit status 1 when a severe one is not confirmed or any is not cleared."""
    import cv2

    cv2.setNumThreads(1)
    kinds = _chosen(arguments.only)
    rows: list[FaultRow] = []
    for row in _rows(kinds, seed=arguments.seed):
        rows.append(row)
    figures = [row.as_dict() for row in rows]
    if not arguments.json:
        figures = [{name: figure[name] for name in _SHOWN} for figure in figures]
    show_rows(figures, as_json=arguments.json)
    return int(not all(_sound(row) for row in rows))


def _chosen(only: str) -> tuple[FaultKind, ...]:
    chosen = tuple(kind for kind in CATALOGUE if only.upper() in ("", kind.fault_id))
    if not chosen:
        names = ", ".join(kind.fault_id for kind in CATALOGUE)
        raise UserMistake(f"unknown fault {quoted(only)}", remedy=f"one of: {names}")
    return chosen


def _rows(kinds: tuple[FaultKind, ...], *, seed: int) -> Iterator[FaultRow]:
    """All severities in lock-step, each in a fresh cell; then the severe ones with all processes, one after another."""
    for kind in kinds:
        for severity in FaultSeverity:
            began_s = time.monotonic()
            with closing(LockStepBench(CellSetup(seed=seed))) as bench:
                row = FaultTrial(bench, kind, severity, seed=seed).run()
            _tell(row, time.monotonic() - began_s)
            yield row
    setup = CellSetup(cell=f"faults-{os.getpid()}", seed=seed)
    with (
        tempfile.TemporaryDirectory(prefix="celltwin-faults-") as folder,
        closing(LiveBench(setup, data_folder=folder)) as bench,
    ):
        for kind in kinds:
            began_s = time.monotonic()
            row = FaultTrial(bench, kind, FaultSeverity.SEVERE, seed=seed).run()
            _tell(row, time.monotonic() - began_s)
            yield row


def _tell(row: FaultRow, wall_s: float) -> None:
    effect = (
        f"{row.effect_measured:.3g} of {row.effect_expected:.3g}, {'confirmed' if row.confirmed else 'NOT EFFECTIVE'}"
    )
    cleared = "cleared" if row.cleared else "NOT CLEARED"
    words = (
        f"{row.id} {row.severity:<7} {row.clock:<9} {effect}; {' + '.join(row.reactions) or row.reaction}; {cleared}"
    )
    print(f"{words}; {', '.join(row.detected_by)}  {row.reason} [{wall_s:.0f} s]", file=sys.stderr, flush=True)


def _sound(row: FaultRow) -> bool:
    return row.cleared and not row.crashed and (row.confirmed or row.severity != FaultSeverity.SEVERE.value)
