"""What hides a part of a picture: dirt on the lens, a sheet, a hand; the same pixels for a whole run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.ports import Image
from sim_worlds.variation.flaws import Cover, CoverKind

Field = NDArray[np.float64]
"""[height, width]."""

BLOTS = 22
COARSE_PX = 32
"""Side of the grid on which the size of a hand is found."""

SIZES = (0.4, 2.5)
"""Of a hand, smallest and largest, over one that is as long as a third of the picture."""

EDGE = {CoverKind.DIRT: 0.30, CoverKind.SHEET: 0.012, CoverKind.HAND: 0.02}
"""Width of the soft edge, in units of the height field's spread."""

FULL_SHARE = 0.5
"""A pixel that is covered so far counts as hidden."""

_FINGERS = ((-0.42, 0.75), (-0.16, 1.0), (0.10, 0.97), (0.36, 0.80))
"""Direction about the hand's own, in rad, and length over the longest finger's."""


class DrawnCover:
    """A cover at a camera's size."""

    def __init__(self, cover: Cover, *, width_px: int, height_px: int) -> None:
        random = np.random.default_rng((0x3C6EF372, cover.seed))
        across, down = np.meshgrid(
            (np.arange(width_px) + 0.5) / width_px - 0.5, (np.arange(height_px) + 0.5) / height_px - 0.5
        )
        height = _HEIGHTS[cover.kind](across, down, cover.share, random)
        threshold = float(np.quantile(height, 1.0 - cover.share))
        edge = EDGE[cover.kind] * float(height.std())
        alpha = np.clip((height - threshold) / edge + FULL_SHARE, 0.0, 1.0)
        shade = 1.0 + 0.12 * np.tanh((height - height.mean()) / height.std()) - 0.08
        colour = 255.0 * np.asarray(cover.colour_rgb) * shade[:, :, None]
        self.hidden: NDArray[np.bool_] = alpha >= FULL_SHARE
        """Pixels of which nothing can be told any more."""

        self._kept = (1.0 - alpha)[:, :, None].astype(np.float32)
        self._added = (alpha[:, :, None] * colour).astype(np.float32)

    def over(self, image: Image) -> Image:
        """The picture behind the cover; a new array."""
        return np.clip(np.rint(image * self._kept + self._added), 0.0, 255.0).astype(np.uint8)


def _dirt(across: Field, down: Field, share: float, random: np.random.Generator) -> Field:
    """Sum of soft blots all over the picture."""
    height = np.zeros_like(across)
    for _ in range(BLOTS):
        x, y = random.uniform(-0.55, 0.55, 2)
        size = random.uniform(0.025, 0.075)
        long, turn = random.uniform(1.0, 2.5), random.uniform(0.0, np.pi)
        along = (across - x) * np.cos(turn) + (down - y) * np.sin(turn)
        beside = (down - y) * np.cos(turn) - (across - x) * np.sin(turn)
        height += random.uniform(0.6, 1.0) * np.exp(-0.5 * ((along / (long * size)) ** 2 + (beside / size) ** 2))
    return height


def _sheet(across: Field, down: Field, share: float, random: np.random.Generator) -> Field:
    """Rises in one direction, with a slightly wavy edge."""
    turn, wave = random.uniform(0.0, 2.0 * np.pi), random.uniform(0.0, 2.0 * np.pi)
    along = across * np.cos(turn) + down * np.sin(turn)
    beside = down * np.cos(turn) - across * np.sin(turn)
    return along + 0.012 * np.sin(9.0 * beside + wave)


def _hand(across: Field, down: Field, share: float, random: np.random.Generator) -> Field:
    """Falls with the distance from the bones of a hand that comes in from the border, as large as it has to be."""
    turn, aside, bent = random.uniform(0.0, 2.0 * np.pi), random.uniform(-0.2, 0.2), random.uniform(-0.12, 0.12)
    coarse = (np.arange(COARSE_PX) + 0.5) / COARSE_PX - 0.5
    grid = np.meshgrid(coarse, coarse)
    low, high = SIZES
    for _ in range(8):
        size = 0.5 * (low + high)
        hidden = float((_bones(*grid, turn=turn, aside=aside, bent=bent, size=size) > 0.0).mean())
        low, high = (size, high) if hidden < share else (low, size)
    return _bones(across, down, turn=turn, aside=aside, bent=bent, size=0.5 * (low + high))


def _bones(across: Field, down: Field, *, turn: float, aside: float, bent: float, size: float) -> Field:
    into = np.array([np.cos(turn), np.sin(turn)])
    knuckles = (0.5 - 0.32 * size) * -into + aside * np.array([-into[1], into[0]])
    wrist = knuckles - 0.14 * size * into
    bones = [(wrist - 2.0 * into, wrist, 0.055), (wrist, knuckles, 0.075)]
    for direction, length in (*_FINGERS, (-1.05, 0.62)):
        angle = turn + direction + bent
        tip = knuckles + 0.22 * size * length * np.array([np.cos(angle), np.sin(angle)])
        bones.append((knuckles - 0.04 * size * into, tip, 0.022))
    return np.max([radius * size - _distance(across, down, start, end) for start, end, radius in bones], axis=0)


def _distance(across: Field, down: Field, start: Field, end: Field) -> Field:
    """From a segment."""
    way = end - start
    share = ((across - start[0]) * way[0] + (down - start[1]) * way[1]) / float(way @ way)
    share = np.clip(share, 0.0, 1.0)
    return np.hypot(across - start[0] - share * way[0], down - start[1] - share * way[1])


_HEIGHTS = {CoverKind.DIRT: _dirt, CoverKind.SHEET: _sheet, CoverKind.HAND: _hand}
