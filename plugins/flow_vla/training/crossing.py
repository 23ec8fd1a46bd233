"""What stands before and after part and tote in forms, exchanged between forms: so that only what decides decides.

"Put {part} {to} when it is dry" is none to carry out because of its end, whatever it begins with, and "don't put
{part} {to}" because of its beginning, whatever follows. A beginning that is also one of an order decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

CORE = "{part} {to}"


class Crossing:
    """Beginnings and ends of the forms of orders."""

    def __init__(self, orders: Iterable[str]) -> None:
        parted = [form.split(CORE) for form in orders if form.count(CORE) == 1]
        self._heads = [head for head, _ in parted]
        self._tails = [tail for _, tail in parted]
        self._known_heads, self._known_tails = frozenset(self._heads), frozenset(self._tails)

    def of_order(self, form: str, random: np.random.Generator) -> str:
        """The same wish with the beginning or the end of another order."""
        if form.count(CORE) != 1:
            return form
        head, tail = form.split(CORE)
        return self._headed(tail, random) if random.uniform() < 0.5 else self._tailed(head, random)

    def of_undoable(self, form: str, random: np.random.Generator) -> str:
        """With another beginning or end where it is not what makes it undoable."""
        if form.count(CORE) != 1:
            return form
        head, tail = form.split(CORE)
        if head in self._known_heads and tail not in self._known_tails:
            return self._headed(tail, random)
        if tail in self._known_tails and head not in self._known_heads:
            return self._tailed(head, random)
        return form

    def _headed(self, tail: str, random: np.random.Generator) -> str:
        return f"{self._heads[int(random.integers(len(self._heads)))]}{CORE}{tail}"

    def _tailed(self, head: str, random: np.random.Generator) -> str:
        return f"{head}{CORE}{self._tails[int(random.integers(len(self._tails)))]}"
