"""Which part is meant by where it lies: looked up in free pictures from above until two in a row agree."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.programmed.instruction import NotUnderstood, PlacedWish, Wish
from plugins.programmed.place_words import PLACES
from runtime.perception import Sighting

LOOKS_ALIKE = 2
BLANK_LOOKS = 6
APART_M = 0.01
"""So much farther that way than the next part, or which one is meant is not told apart."""


class Choice:
    """Turns a wish for the outermost of several parts into a wish for one of them."""

    def __init__(self, wish: PlacedWish) -> None:
        self._wish = wish
        self._last = ""
        self._alike = 0
        self._blank = 0
        self._trouble = ""

    def look(self, in_tray: Sequence[Sighting]) -> Wish | NotUnderstood | None:
        """What the newest free picture makes of it; None: look on."""
        name = self._outermost(in_tray)
        self._alike = self._alike + 1 if name and name == self._last else int(bool(name))
        self._last = name
        self._blank = 0 if name else self._blank + 1
        if self._alike >= LOOKS_ALIKE:
            return Wish(next(part for part in self._wish.parts if part.name == name), self._wish.tote)
        return NotUnderstood(self._trouble) if self._blank >= BLANK_LOOKS else None

    def _outermost(self, in_tray: Sequence[Sighting]) -> str:
        along_x, along_y = PLACES[self._wish.place]
        names = {part.name for part in self._wish.parts}
        lying = [(along_x * seen.x_m + along_y * seen.y_m, seen.part) for seen in in_tray if seen.part in names]
        lying.sort(reverse=True)
        if not lying:
            self._trouble = f"none of these is seen in the tray: {', '.join(sorted(names))}"
            return ""
        if len(lying) > 1 and lying[0][0] - lying[1][0] < APART_M:
            self._trouble = f"{lying[0][1]} or {lying[1][1]}: neither lies clearly {self._wish.place}"
            return ""
        return lying[0][1]
