"""Which catalogue colour a pixel shows."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import PartKind
from runtime.ports import Image

HUE_TOLERANCE = 14.0
"""In OpenCV's half degrees: shading and lamp colour turn a hue by a few of them."""

SATURATION_FLOOR = 70
VALUE_FLOOR = 25
"""Below these a pixel is grey or black: table, arm, shadow. 8 bit."""

_FLOOR = np.array([0, SATURATION_FLOOR, VALUE_FLOOR], dtype=np.uint8)
_CEILING = np.array([255, 255, 255], dtype=np.uint8)

Labels = NDArray[np.uint8]


class ColourKey:
    """Hues of a catalogue; each pixel belongs to the nearest one within tolerance, or to none."""

    def __init__(self, parts: tuple[PartKind, ...]) -> None:
        """Parts of one colour word and nearly one hue share a label."""
        self.labels: tuple[int, ...]
        """Label of every part of the catalogue, in its order; label 0 is background."""

        hues = [_hue(part) for part in parts]
        centres: list[float] = []
        labels: list[int] = []
        for hue in hues:
            near = [index for index, centre in enumerate(centres) if _turn(hue, centre) < 0.5 * HUE_TOLERANCE]
            if not near:
                centres.append(hue)
            labels.append(near[0] + 1 if near else len(centres))
        self.labels = tuple(labels)
        self._table = _hue_table(centres)

    def classify(self, image: Image) -> Labels:
        """u8[height, width]: label of every pixel."""
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
        coloured = cv2.inRange(hsv, _FLOOR, _CEILING)
        labels = cv2.LUT(cv2.extractChannel(hsv, 0), self._table)
        return np.asarray(cv2.bitwise_and(labels, coloured), dtype=np.uint8)


def _hue(part: PartKind) -> float:
    return 180.0 * colorsys.rgb_to_hsv(*part.colour_rgb)[0]


def _turn(hue: float, other: float) -> float:
    return abs((hue - other + 90.0) % 180.0 - 90.0)


def _hue_table(centres: list[float]) -> Labels:
    table = np.zeros(256, dtype=np.uint8)
    for hue in range(180):
        distances = [_turn(float(hue), centre) for centre in centres]
        best = min(range(len(centres)), key=distances.__getitem__, default=-1)
        if best >= 0 and distances[best] <= HUE_TOLERANCE:
            table[hue] = best + 1
    return table
