"""A variation as a person or a recipe asks for it: `camera:strong`, or `camera:0.4` on the scale from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.mistakes import UserMistake, quoted

STRENGTHS = {"weak": 1.0 / 3.0, "medium": 2.0 / 3.0, "strong": 1.0}
"""The named strengths on the scale from 0, nothing, to 1."""
DEFAULT_STRENGTH = "medium"


@dataclass(frozen=True, slots=True)
class Variation:
    """A variation of the catalogue by name, and how much of it."""

    name: str
    strength: float
    """0, nothing, to 1, strong; weak is a third and medium two thirds."""

    @property
    def words(self) -> str:
        """As it is written on the command line and in a recording."""
        named = [name for name, strength in STRENGTHS.items() if strength == self.strength]
        return f"{self.name}:{named[0] if named else repr(self.strength)}"


def parse_variation(text: str, names: Sequence[str]) -> Variation:
    """Read `NAME[:STRENGTH]`; raises `UserMistake` naming the word that is wrong."""
    name, _, strength = text.strip().partition(":")
    name = name.strip().lower()
    if name not in names:
        raise UserMistake(f"unknown variation {quoted(name)}", remedy=f"one of: {', '.join(names)}")
    return Variation(name, _strength(strength.strip().lower() or DEFAULT_STRENGTH, of=name))


def _strength(word: str, *, of: str) -> float:
    if word in STRENGTHS:
        return STRENGTHS[word]
    remedy = f"one of: {', '.join(STRENGTHS)}, or a number from 0 to 1"
    try:
        number = float(word)
    except ValueError as trouble:
        raise UserMistake(f"unknown strength {quoted(word)} of variation {of}", remedy=remedy) from trouble
    if not 0.0 <= number <= 1.0:
        raise UserMistake(f"strength {quoted(word)} of variation {of} is outside 0…1", remedy=remedy)
    return number
