"""Meshes of simple solids with normals: boxes, cylinders, capsules, plates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Vector3

TOP_MARK_FRACTION = 0.5
"""Diameter of the pale disc on a cylinder's top over the cylinder's, as on the real parts."""


@dataclass(frozen=True, slots=True)
class Solid:
    """Triangles with a normal at every vertex, in metres."""

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.uint32]


def box(size_m: Vector3) -> Solid:
    """Full extents about the centre; four vertices a face, so that edges stay sharp."""
    half = 0.5 * np.asarray(size_m)
    vertices: list[NDArray[np.float64]] = []
    normals: list[NDArray[np.float64]] = []
    for axis in range(3):
        first, second = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
        for side in (1.0, -1.0):
            normal = side * np.eye(3)[axis]
            corners = [normal + side * a * first + b * second for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            vertices.extend(corner * half for corner in corners)
            normals.extend([normal] * 4)
    quads = 4 * np.arange(6)[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])
    return _solid(np.array(vertices), np.array(normals), quads.reshape(-1, 3))


def cylinder(size_m: Vector3, *, sides: int = 28) -> Solid:
    """Upright (diameter, diameter, height) about the centre, closed."""
    circle = _circle(sides)
    side_normals = np.column_stack([circle, np.zeros(sides)])
    half = 0.5 * np.asarray(size_m)
    low = np.column_stack([circle, -np.ones(sides)]) * half
    high = np.column_stack([circle, np.ones(sides)]) * half
    this, after = np.arange(sides), (np.arange(sides) + 1) % sides
    wall = np.concatenate(
        [np.column_stack([this, after, after + sides]), np.column_stack([this, after + sides, this + sides])]
    )
    mantle = _solid(np.concatenate([low, high]), np.concatenate([side_normals, side_normals]), wall)
    return join([mantle, disc(size_m, raise_m=0.0, fraction=1.0, sides=sides), _bottom(size_m, sides)])


def disc(size_m: Vector3, *, raise_m: float, fraction: float = TOP_MARK_FRACTION, sides: int = 28) -> Solid:
    """A flat disc that looks up, `raise_m` above the top of a cylinder of this size."""
    circle = _circle(sides)
    rim = np.column_stack([0.5 * fraction * size_m[0] * circle, np.full(sides, 0.5 * size_m[2] + raise_m)])
    points = np.concatenate([rim, [[0.0, 0.0, 0.5 * size_m[2] + raise_m]]])
    this = np.arange(sides)
    triangles = np.column_stack([np.full(sides, sides), this, (this + 1) % sides])
    return _solid(points, np.tile([0.0, 0.0, 1.0], (sides + 1, 1)), triangles)


def capsule(start_m: Vector3, end_m: Vector3, radius_m: float, *, sides: int = 14, rings: int = 4) -> Solid:
    """All points within `radius_m` of the segment."""
    start, end = np.asarray(start_m, dtype=float), np.asarray(end_m, dtype=float)
    length = float(np.linalg.norm(end - start))
    axis = (end - start) / length if length > 1e-9 else np.array([0.0, 0.0, 1.0])
    across = np.cross(axis, [1.0, 0.0, 0.0] if abs(axis[0]) < 0.9 else [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    frame = np.column_stack([across, np.cross(axis, across), axis])
    latitudes = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 2 * rings + 2)
    circle = _circle(sides)
    normals = np.concatenate([np.column_stack([np.cos(t) * circle, np.full(sides, np.sin(t))]) for t in latitudes])
    centres = np.where(np.repeat(latitudes, sides)[:, None] < 0.0, start, end)
    normals = normals @ frame.T
    row, column = np.meshgrid(np.arange(len(latitudes) - 1), np.arange(sides), indexing="ij")
    a, b = row * sides + column, row * sides + (column + 1) % sides
    triangles = np.concatenate(
        [np.stack([a, b, b + sides], axis=-1).reshape(-1, 3), np.stack([a, b + sides, a + sides], -1).reshape(-1, 3)]
    )
    return _solid(centres + radius_m * normals, normals, triangles)


def plate(half_extents_m: tuple[float, float]) -> Solid:
    """A rectangle in the x-y plane that looks up."""
    x, y = half_extents_m
    points = np.array([[-x, -y, 0.0], [x, -y, 0.0], [x, y, 0.0], [-x, y, 0.0]])
    return _solid(points, np.tile([0.0, 0.0, 1.0], (4, 1)), np.array([[0, 1, 2], [0, 2, 3]]))


def join(solids: list[Solid]) -> Solid:
    """Several solids as one."""
    offsets = np.cumsum([0, *(len(solid.vertices) for solid in solids[:-1])])
    return Solid(
        np.concatenate([solid.vertices for solid in solids]),
        np.concatenate([solid.normals for solid in solids]),
        np.concatenate(
            [solid.triangles + np.uint32(offset) for solid, offset in zip(solids, offsets, strict=True)]
        ).astype(np.uint32),
    )


def _bottom(size_m: Vector3, sides: int) -> Solid:
    top = disc(size_m, raise_m=0.0, fraction=1.0, sides=sides)
    turned = np.array([1.0, 1.0, -1.0], dtype=np.float32)
    return Solid(top.vertices * turned, top.normals * turned, np.ascontiguousarray(top.triangles[:, ::-1]))


def _circle(sides: int) -> NDArray[np.float64]:
    angles = np.arange(sides) * (2.0 * np.pi / sides)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _solid(vertices: NDArray[np.float64], normals: NDArray[np.float64], triangles: NDArray[np.int64]) -> Solid:
    return Solid(vertices.astype(np.float32), normals.astype(np.float32), triangles.astype(np.uint32))
