"""What is asked in an examination: instructions with the outcome that is right for them, drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.messages.cell import CellDescription, PartKind
from sim_worlds.scenes.placement import PlacedPart
from sim_worlds.seeds import FIRST_TEST_SEED
from sim_worlds.sentences import CHECKING, PLAIN, TESTING, Meaning, Sense, Speaker

SUITES = ("nominal", "paraphrase", "decline")
TABLES = ("ablation", "robustness")
"""Suites of many examinations, each of them nominal."""

PLACED_SHARE = 0.1
"""Of instructions that name a part by where it lies."""


@dataclass(frozen=True, slots=True)
class Question:
    """One instruction, and what is right to do with it."""

    instruction: str
    part: str
    """Empty: it is right to decline."""

    tote: str


def draw_question(cell: CellDescription, layout: tuple[PlacedPart, ...], *, suite: str, seed: int) -> Question:
    """The question of this seed; but for `nominal` in forms that are never used for training."""
    random = np.random.default_rng((seed, 0xE8A3, SUITES.index(suite)))
    forms = TESTING if seed >= FIRST_TEST_SEED else CHECKING
    speaker = Speaker(random, forms=PLAIN if suite == "nominal" else forms)
    if suite == "decline" and random.uniform() < 0.5:
        return Question(speaker.say(_unanswerable(cell, random)).text, "", "")
    part = cell.parts[int(random.integers(len(cell.parts)))]
    tote = cell.totes[int(random.integers(len(cell.totes)))].name
    meaning = _naming(part, cell, layout, tote, random)
    return Question(speaker.say(meaning).text, part.name, tote)


def _naming(
    part: PartKind, cell: CellDescription, layout: tuple[PlacedPart, ...], tote: str, random: np.random.Generator
) -> Meaning:
    """Words that mean this part and no other one on the tray."""
    chance = random.uniform()
    if chance < PLACED_SHARE:
        for place in ("left", "right", "near", "far"):
            if _outermost(place, part, layout, [one.name for one in cell.parts]):
                return Meaning("", "", place, tote)
        alike = [one.name for one in cell.parts if one.shape == part.shape]
        for place in ("left", "right", "near", "far"):
            if _outermost(place, part, layout, alike):
                return Meaning("", part.shape, place, tote)
    alone = sum(one.colour == part.colour for one in cell.parts) == 1
    if alone and chance < 0.4:
        return Meaning(part.colour, "", "", tote)
    return Meaning(part.colour, part.shape, "", tote)


def _outermost(place: str, part: PartKind, layout: tuple[PlacedPart, ...], names: list[str]) -> bool:
    """Whether the part lies clearly farther that way than all others of these names."""
    axis, sign = {"left": (1, 1.0), "right": (1, -1.0), "near": (0, -1.0), "far": (0, 1.0)}[place]
    along = {one.name: sign * one.part_in_base.position_m[axis] for one in layout if one.name in names}
    others = [value for name, value in along.items() if name != part.name]
    return part.name in along and bool(others) and along[part.name] > max(others) + 0.02


def _unanswerable(cell: CellDescription, random: np.random.Generator) -> Meaning:
    """Half of something that is not here, half of no instruction to carry out."""
    tote = cell.totes[int(random.integers(len(cell.totes)))].name
    if random.uniform() < 0.5:
        there = {(part.colour, part.shape) for part in cell.parts}
        colours, shapes = sorted({part.colour for part in cell.parts}), sorted({part.shape for part in cell.parts})
        absent = [(c, s) for c in (*colours, "strange") for s in (*shapes, "strange") if (c, s) not in there]
        colour, shape = absent[int(random.integers(len(absent)))]
        return Meaning(colour, shape, "", tote)
    senses = (Sense.NONSENSE, Sense.NONSENSE, *(sense for sense in Sense if sense not in (Sense.DO, Sense.NONSENSE)))
    part = cell.parts[int(random.integers(len(cell.parts)))]
    sense = senses[int(random.integers(len(senses)))]
    colour = "" if sense is Sense.RELATION else part.colour
    return Meaning(colour, part.shape, "", tote, sense)
