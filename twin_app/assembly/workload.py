"""The orders of a simulated day: every part of a layout into a seeded tote, then the tray is filled again.

Stands where a warehouse system would stand. It knows the catalogue (what was put into the cell), never a pose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from runtime.messages.cell import CellDescription


@dataclass(frozen=True, slots=True)
class Order:
    """One pick as ordered."""

    refill_id: int
    """The layout that it belongs to."""

    part: str
    tote: str
    words: str = ""
    """A person's own; part and tote are empty then: what was meant only that person knows."""

    @property
    def instruction(self) -> str:
        """The order in words, as the policy reads it."""
        return self.words or f"put the {self.part} in the {self.tote} tote"


def layout_orders(cell: CellDescription, *, seed: int, refill_id: int) -> tuple[Order, ...]:
    """The orders of one layout: each part of the catalogue once, order and totes drawn from the seed."""
    random = np.random.default_rng((seed, refill_id, 0x0DE5))
    parts: Sequence[str] = [part.name for part in cell.parts]
    totes = [tote.name for tote in cell.totes]
    return tuple(
        Order(refill_id, parts[int(index)], totes[int(random.integers(len(totes)))])
        for index in random.permutation(len(parts))
    )


def orders(cell: CellDescription, *, seed: int, own: Sequence[str] = ()) -> Iterator[Order]:
    """Endless orders, layout after layout, beginning with the layout that the cell starts with.

    `own`: a person's instructions, in whose place nothing else is ordered.
    """
    if own:
        yield from (Order(0, "", "", words) for words in own)
        return
    refill_id = 0
    while True:
        yield from layout_orders(cell, seed=seed, refill_id=refill_id)
        refill_id += 1
