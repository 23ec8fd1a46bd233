"""Colours that no part has: whatever is varied or added stays apart from the parts by hue, as parts do themselves."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from runtime.messages.cell import PartKind
from runtime.messages.geometry import Vector3

APART_DEG = 20.0
"""Least difference of hue from every part: the same as between two parts of a scene file."""

PALE = 0.15
"""Below this saturation a colour counts as grey, whatever its hue."""


class FreeHues:
    """The hues between those of the catalogue."""

    def __init__(self, parts: Sequence[PartKind]) -> None:
        self._free = _free_hues(tuple(part.colour_rgb for part in parts))

    def colour(self, random: np.random.Generator, *, saturation: float, value: float) -> Vector3:
        """A display colour of this saturation and value; grey where no hue is free."""
        hue = self._free[int(random.random() * len(self._free))] if self._free else 0
        if not self._free:
            saturation = min(saturation, PALE)
        red, green, blue = colorsys.hsv_to_rgb(hue / 360.0, saturation, min(max(value, 0.0), 1.0))
        return (red, green, blue)


@lru_cache(maxsize=16)
def _free_hues(colours: tuple[Vector3, ...]) -> tuple[int, ...]:
    taken = [360.0 * colorsys.rgb_to_hsv(*colour)[0] for colour in colours]
    return tuple(
        hue for hue in range(360) if all(abs((hue - other + 180.0) % 360.0 - 180.0) >= APART_DEG for other in taken)
    )


def shifted(colour_rgb: Vector3, *, hue_rad: float, value_factor: float) -> Vector3:
    """A display colour turned in hue and made lighter or darker."""
    hue, saturation, value = colorsys.rgb_to_hsv(*colour_rgb)
    red, green, blue = colorsys.hsv_to_rgb((hue + hue_rad / math.tau) % 1.0, saturation, min(value * value_factor, 1.0))
    return (red, green, blue)
