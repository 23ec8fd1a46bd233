"""Seeded instructions in free words, with what they mean: for training, for tests, and for declining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from sim_worlds.sentences import words
from sim_worlds.sentences.forms import TRAINING, Forms

TYPING_SHARE = 0.06
"""Of sentences with one slip of the pen, where nothing else is said."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OTHER_SCRIPTS = ("把红色的方块放到左边", "положи красный куб налево", "ضع المكعب الأحمر", "赤い箱を左へ")


class Sense(Enum):
    """What kind of thing an instruction is."""

    DO = "do"
    NO_TOTE = "no tote"
    NEGATED = "negated"
    SEVERAL = "several"
    RELATION = "relation"
    """A part told apart by its neighbours, its number or its size."""

    CONDITION = "condition"
    """Something to be done later, or only if."""

    DEED = "deed"
    """A question, or something else than to put one part into a tote."""

    NONSENSE = "nonsense"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an instruction says, in the catalogue's terms; empty where it says nothing of that."""

    colour: str = ""
    """A colour of the catalogue, or `strange`."""

    shape: str = ""
    """A shape of the catalogue, or `strange`."""

    place: str = ""
    """left, right, near or far: the outermost of those that fit."""

    tote: str = ""
    sense: Sense = Sense.DO


@dataclass(frozen=True, slots=True)
class Sentence:
    """One instruction and what it means."""

    text: str
    meaning: Meaning


class Speaker:
    """Says things in many ways."""

    def __init__(
        self, random: np.random.Generator, *, forms: Forms = TRAINING, typing_share: float = TYPING_SHARE
    ) -> None:
        self._random = random
        self._forms = forms
        self._typing_share = typing_share

    def say(self, meaning: Meaning, *, reworded: Callable[[str], str] = str) -> Sentence:
        """A sentence with this meaning; for `NONSENSE` anything that is no instruction.

        `reworded` changes the words of the form it is said in, before anything that is meant stands in its gaps.
        """
        if meaning.sense is Sense.NONSENSE:
            return Sentence(reworded(self._nonsense()), meaning)
        frame = reworded(self._one(self._frames(meaning.sense)))
        text = frame.format(
            part=self._part(meaning),
            to=self._to(meaning.tote),
            other=self._other(meaning),
            colour=self._colour(meaning.colour or self._one(tuple(words.COLOURS))),
            thing=self._noun(meaning.shape),
            **self._totes(meaning),
        )
        return Sentence(self._typed(text), meaning)

    def _frames(self, sense: Sense) -> tuple[str, ...]:
        if sense in (Sense.DO, Sense.RELATION):
            return self._forms.frames
        return self._forms.undoable[sense.value]

    def _part(self, meaning: Meaning) -> str:
        """The part with its article: `the red cube`, `the one that is red`, `the leftmost cube`."""
        noun = self._noun(meaning.shape)
        colour = self._colour(meaning.colour)
        behind = bool(colour) and self._chance(0.15)
        part = f"{noun} that is {colour}" if behind else f"{colour} {noun}".strip()
        if meaning.sense is Sense.RELATION:
            part = self._relation().format(part, other=self._other(meaning), **self._totes(meaning))
        elif meaning.place:
            part = self._one(self._forms.places[meaning.place]).format(part)
        told_apart = bool(meaning.place) or meaning.sense is Sense.RELATION or noun == "one"
        return f"{self._article(told_apart=told_apart)}{part}"

    def _article(self, *, told_apart: bool) -> str:
        """With a space behind; of what is told apart from others there is one only."""
        if self._chance(0.12):
            return ""
        if self._chance(0.15):
            return f"{self._one(words.ARTICLES if told_apart else words.LOOSE_ARTICLES)} "
        return "the "

    def _relation(self) -> str:
        kinds = self._forms.relations
        return self._one(kinds[int(self._random.integers(len(kinds)))])

    def _noun(self, shape: str) -> str:
        if shape == "strange":
            return self._one(words.STRANGE_SHAPES)
        if shape:
            return self._first_mostly(words.SHAPES[shape])
        return "one" if self._chance(0.6) else self._one(words.THINGS)

    def _colour(self, colour: str) -> str:
        if colour == "strange":
            return self._one(words.STRANGE_COLOURS)
        return self._first_mostly(words.COLOURS[colour]) if colour else ""

    def _to(self, tote: str) -> str:
        way = self._one(self._forms.to_tote)
        return way.format(side=tote, aside=_other_side(tote), tote=self._one(words.TOTE_NOUNS))

    def _totes(self, meaning: Meaning) -> dict[str, str]:
        side = meaning.tote or self._one(words.SIDES)
        return {"side": side, "aside": _other_side(side), "tote": self._one(words.TOTE_NOUNS)}

    def _other(self, meaning: Meaning) -> str:
        colours = [colour for colour in words.COLOURS if colour != meaning.colour]
        return self._part(Meaning(colour=self._one(colours), shape=self._one(tuple(words.SHAPES))))

    def _nonsense(self) -> str:
        kind = self._random.uniform()
        if kind < 0.7:
            return self._one(self._forms.nonsense)
        if kind < 0.85:
            lengths = self._random.integers(1, 9, size=int(self._random.integers(1, 6)))
            return " ".join("".join(self._one(_LETTERS) for _ in range(int(length))) for length in lengths)
        return self._one(_OTHER_SCRIPTS) if kind < 0.95 else str(self._random.integers(0, 10_000))

    def _typed(self, text: str) -> str:
        """As it was typed: sometimes with capitals, a full stop, or one letter wrong."""
        if self._chance(self._typing_share) and len(text) > 12:
            at = int(self._random.integers(1, len(text) - 1))
            text = text[:at] + text[at + 1 :] if self._chance(0.5) else text[:at] + self._one(_LETTERS) + text[at + 1 :]
        text = text[0].upper() + text[1:] if self._chance(0.4) else text
        return f"{text}." if self._chance(0.3) else text

    def _first_mostly(self, ways: tuple[str, ...]) -> str:
        return ways[0] if self._chance(0.6) else self._one(ways)

    def _chance(self, share: float) -> bool:
        return bool(self._random.uniform() < share)

    def _one(self, things: Sequence[str]) -> str:
        return things[int(self._random.integers(len(things)))]


def _other_side(side: str) -> str:
    return next(other for other in words.SIDES if other != side)
