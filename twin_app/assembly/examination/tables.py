"""Suites that are tables: one examination a row, on the same seeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from runtime.mistakes import UserMistake
from sim_worlds.variation import STRENGTHS, variation_names
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.figures import figures_of
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.setup import CellSetup

COLUMNS = (
    "n",
    "succeeded",
    "interval95",
    "wrong_part",
    "missed_grasp",
    "timeout",
    "declined",
    "ece",
    "auroc",
    "auroc_early",
)
Listener = Callable[[str, Result, int, int], None]
"""Hears the row's name, the newest result, and how many of how many of this row there are."""


def robustness(
    setup: CellSetup, seeds: range, *, processes: int, ledger: Ledger, listen: Listener
) -> list[dict[str, Any]]:
    """Nothing varied, then every variation at every strength, beside what the setup itself varies."""
    wishes = ["", *(f"{name}:{strength}" for name in variation_names() for strength in STRENGTHS)]
    rows: list[dict[str, Any]] = []
    for wish in wishes:
        varied = replace(setup, variations=(*setup.variations, *([wish] if wish else [])))
        rows.append(_row("variation", wish or "none", varied, seeds, processes, ledger, listen))
    return rows


def ablation(
    setup: CellSetup, seeds: range, *, models: Path, processes: int, ledger: Ledger, listen: Listener
) -> list[dict[str, Any]]:
    """The whole policy, then every model in the folder. Raises `UserMistake` where there is none."""
    alternatives = sorted(card.parent for card in models.glob("*/card.json"))
    if not alternatives:
        raise UserMistake(
            f"{models}: no model in any folder there",
            remedy=f"make them with: celltwin train {setup.policy} --ablations, or name another folder with --models",
        )
    return [
        _row("policy", model.name if model else "whole", setup, seeds, processes, ledger, listen, model)
        for model in (None, *alternatives)
    ]


def _row(
    kind: str,
    name: str,
    setup: CellSetup,
    seeds: range,
    processes: int,
    ledger: Ledger,
    listen: Listener,
    model: Path | None = None,
) -> dict[str, Any]:
    results = ledger.examine(
        setup,
        seeds,
        suite="nominal",
        processes=processes,
        progress=lambda result, count, total: listen(name, result, count, total),
        model=model,
    )
    figures = figures_of(results)
    return {kind: name, **{column: figures[column] for column in COLUMNS}}
