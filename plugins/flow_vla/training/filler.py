"""Words that carry no meaning here, exchanged at random: so that the reader relies on those that do."""

from __future__ import annotations

import numpy as np

_CARRYING = frozenset(
    """
    red scarlet green emerald blue navy yellow golden cyan turquoise teal purple violet orange pink brown black white
    grey cube block dice flat box plate slab cylinder can puck ball sphere cone pyramid ring bottle screw left right
    leftmost rightmost nearest farthest closest far near front back distant most left-hand right-hand tray robot arm
    outermost extreme foremost hindmost furthest first rear edge end base away
    one part object piece item thing tote bin container crate side and or both not don't never but stop everything do
    """.split()  # noqa: SIM905 - a page of words reads better than a list
)
_COMMON = tuple(
    """
    a an the this that these it its is are be being been was will would should could can may might must shall let us
    me my we you your he she they please kindly now then next soon again first last just only also too very quite
    really well so if when where while because as at by for from in into inside of off on onto out over to towards up
    down with within go get got give take bring fetch find look see want need like have has had make made sure ends
    end belongs belong leave set lay sit stay keep hold carry transfer deliver ship load send push pull turn handle
    use work job task order customer careful carefully quick quickly slowly here there about before after
    hey hi ok okay alright good thanks someone somebody what which who how why time day today morning
    """.split()  # noqa: SIM905
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_REPLACED = 0.25
_LEFT_OUT = 0.1


def exchange(text: str, random: np.random.Generator) -> str:
    """The same wish among other words."""
    kept: list[str] = []
    for word in text.split():
        carrying = word.strip(".,").lower() in _CARRYING
        chance = random.uniform()
        if carrying or chance > _REPLACED + _LEFT_OUT:
            kept.append(word)
        elif chance < _REPLACED:
            kept.append(_word(random))
    before = [_word(random) for _ in range(int(random.integers(0, 4)))]
    after = [_word(random) for _ in range(int(random.integers(0, 3)))]
    return " ".join([*before, *kept, *after])


def _word(random: np.random.Generator) -> str:
    if random.uniform() < 0.1:
        return "and"
    if random.uniform() < 0.8:
        return _COMMON[int(random.integers(len(_COMMON)))]
    return "".join(_LETTERS[int(letter)] for letter in random.integers(26, size=int(random.integers(2, 9))))
