"""Words that carry no meaning here, exchanged at random: so that the reader relies on those that do."""

from __future__ import annotations

import numpy as np

from sim_worlds.sentences.beyond import NUMBERS, SIZES

_CARRYING = frozenset(
    """
    red scarlet green emerald blue navy yellow golden cyan turquoise teal purple violet orange pink brown black white
    grey cube block dice flat box plate slab cylinder can puck ball sphere cone pyramid ring bottle screw left right
    leftmost rightmost nearest farthest closest far near front back distant most left-hand right-hand tray robot arm
    outermost extreme foremost hindmost furthest first rear edge end base away
    one part object piece item thing tote bin container crate side and or both not don't never but stop everything do
    next beside behind between of under top above beyond touches number
    two three four last middle corner neither nor other others same before inner out remove empty push roll kick turn
    rotate hold throw show watch touch swap exchange stack colour all every them table floor hand beneath close with
    against past along centre center rest broken lonely alone missing like wrong drag pull shove tilt flip press measure
    scan clean replace unload off little
    """.split()  # noqa: SIM905 - a page of words reads better than a list
) | {*SIZES, *NUMBERS}
_COMMON = tuple(
    """
    a an the this that these it its is are be being been was will would should could can may might must shall let us
    me my we you your he she they please kindly now then next soon again first just only also too very quite
    really well so if how what when where while because as at by for in into inside of on onto to towards up
    down within go get got give take bring fetch find want need like have has had make made sure ends
    end belongs belong leave set lay sit carry transfer deliver ship load send handle
    use work job task order customer careful carefully quick quickly slowly here there over up look see keep stay
    about after
    hey hi ok okay alright good thanks someone somebody which who why time day today morning
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
