"""Domain randomisation: named, seeded variations of a scene, each at any strength. The runtime never learns of them."""

from sim_worlds.variation.catalogue import CATALOGUE
from sim_worlds.variation.mix import TrainingMix
from sim_worlds.variation.varied_scene import VariedScene
from sim_worlds.variation.vary import parse_variations, variation_names, vary
from sim_worlds.variation.wish import STRENGTHS, Variation

__all__ = [
    "CATALOGUE",
    "STRENGTHS",
    "TrainingMix",
    "Variation",
    "VariedScene",
    "parse_variations",
    "variation_names",
    "vary",
]
