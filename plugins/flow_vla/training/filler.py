"""A form's own words, exchanged at random: so that the reader relies on what stands in its gaps."""

from __future__ import annotations

import numpy as np

_COMMON = tuple(
    """
    a an the this that these it its are be being been will would should could can may might shall let us
    me my we you your he she they please kindly now then soon again just also too very quite
    really well so because as at by for in into of on onto to towards up
    down within go get got give take bring fetch find want need like have had make made sure ends
    end belongs belong leave set lay sit carry transfer deliver ship load send handle
    use work job task order customer careful carefully quick quickly slowly here there over look see about
    hey hi ok okay alright good thanks someone somebody time day today morning
    """.split()  # noqa: SIM905
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_REPLACED = 0.25
_LEFT_OUT = 0.1


def exchange(form: str, random: np.random.Generator) -> str:
    """The same wish among other words: for what can be done. Gaps stay, with the marks beside them."""
    kept: list[str] = []
    for word in form.split():
        chance = random.uniform()
        if "{" in word or chance > _REPLACED + _LEFT_OUT:
            kept.append(word)
        elif chance < _REPLACED:
            kept.append(_word(random))
    return surround(" ".join(kept), random)


def surround(form: str, random: np.random.Generator) -> str:
    """Other words before and after it: for what cannot be done, where any word may say why."""
    before = [_word(random) for _ in range(int(random.integers(0, 4)))]
    after = [_word(random) for _ in range(int(random.integers(0, 3)))]
    return " ".join([*before, form, *after])


def _word(random: np.random.Generator) -> str:
    if random.uniform() < 0.1:
        return "and"
    if random.uniform() < 0.8:
        return _COMMON[int(random.integers(len(_COMMON)))]
    return "".join(_LETTERS[int(letter)] for letter in random.integers(26, size=int(random.integers(2, 9))))
