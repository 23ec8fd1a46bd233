"""Meshes of the simple solids: boxes, cylinders, the mark on a cylinder's top, and flat plates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Vector3
from sim_worlds.cameras.simplification import LightMesh, shade

TOP_MARK_FRACTION = 0.5
"""Diameter of the pale disc on a cylinder's top over the cylinder's: from above it tells it from a ball."""

TOP_MARK_RAISE_M = 0.0004
"""Keeps the disc free of depth fighting with the top face."""

_UNIT_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_BOX_TRIANGLES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
     [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


def box_mesh(size_m: Vector3) -> LightMesh:
    """A box of full extents `size_m` about its centre."""
    return shade(_UNIT_CORNERS * (0.5 * np.asarray(size_m)), _BOX_TRIANGLES)


def cylinder_mesh(size_m: Vector3, *, sides: int = 24) -> LightMesh:
    """An upright cylinder (diameter, diameter, height) about its centre."""
    rim = _rim(0.5 * size_m[0], 0.5 * size_m[1], sides)
    half = 0.5 * size_m[2]
    low = np.column_stack([rim, np.full(sides, -half)])
    high = np.column_stack([rim, np.full(sides, half)])
    points = np.concatenate([low, high, [[0.0, 0.0, -half], [0.0, 0.0, half]]])
    this, after = np.arange(sides), (np.arange(sides) + 1) % sides
    bottom, top = np.full(sides, 2 * sides), np.full(sides, 2 * sides + 1)
    triangles = np.concatenate(
        [
            np.column_stack([this, after, after + sides]),
            np.column_stack([this, after + sides, this + sides]),
            np.column_stack([bottom, after, this]),
            np.column_stack([top, this + sides, after + sides]),
        ]
    )
    return shade(points, triangles)


def top_mark_mesh(size_m: Vector3, *, sides: int = 16) -> LightMesh:
    """The flat disc in the middle of a cylinder's top face, in the cylinder's frame."""
    rim = _rim(0.5 * TOP_MARK_FRACTION * size_m[0], 0.5 * TOP_MARK_FRACTION * size_m[1], sides)
    height = 0.5 * size_m[2] + TOP_MARK_RAISE_M
    points = np.concatenate([np.column_stack([rim, np.full(sides, height)]), [[0.0, 0.0, height]]])
    this = np.arange(sides)
    return shade(points, np.column_stack([np.full(sides, sides), this, (this + 1) % sides]))


def plate_mesh(half_extents_m: tuple[float, float]) -> LightMesh:
    """A rectangle in the x-y plane that looks up."""
    x, y = half_extents_m
    points = np.array([[-x, -y, 0.0], [x, -y, 0.0], [x, y, 0.0], [-x, y, 0.0]])
    return shade(points, np.array([[0, 1, 2], [0, 2, 3]]))


def part_meshes(shape: str, size_m: Vector3) -> tuple[LightMesh, ...]:
    """Body of a catalogue part, and its pale top mark where it is a cylinder."""
    if shape == "cylinder":
        return cylinder_mesh(size_m), top_mark_mesh(size_m)
    return (box_mesh(size_m),)


def _rim(radius_x_m: float, radius_y_m: float, sides: int) -> NDArray[np.float64]:
    angles = np.arange(sides) * (2.0 * np.pi / sides)
    return np.column_stack([radius_x_m * np.cos(angles), radius_y_m * np.sin(angles)])
