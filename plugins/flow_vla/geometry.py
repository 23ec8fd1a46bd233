"""Between cells of a picture and places in the base frame, as the drawing of the cell has its cameras."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.eyes import CELL_PX, CELLS
from runtime.perception import ViewGeometry

_GRID = (np.stack(np.meshgrid(np.arange(CELLS), np.arange(CELLS)), axis=-1).reshape(-1, 2) + 0.5) * CELL_PX


def cell_places(view: ViewGeometry, *, z_m: float, offsets: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    """f64[CELLS², 2]: x and y in base of the middle of every cell, on the horizontal plane at `z_m`.

    `offsets`: f32[CELLS², 2], in cells across and down: of other points than the middles.
    """
    points = _GRID if offsets is None else _GRID + CELL_PX * offsets
    return view.on_plane(points.astype(np.float64), z_m=z_m)


def cell_of(pixel: tuple[float, float]) -> tuple[int, tuple[float, float]] | None:
    """Number of the cell that holds a pixel, and how far the pixel is from its middle in cells; None outside."""
    column, row = pixel[0] / CELL_PX, pixel[1] / CELL_PX
    if not (0.0 <= column < CELLS and 0.0 <= row < CELLS):
        return None
    across, down = int(column), int(row)
    return down * CELLS + across, (column - across - 0.5, row - down - 0.5)


def pixel_of(cell: int, offset: tuple[float, float]) -> tuple[float, float]:
    """The inverse of `cell_of`; the offset may reach beyond the cell."""
    down, across = divmod(cell, CELLS)
    return (across + 0.5 + offset[0]) * CELL_PX, (down + 0.5 + offset[1]) * CELL_PX


def image_turn(view: ViewGeometry, yaw_rad: float) -> float:
    """How a horizontal direction in base appears in the picture: angle from its right towards its bottom."""
    axes = view.axes
    x, y = math.cos(yaw_rad), math.sin(yaw_rad)
    return math.atan2(axes[1][0] * x + axes[1][1] * y, axes[0][0] * x + axes[0][1] * y)


def base_turn(view: ViewGeometry, turn_rad: float) -> float:
    """The inverse of `image_turn` for a camera that looks down."""
    return image_turn(view, 0.0) - turn_rad if _mirrored(view) else turn_rad - image_turn(view, 0.0)


def _mirrored(view: ViewGeometry) -> bool:
    """A camera that looks down sees the base's turns the other way round."""
    return math.sin(image_turn(view, 0.5 * math.pi) - image_turn(view, 0.0)) < 0.0
