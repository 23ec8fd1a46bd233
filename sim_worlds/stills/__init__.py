"""Static scenes for training: pictures of cell states that occur when parts are picked, with the truth as labels.

For training code and reports only. Nothing that decides while a cell runs may import this.
"""

from sim_worlds.stills.recipe import StillRecipe
from sim_worlds.stills.still import PartLabel, Sight, Still
from sim_worlds.stills.studio import Studio

__all__ = ["PartLabel", "Sight", "Still", "StillRecipe", "Studio"]
