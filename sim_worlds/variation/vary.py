"""From a scene, some wishes and a seed to the cell as it really is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from sim_worlds.scenes import Scene
from sim_worlds.variation.catalogue import CATALOGUE
from sim_worlds.variation.parameters import Draw
from sim_worlds.variation.varied_scene import VariedScene
from sim_worlds.variation.wish import Variation, parse_variation

_BY_NAME = {kind.name: kind for kind in CATALOGUE}


def variation_names() -> tuple[str, ...]:
    """Every variation of the catalogue."""
    return tuple(_BY_NAME)


def parse_variations(words: Sequence[str]) -> tuple[Variation, ...]:
    """Read `NAME[:STRENGTH]` each; of one name the last counts. Raises `UserMistake`."""
    wishes = [parse_variation(word, variation_names()) for word in words]
    return tuple({wish.name: wish for wish in wishes}.values())


def vary(scene: Scene, *, variations: Sequence[Variation], seed: int) -> VariedScene:
    """The same scene, variations and seed give the same cell, and none give the scene itself.

    Each variation draws from a generator of its own, so that none depends on the others or on anything else that
    this seed decides. They are applied in the catalogue's order, whatever theirs.
    """
    wished = {variation.name: variation for variation in variations}
    unknown = sorted(set(wished) - set(_BY_NAME))
    if unknown:
        raise ValueError(f"variation {unknown[0]!r}: allowed are {', '.join(_BY_NAME)}")
    varied = VariedScene(scene, scene.description)
    for name, kind in _BY_NAME.items():
        if name in wished and wished[name].strength > 0.0:
            random = np.random.default_rng((0x2C9277B5, crc32(name.encode()), seed & 0xFFFFFFFFFFFFFFFF))
            draw = Draw(kind, wished[name].strength, random)
            varied = kind.apply(varied, draw)
            varied = replace(
                varied,
                variations=(*varied.variations, wished[name]),
                drawn={**varied.drawn, **draw.drawn},
            )
    return varied
