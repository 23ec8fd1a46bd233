"""What an instruction asks for, read independently of the policy, so that its outcome can be verified."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runtime.messages.cell import CellDescription, PartKind

_SHAPE_WORDS = {
    "cube": frozenset({"cube", "block", "dice", "die"}),
    "flat box": frozenset({"box", "flat", "plate", "slab"}),
    "cylinder": frozenset({"cylinder", "can", "tube", "puck", "disc", "disk"}),
}


@dataclass(frozen=True, slots=True)
class Intent:
    """Part and tote of an instruction, as far as its words tell."""

    part: str | None
    """Catalogue name; None when no single part is meant."""

    tote: str | None
    """Name of the tote; None when any will do."""


def read_intent(instruction: str, cell: CellDescription) -> Intent:
    """The part and tote that the words name; words that fit none or several leave the field open."""
    words = frozenset(re.findall(r"[a-z]+", instruction.lower()))
    totes = [tote.name for tote in cell.totes if tote.name in words]
    return Intent(part=_part(words, cell.parts), tote=totes[0] if len(totes) == 1 else None)


def _part(words: frozenset[str], parts: tuple[PartKind, ...]) -> str | None:
    coloured = [part for part in parts if set(part.colour.lower().split()) <= words]
    shaped = [part for part in parts if words & _SHAPE_WORDS.get(part.shape, frozenset(part.shape.split()))]
    both = [part for part in coloured if part in shaped]
    for fitting in (both, coloured if not shaped else [], shaped if not coloured else []):
        if len(fitting) == 1:
            return fitting[0].name
    return None
