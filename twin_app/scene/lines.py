"""Line drawings in the cell: grid on the table, workspace box, camera frusta, path of the plan, drop line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Region
from twin_app.scene.kinematics import Matrix, matrix_of

Segments = NDArray[np.float32]
"""[2 n, 3]: pairs of points in the base frame, metres."""

FRUSTUM_DEPTH_M = 0.12
"""How far the sides of a frustum are drawn; the picture's borders on the table say the rest."""

GRID_STEP_M = 0.1


def grid_segments(cell: CellDescription) -> Segments:
    """Lines every 10 cm on the largest level surface, a little above it."""
    if not cell.obstacles:
        return no_segments()
    table = max(cell.obstacles, key=lambda box: box.half_extents_m[0] * box.half_extents_m[1])
    x, y, z = table.centre_in_base.position_m
    half_x, half_y, half_z = table.half_extents_m
    height = z + half_z + 0.0015
    rows: list[tuple[float, float, float]] = []
    for step in _grid_steps(x - half_x, x + half_x):
        rows += [(step, y - half_y, height), (step, y + half_y, height)]
    for step in _grid_steps(y - half_y, y + half_y):
        rows += [(x - half_x, step, height), (x + half_x, step, height)]
    return np.array(rows, dtype=np.float32)


def _grid_steps(low: float, high: float) -> list[float]:
    first, last = int(np.ceil(low / GRID_STEP_M)), int(np.floor(high / GRID_STEP_M))
    return [number * GRID_STEP_M for number in range(first, last + 1)]


def box_segments(region: Region) -> Segments:
    """The twelve edges of a box."""
    low, high = np.asarray(region.lower_m), np.asarray(region.upper_m)
    corners = np.array([[(low, high)[bit >> axis & 1][axis] for axis in range(3)] for bit in range(8)])
    edges = [(a, a | 1 << axis) for a in range(8) for axis in range(3) if not a >> axis & 1]
    return corners[np.array(edges).reshape(-1)].astype(np.float32)


def frustum_segments(camera: CameraDescription, *, parent_in_base: Matrix, floor_z_m: float) -> Segments:
    """A small pyramid at the camera, and the border of its picture on the table where it falls on it."""
    camera_in_base = parent_in_base @ matrix_of(camera.camera_in_parent)
    x = 0.5 * camera.width_px / camera.focal_px
    y = 0.5 * camera.height_px / camera.focal_px
    rays = np.array([[-x, -y, 1.0], [x, -y, 1.0], [x, y, 1.0], [-x, y, 1.0]]) @ camera_in_base[:3, :3].T
    eye = camera_in_base[:3, 3]
    near = eye + FRUSTUM_DEPTH_M * rays
    rows: list[NDArray[np.float64]] = []
    for index in range(4):
        rows += [eye, near[index], near[index], near[(index + 1) % 4]]
    if (rays[:, 2] < -0.2).all():
        ground = eye + rays * ((floor_z_m + 0.003 - eye[2]) / rays[:, 2])[:, None]
        for index in range(4):
            rows += [ground[index], ground[(index + 1) % 4]]
    return np.array(rows, dtype=np.float32)


def path_segments(points_m: NDArray[np.float64]) -> Segments:
    """A polyline as pairs of points."""
    if len(points_m) < 2:
        return np.zeros((0, 3), np.float32)
    return np.repeat(points_m, 2, axis=0)[1:-1].astype(np.float32)


def ring_segments(centre_m: NDArray[np.float64], *, radius_m: float, sides: int = 32) -> Segments:
    """A level circle."""
    angles = np.linspace(0.0, 2.0 * np.pi, sides + 1)
    points = centre_m + radius_m * np.column_stack([np.cos(angles), np.sin(angles), np.zeros(sides + 1)])
    return path_segments(points)


def no_segments() -> Segments:
    """Nothing to draw."""
    return np.zeros((0, 3), np.float32)
