"""Suites that are tables: one examination a row, on the same seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

from sim_worlds.variation import STRENGTHS, variation_names
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.figures import figures_of
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.setup import CellSetup

_OF_CONFIDENCE = ("ece", "auroc", "auroc_early")
COLUMNS = (
    "n",
    "succeeded",
    "interval95",
    "wrong_part",
    "missed_grasp",
    "timeout",
    "declined",
    "failed",
    *_OF_CONFIDENCE,
)
WHOLE = "whole"
"""Name of the model that has every part."""


class Listener(Protocol):
    """Hears how a table gets on, row by row."""

    def begin(self, row: str, *, number: int, of: int) -> None:
        """The how many-th of how many rows begins; numbers from 1."""
        ...

    def hear(self, row: str, result: Result, count: int, total: int) -> None:
        """The newest result, and how many of how many of this row there are."""
        ...

    def end(self, row: str, figures: Mapping[str, Any]) -> None:
        """The row as it stands in the table."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row examines."""

    name: str
    setup: CellSetup
    model: Path | None = None
    """Weights; None: the policy's own."""

    calibrated: bool = True
    """Whether its confidence means anything."""


def robustness(
    setup: CellSetup,
    seeds: range,
    *,
    processes: int,
    ledger: Ledger,
    listen: Listener,
    model: Path | None = None,
) -> list[dict[str, Any]]:
    """Nothing varied, then every variation at every strength, beside what the setup itself varies."""
    wishes = [f"{name}:{strength}" for name in variation_names() for strength in STRENGTHS]
    varied = [Entry(wish, replace(setup, variations=(*setup.variations, wish)), model) for wish in wishes]
    return _table("variation", [Entry("none", setup, model), *varied], seeds, processes, ledger, listen)


def ablation(
    setup: CellSetup, seeds: range, *, models: Sequence[Path], processes: int, ledger: Ledger, listen: Listener
) -> list[dict[str, Any]]:
    """The policy with all its parts, then every model without one, named after its folder.

    `whole` among them is the training that the others come from; without it the policy's own weights take its place,
    under another name. Nobody has calibrated the others.
    """
    whole = [Entry(WHOLE, setup, model) for model in models if model.name == WHOLE] or [Entry("as shipped", setup)]
    parts = [Entry(model.name, setup, model, calibrated=False) for model in models if model.name != WHOLE]
    entries = [*whole, *parts]
    return _table("policy", entries, seeds, processes, ledger, listen)


def _table(
    kind: str, entries: Sequence[Entry], seeds: range, processes: int, ledger: Ledger, listen: Listener
) -> list[dict[str, Any]]:
    """`kind`: the title of the rows' names."""
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, start=1):
        listen.begin(entry.name, number=number, of=len(entries))
        results = ledger.examine(
            entry.setup,
            seeds,
            suite="nominal",
            processes=processes,
            progress=partial(listen.hear, entry.name),
            model=entry.model,
        )
        figures = figures_of(results)
        if not entry.calibrated:
            figures |= dict.fromkeys(_OF_CONFIDENCE)
        rows.append({kind: entry.name, **{column: figures[column] for column in COLUMNS}})
        listen.end(entry.name, rows[-1])
    return rows
