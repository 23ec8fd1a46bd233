"""What is said to a sentence that cannot be acted upon, before any picture was looked at."""

from __future__ import annotations

from dataclasses import replace

from plugins.flow_vla.reader import Reader
from plugins.flow_vla.slots import LONG, Reading
from plugins.flow_vla.words import LETTERS_MAX, WORDS
from runtime.messages.cell import CellDescription, Tote
from runtime.messages.reasons import asked_back
from runtime.picking.languages import ONLY_ENGLISH, not_english

FOREIGN = "foreign"
"""The sense of words in another script."""

DOUBTED = 0.55
"""A reading whose least certain slot has less is a guess. Of sentences in the checking forms that were read
rightly 0.2 % have less, of those read wrongly half."""

_MOST = {"": "", "left": "leftmost", "right": "rightmost", "near": "nearest", "far": "farthest"}


def read(reader: Reader, text: str) -> Reading:
    """What the reader makes of the words; nothing of those in another script."""
    reading = reader.read(text)
    return replace(reading, sense=FOREIGN, certainty=1.0) if not_english(text) else reading


def refused(reading: Reading, tote: Tote | None, cell: CellDescription) -> str:
    """Why the sentence cannot be acted upon; empty when it can, or could if it were understood for sure."""
    totes = " or ".join(one.name for one in cell.totes)
    words = {
        "nonsense": "that is not understood as an instruction: say which part goes into which tote",
        FOREIGN: ONLY_ENGLISH,
        LONG: f"too long to be understood: at most {WORDS} words and {LETTERS_MAX} letters",
        "negated": "only things to do are understood, not what to leave",
        "several": "one part at a time: the instruction names several",
        "relation": "which one? Known are colour, shape, and leftmost, rightmost, nearest or farthest of them",
        "condition": "only what is to be done now is understood, not when or if",
        "deed": "only putting one part from the tray into a tote is understood",
        "no tote": f"no tote is named: {totes}?",
    }
    if reading.sense in words:
        return words[reading.sense]
    if tote is None:
        return f"no tote is named: {totes}?"
    return _unknown(reading, cell)


def _unknown(reading: Reading, cell: CellDescription) -> str:
    """What is not known here, and what is; empty where the words name nothing strange."""
    kinds = {"colour": reading.colour, "shape": reading.shape}
    strange = [kind for kind, word in kinds.items() if word == "strange"]
    if not strange:
        return ""
    known = {
        "colour": dict.fromkeys(part.colour for part in cell.parts),
        "shape": dict.fromkeys(part.shape for part in cell.parts),
    }
    told = "; ".join(f"{kind}s: {', '.join(known[kind])}" for kind in strange)
    return f"no part of that {' or '.join(strange)} is known here; {told}"


def doubted(reading: Reading, tote: Tote | None) -> str:
    """The question back where the reading would be a guess; empty where it is none."""
    if reading.certainty >= DOUBTED or tote is None:
        return ""
    return asked_back(plain_words(reading, tote))


def plain_words(reading: Reading, tote: Tote, *, seen: str = "") -> str:
    """A sentence that says what was read, and colour and shape as they were `seen` where it leaves them open."""
    seen_colour, _, seen_shape = seen.partition(" ")
    named = (
        _MOST[reading.place if not seen else ""],
        reading.colour or seen_colour,
        reading.shape or seen_shape or "part",
    )
    return f"put the {' '.join(filter(None, named))} in the {tote.name} tote"
