"""Meshes of the simple solids: boxes, cylinders, the mark on a cylinder's top, and flat plates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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
    return _stretched(_unit_box(), size_m)


def cylinder_mesh(size_m: Vector3, *, sides: int = 24) -> LightMesh:
    """An upright cylinder (diameter, diameter, height) about its centre."""
    return _stretched(_unit_cylinder(sides), size_m)


def top_mark_mesh(size_m: Vector3, *, sides: int = 16) -> LightMesh:
    """The flat disc in the middle of a cylinder's top face, in the cylinder's frame."""
    mark = TOP_MARK_FRACTION
    disc = _stretched(_unit_disc(sides), (mark * size_m[0], mark * size_m[1], 1.0))
    disc.vertices[:, 2] = np.round(np.float32(0.5 * size_m[2] + TOP_MARK_RAISE_M), 6)
    return disc


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


@dataclass(frozen=True, slots=True)
class _Unit:
    """A solid of size 1 that was shaded once; that takes longer than to draw it."""

    mesh: LightMesh
    points: NDArray[np.float64]
    """[n, 3]: the mesh's vertices, unrounded."""


def _unit(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> _Unit:
    mesh = shade(points, triangles)
    nearest = np.linalg.norm(mesh.vertices[:, None, :] - points[None, :, :], axis=2).argmin(axis=1)
    return _Unit(mesh, points[nearest])


def _stretched(unit: _Unit, size_m: Vector3) -> LightMesh:
    """Along its axes: faces keep their normals, and so does the side of what stays round."""
    vertices = np.round((unit.points * np.asarray(size_m)).astype(np.float32), 6)
    return LightMesh(vertices, unit.mesh.normals, unit.mesh.triangles)


@lru_cache
def _unit_box() -> _Unit:
    return _unit(0.5 * _UNIT_CORNERS, _BOX_TRIANGLES)


@lru_cache
def _unit_cylinder(sides: int) -> _Unit:
    rim = _rim(sides)
    low = np.column_stack([rim, np.full(sides, -0.5)])
    high = np.column_stack([rim, np.full(sides, 0.5)])
    points = np.concatenate([low, high, [[0.0, 0.0, -0.5], [0.0, 0.0, 0.5]]])
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
    return _unit(points, triangles)


@lru_cache
def _unit_disc(sides: int) -> _Unit:
    points = np.concatenate([np.column_stack([_rim(sides), np.zeros(sides)]), np.zeros((1, 3))])
    this = np.arange(sides)
    return _unit(points, np.column_stack([np.full(sides, sides), this, (this + 1) % sides]))


def _rim(sides: int) -> NDArray[np.float64]:
    """Of diameter 1."""
    angles = np.arange(sides) * (2.0 * np.pi / sides)
    return np.column_stack([0.5 * np.cos(angles), 0.5 * np.sin(angles)])
