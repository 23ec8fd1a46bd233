"""`celltwin verify variations`: how many picks succeed under each variation at each strength, over many seeds.

Each seed is a cell of its own, with its own drawing of the variation. Orders that a cell no longer took because it
waited for a person count as not succeeded.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim_worlds.variation import STRENGTHS, Variation, parse_variations, variation_names
from twin_app.assembly.figures import circumstances, show_rows
from twin_app.assembly.lockstep import run_picks
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins, read_scene

Wishes = tuple[Variation, ...]
_SURE = 1.96
"""Standard deviations of a normal distribution that 95 % lie within."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of all orders under one variation."""

    wishes: Wishes
    orders: int
    succeeded: int = 0
    """By the judge, from plant truth."""

    unnoticed: int = 0
    """The cell took for done what was not."""

    retried: int = 0
    asked: int = 0
    """Cells that waited for a person; how many orders that cost is in `orders` less `picks`."""

    picks: int = 0

    def with_run(self, figures: dict[str, Any]) -> Tally:
        """With the figures of one seed's run."""
        return Tally(
            self.wishes,
            self.orders,
            self.succeeded + figures["succeeded"],
            self.unnoticed + figures["verified_wrongly"],
            self.retried + figures["retried"],
            self.asked + bool(figures["trouble"]),
            self.picks + figures["picks"],
        )

    def as_dict(self) -> dict[str, Any]:
        """As a row of the table."""
        low, high = interval(self.succeeded, of=self.orders)
        return {
            "variation": " ".join(one.words for one in self.wishes) or "none",
            "orders": self.orders,
            "succeeded": self.succeeded,
            "share": round(self.succeeded / self.orders, 3),
            "at_least": round(low, 3),
            "at_most": round(high, 3),
            "unnoticed": self.unnoticed,
            "retried": self.retried,
            "asked": self.asked,
        }


def run(arguments: argparse.Namespace) -> int:
    """One row a variation and strength, the cell without any first; exit status 0, whatever they say."""
    import cv2

    cv2.setNumThreads(1)
    setup = CellSetup(scene=absolute_scene(arguments.scene), policy=arguments.policy)
    read_plugins(setup)
    read_scene(setup)
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    rows: list[dict[str, Any]] = []
    for tally in tallies(setup, chosen(arguments.vary), seeds=seeds, picks=arguments.picks):
        rows.append(tally.as_dict())
    figures = circumstances(scene=arguments.scene, seed=arguments.seed)
    if arguments.json:
        rows = [{**row, "policy": setup.policy, "seeds": len(seeds), **figures} for row in rows]
    show_rows(rows, as_json=arguments.json)
    return 0


def chosen(words: Sequence[str]) -> list[Wishes]:
    """Nothing, then the named variations at the named strengths; raises `UserMistake`. Without names: all of them."""
    rows: list[Wishes] = [()]
    for word in words or variation_names():
        (wish,) = parse_variations([word])
        strengths = [wish.strength] if ":" in word else list(STRENGTHS.values())
        rows += [(Variation(wish.name, strength),) for strength in strengths]
    return rows


def tallies(setup: CellSetup, rows: Sequence[Wishes], *, seeds: Sequence[int], picks: int) -> Iterator[Tally]:
    """One after the other, in lock-step."""
    from msgspec.structs import replace

    for wishes in rows:
        began_s = time.monotonic()
        tally = Tally(wishes, orders=picks * len(seeds))
        for seed in seeds:
            varied = replace(setup, seed=seed, variations=tuple(one.words for one in wishes))
            tally = tally.with_run(run_picks(varied, picks=picks))
        _tell(tally, time.monotonic() - began_s)
        yield tally


def interval(hits: int, *, of: int) -> tuple[float, float]:
    """95 % confidence interval of a share (Wilson, JASA 22, 1927)."""
    share, room = hits / of, _SURE * _SURE / of
    middle = (share + 0.5 * room) / (1.0 + room)
    spread = _SURE * math.sqrt(share * (1.0 - share) / of + 0.25 * room / of) / (1.0 + room)
    return max(0.0, middle - spread), min(1.0, middle + spread)


def _tell(tally: Tally, seconds: float) -> None:
    row = tally.as_dict()
    words = f"{row['variation']:<20}{row['succeeded']:>4} of {row['orders']}  {seconds:.0f} s"
    print(words, file=sys.stderr, flush=True)
