"""Reads an instruction in words: which part of the catalogue, or the outermost of which ones, into which tote."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from plugins.programmed.place_words import take_place
from plugins.programmed.turning_words import turned
from runtime.messages.cell import CellDescription, PartKind, Tote
from runtime.picking.languages import ONLY_ENGLISH, not_english

_SHAPES = {
    "cube": ("cube", "block", "dice", "die"),
    "flat box": ("flat box", "box", "plate", "slab", "brick", "tile"),
    "cylinder": ("cylinder", "can", "puck", "disc", "disk", "tube", "roll"),
}
_COLOURS = {
    "red": ("scarlet", "crimson"),
    "green": ("emerald",),
    "blue": ("navy",),
    "yellow": ("golden",),
    "cyan": ("turquoise", "teal", "aqua"),
    "purple": ("violet", "magenta", "lilac"),
    "magenta": ("pink", "purple", "violet"),
    "grey": ("gray",),
}
_OTHER_COLOURS = frozenset(
    ["red", "green", "blue", "yellow", "cyan", "purple", "magenta", "orange", "pink", "brown"]
    + ["black", "white", "grey", "gray", "violet", "turquoise", "teal"]
)
_OTHER_SHAPES = frozenset(["ball", "sphere", "cone", "pyramid", "ring", "bottle", "screw"])
_REFUSALS = frozenset(["not", "never", "dont", "don't", "without", "except", "but", "stop"])
_TURNED = {
    "negated": "only things to do are understood, not what to leave",
    "deed": "only putting one part from the tray into a tote is understood",
    "no tote": "name one tote",
}
_NOTHING_NAMED = "that is not understood as an instruction: say which part goes into which tote"
_CAN = re.compile(r"\bcan (?=(?:you|we|i)\b)|(?<=\byou )can\b")
"""Not the cylinder."""

_NOUNS = ("one", "ones", "part", "object", "piece", "item", "thing")
_AFTER_NOUN = frozenset(
    ["and", "then", "to", "into", "in", "inside", "onto", "on", "over", "at", "across", "towards", "down", "off"]
    + ["that", "which", "goes", "go", "belongs", "should", "must", "needs", "has", "is", "be", "placed", "put", "move"]
    + ["please", "now", "away", "from", "next", "for", "here", "there", "it", "you", "robot"]
    + ["tote", "bin", "container", "crate"]
)
"""What may come behind a colour when no shape is named."""

_SIGHT_AND_LIFT = frozenset(
    ["light", "bright", "sight", "night", "might", "fight", "tight", "flight", "fright", "eight", "height", "weight"]
    + ["lift", "loft", "gift", "left", "let", "lets", "felt", "melt", "belt", "lent", "lest", "last", "list", "lost"]
)
"""Words of their own that are one letter away from a side."""

_BEFORE_NAME = frozenset(["the", "that", "this"])
_TOTE_NOUNS = "tote|totes|bin|box|basket|container|crate|side|one"


@dataclass(frozen=True, slots=True)
class Wish:
    """An instruction that was understood."""

    part: PartKind
    tote: Tote


@dataclass(frozen=True, slots=True)
class PlacedWish:
    """An instruction that was understood, whose part is one of several: the one that lies farthest one way."""

    parts: tuple[PartKind, ...]
    place: str
    """One of `PLACES`."""

    tote: Tote


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """An instruction that is declined, and why, for a person."""

    reason: str


def read_instruction(text: str, cell: CellDescription) -> Wish | PlacedWish | NotUnderstood:
    """Part and tote, or the reason why not. A single left-out word is filled when only one thing fits."""
    words = _parted(_CAN.sub("", " ".join(re.findall(r"[\w']+", text.lower()))), cell)
    if not words:
        return NotUnderstood("the instruction is empty")
    if refusal := sorted(_REFUSALS.intersection(words.split())):
        return NotUnderstood(f"only things to do are understood, not {refusal[0]!r}")
    if not_english(text):
        return NotUnderstood(ONLY_ENGLISH)
    if sense := turned(text):
        return NotUnderstood(_TURNED[sense])
    place, rest, unclear = take_place(words)
    if unclear:
        return NotUnderstood(unclear)
    tote, rest = _read_tote(rest, cell)
    parts = _read_parts(rest, cell, placed=bool(place))
    if isinstance(tote, NotUnderstood):
        return NotUnderstood(_NOTHING_NAMED) if parts == _no_part(cell) else tote
    if isinstance(parts, NotUnderstood):
        return parts
    return Wish(parts[0], tote) if len(parts) == 1 else PlacedWish(parts, place, tote)


def _parted(words: str, cell: CellDescription) -> str:
    """Words that a slip of the pen has joined taken apart: `yellowpuck`, `leftcbin`, `thebred`."""
    colours = {word for part in cell.parts for word in (part.colour, *_COLOURS.get(part.colour, ()))}
    shapes = {word for part in cell.parts for word in _SHAPES.get(part.shape, (part.shape,))}
    totes = {tote.name.lower() for tote in cell.totes}
    for firsts, seconds in (
        (_BEFORE_NAME, colours | shapes | totes),
        (colours, shapes | {noun for noun in _NOUNS if not noun.endswith("s")}),
        (totes, _TOTE_NOUNS.split("|")[:-1]),
    ):
        first, second = ("|".join(map(re.escape, sorted(ways, key=len, reverse=True))) for ways in (firsts, seconds))
        words = re.sub(rf"\b(?!redone\b)({first})[a-z]?({second})\b", r"\1 \2", words)
    return words


def _read_tote(words: str, cell: CellDescription) -> tuple[Tote | NotUnderstood, str]:
    """The tote that is named, and the words without its name, so that `left box` is not taken for a box."""
    known = ", ".join(tote.name for tote in cell.totes)
    named: list[Tote] = []
    rest = words
    for tote in cell.totes:
        pattern = rf"\b{re.escape(tote.name.lower())}(?: hand)?(?: (?:{_TOTE_NOUNS}))?\b"
        if re.search(pattern, rest):
            named.append(tote)
            rest = re.sub(pattern, " ", rest)
    if len(named) > 1:
        return NotUnderstood(f"{' and '.join(tote.name for tote in named)}: name one tote"), rest
    if named:
        return named[0], rest
    if len(cell.totes) == 1:
        return cell.totes[0], rest
    if (near := _nearly_a_tote(words, cell)) != words:
        return _read_tote(near, cell)
    return NotUnderstood(f"no tote is named; there are: {known}"), rest


def _nearly_a_tote(words: str, cell: CellDescription) -> str:
    """The words with slips of the pen in a tote's name repaired, where a tote's name has its place: `the rigt bin`."""
    names = [tote.name.lower() for tote in cell.totes]

    def repaired(found: re.Match[str]) -> str:
        near = difflib.get_close_matches(found[0], names, n=2, cutoff=0.74)
        return near[0] if len(near) == 1 and found[0] not in _SIGHT_AND_LIFT else found[0]

    before_noun = rf"\b\w{{3,}}(?= (?:hand|{_TOTE_NOUNS})\b)"
    at_the_end = r"(?:(?<= the )|(?<= your ))\w{3,}(?=(?: now| please| robot)?$)"
    return re.sub(rf"{before_noun}|{at_the_end}", repaired, words)


def _read_parts(words: str, cell: CellDescription, *, placed: bool) -> tuple[PartKind, ...] | NotUnderstood:
    """The parts that fit; several only where a place tells them apart."""
    tokens, unknown = _nouns_repaired(_corrected(words.split(), cell), cell)
    colours = {part.colour for part in cell.parts if _names_colour(tokens, part.colour)}
    shapes = {part.shape for part in cell.parts if _names_shape(tokens, part.shape)}
    strange = [token for token in tokens if token in _OTHER_COLOURS | _OTHER_SHAPES]
    strange = [token for token in strange if not any(_names_colour([token], colour) for colour in colours)]
    catalogue = _catalogue(cell)
    if strange:
        return NotUnderstood(f"no part here is {strange[0]!r}; there are: {catalogue}")
    if len(colours) > 1 or len(shapes) > 1:
        return NotUnderstood("one part at a time: the instruction names several")
    if unknown and not shapes:
        return NotUnderstood(f"no part here is {unknown!r}; there are: {catalogue}")
    fitting = [
        part for part in cell.parts if (not colours or part.colour in colours) and (not shapes or part.shape in shapes)
    ]
    if not colours and not shapes and not placed:
        return _no_part(cell)
    if not fitting:
        return NotUnderstood(f"there is no {' '.join([*colours, *shapes])} here; there are: {catalogue}")
    if len(fitting) > 1 and not placed:
        return NotUnderstood(f"that fits several parts: {', '.join(part.name for part in fitting)}")
    return tuple(fitting)


def _no_part(cell: CellDescription) -> NotUnderstood:
    return NotUnderstood(f"no part is named; there are: {_catalogue(cell)}")


def _catalogue(cell: CellDescription) -> str:
    return ", ".join(part.name for part in cell.parts)


def _nouns_repaired(tokens: list[str], cell: CellDescription) -> tuple[list[str], str]:
    """Slips of the pen in the noun behind a colour repaired; and the first one that names nothing known here."""
    known = {word: part.shape for part in cell.parts for word in _SHAPES.get(part.shape, part.shape.split())}
    known |= dict.fromkeys(_NOUNS, "")
    fixed, unknown = list(tokens), ""
    for at, (colour, noun) in enumerate(itertools.pairwise(tokens)):
        said_of_it = at > 0 and tokens[at - 1] in ("is", "isn't", "looks")
        if said_of_it or noun in _AFTER_NOUN or not any(_names_colour([colour], part.colour) for part in cell.parts):
            continue
        near = _nearest(noun, known)
        unknown = unknown or ("" if near or noun == "flat" else noun)
        fixed[at + 1] = near or noun
    return fixed, unknown


def _nearest(word: str, known: Mapping[str, str]) -> str:
    """The known word that it nearly is; empty where there is none, or where two that mean different things are as near.

    `known`: what each word means.
    """
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.7)
    likeness = [difflib.SequenceMatcher(None, one, word).ratio() for one in near]
    meanings = {known[one] for one, like in zip(near, likeness, strict=True) if like > max(likeness) - 0.05}
    return near[0] if len(meanings) == 1 else ""


def _corrected(tokens: list[str], cell: CellDescription) -> list[str]:
    """Slips of the pen repaired: a longer word that nearly is a colour or shape of this cell becomes it."""
    named = {word for part in cell.parts for word in (*part.colour.split(), *part.shape.split())}
    also = {word for part in cell.parts for word in _COLOURS.get(part.colour, ()) if len(word) >= 6}
    known = sorted(named | also)
    fixed: list[str] = []
    for token in tokens:
        singular = token[:-1] if token.endswith("s") and token[:-1] in known else token
        near = difflib.get_close_matches(singular, known, n=1, cutoff=0.8) if len(singular) >= 4 else []
        fixed.append(near[0] if near and singular not in _OTHER_COLOURS | _OTHER_SHAPES else singular)
    return fixed


def _names_colour(tokens: list[str], colour: str) -> bool:
    return set(colour.split()) <= set(tokens) or any(word in tokens for word in _COLOURS.get(colour, ()))


def _names_shape(tokens: list[str], shape: str) -> bool:
    text = " ".join(tokens)
    return any(re.search(rf"\b{re.escape(word)}\b", text) is not None for word in _SHAPES.get(shape, (shape,)))
