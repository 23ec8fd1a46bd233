"""A training mix: for every sample some of the variations, each at a strength of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from sim_worlds.variation.catalogue import CATALOGUE
from sim_worlds.variation.wish import Variation

FULL: dict[str, float] = {kind.name: 1.0 for kind in CATALOGUE}


@dataclass(frozen=True, slots=True)
class TrainingMix:
    """Draws continuous strengths, so that a policy learns what lies between weak and strong too."""

    strongest: Mapping[str, float] = field(default_factory=FULL.copy)
    """By variation, 0…1; one that is missing never comes."""

    chance: float = 0.6
    """That a variation takes part in a sample. Strengths are even between 0 and the strongest."""

    def sample(self, seed: int) -> tuple[Variation, ...]:
        """The variations of one sample: the same seed, the same ones, whatever else is in the mix."""
        chosen: list[Variation] = []
        for name, strongest in self.strongest.items():
            random = np.random.default_rng((0x61C88647, crc32(name.encode()), seed & 0xFFFFFFFFFFFFFFFF))
            takes_part, strength = (float(number) for number in random.random(2))
            if takes_part < self.chance and strongest > 0.0:
                chosen.append(Variation(name, strength * strongest))
        return tuple(chosen)
