"""All triangles of a cell in one buffer, so that a picture is one draw call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription, Tray
from runtime.messages.geometry import Box, Pose, Vector3
from sim_worlds.cameras.frames import matrices
from sim_worlds.cameras.meshes import load_mesh
from sim_worlds.cameras.simplification import LightMesh
from sim_worlds.cameras.solids import box_mesh, part_meshes, plate_mesh
from sim_worlds.poses import matrix_of

MARK_RGB: Vector3 = (0.97, 0.97, 0.95)
TRAY_RGB: Vector3 = (0.30, 0.31, 0.33)
BELT_RGB: Vector3 = (0.17, 0.18, 0.19)
TOTE_RGB: Vector3 = (0.40, 0.41, 0.43)
BELT_UPSTREAM_M = 0.35
"""How much of a belt is drawn beyond the reach of the arm."""

SURFACE_RAISE_M = 0.0006
"""Tray and tote floors are drawn this much above the drawing's value, free of depth fighting."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Vertices of everything; each belongs to a body whose matrix moves it.

    Body 0 is what never moves; then base, joints, left finger, right finger, parts, in this order.
    """

    vertices: NDArray[np.float32]
    """[n, 10]: position, normal (body frame), linear colour, body index."""

    indices: NDArray[np.uint32]
    """[3 m]."""

    casting: NDArray[np.uint32]
    """Those of `indices` that throw shadows."""

    links: int
    """Bodies of the arm: base, joints and two fingers."""

    parts: int

    @property
    def bodies(self) -> int:
        """How many matrices a picture needs."""
        return 1 + self.links + self.parts


class DrawingBoard:
    """Collects meshes; `finish` hands the drawing out."""

    def __init__(self) -> None:
        self._vertices: list[NDArray[np.float32]] = []
        self._indices: list[NDArray[np.uint32]] = []
        self._casting: list[NDArray[np.uint32]] = []
        self._count = 0

    def add(
        self, mesh: LightMesh, *, body: int, colour_rgb: Vector3, pose: Pose | None = None, casts: bool = True
    ) -> None:
        """One mesh in one display colour (sRGB, 0…1), placed in its body's frame; `casts` a shadow or not."""
        place = np.eye(4) if pose is None else matrix_of(pose)
        count = len(mesh.vertices)
        rows = np.empty((count, 10), dtype=np.float32)
        rows[:, 0:3] = mesh.vertices @ place[:3, :3].T + place[:3, 3]
        rows[:, 3:6] = mesh.normals @ place[:3, :3].T
        rows[:, 6:9] = linear(colour_rgb)
        rows[:, 9] = body
        self._vertices.append(rows)
        indices = mesh.triangles.astype(np.uint32).reshape(-1) + np.uint32(self._count)
        self._indices.append(indices)
        if casts:
            self._casting.append(indices)
        self._count += count

    def finish(self, *, links: int, parts: int) -> Drawing:
        """Everything added so far as one drawing."""
        casting = np.concatenate([np.zeros(0, dtype=np.uint32), *self._casting])
        return Drawing(np.concatenate(self._vertices), np.concatenate(self._indices), casting, links, parts)


def linear(colour_rgb: Vector3) -> NDArray[np.float64]:
    """Display colour to linear light (sRGB, IEC 61966-2-1, as a plain power of 2.2)."""
    return np.clip(np.asarray(colour_rgb, dtype=np.float64), 0.0, 1.0) ** 2.2


def draw_cell(cell: CellDescription, *, mesh_folder: Path | None = None) -> Drawing:
    """The whole cell; raises OSError when a mesh of the arm is missing."""
    board = DrawingBoard()
    for box in cell.obstacles:
        top_m = box.centre_in_base.position_m[2] + box.half_extents_m[2]
        board.add(
            box_mesh(_doubled(box)),
            body=0,
            colour_rgb=box.colour_rgb,
            pose=box.centre_in_base,
            casts=top_m > cell.floor_z_m + 0.005,
        )
    _add_surfaces(board, cell)
    for mesh in cell.robot.meshes:
        board.add(
            load_mesh(mesh.file, folder=mesh_folder),
            body=2 + mesh.joint,
            colour_rgb=mesh.colour_rgb,
            pose=mesh.mesh_in_joint,
        )
    links = len(cell.robot.joints) + 3
    for index, part in enumerate(cell.parts):
        meshes = part_meshes(part.shape, part.size_m)
        for mesh, colour in zip(meshes, (part.colour_rgb, MARK_RGB), strict=False):
            board.add(mesh, body=1 + links + index, colour_rgb=colour, casts=colour is not MARK_RGB)
    return board.finish(links=links, parts=len(cell.parts))


def body_matrices(drawing: Drawing, poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """[bodies, 3, 4] from [links + parts, 7] poses; a body with a pose that is not finite is not drawn."""
    placed = np.empty((drawing.bodies, 3, 4), dtype=np.float32)
    placed[0] = np.eye(4)[:3]
    placed[1:] = matrices(poses)[:, :3]
    if not np.isfinite(placed).all():
        placed[~np.isfinite(placed).all(axis=(1, 2))] = 0.0
    return placed


def _add_surfaces(board: DrawingBoard, cell: CellDescription) -> None:
    surfaces = [(tote.centre_in_base_m, tote.inner_half_extents_m, TOTE_RGB) for tote in cell.totes]
    surfaces.append((*_surface(cell.tray), BELT_RGB if any(cell.tray.belt_velocity_m_s) else TRAY_RGB))
    for (x, y, z), half_extents_m, colour in surfaces:
        pose = Pose((x, y, z + SURFACE_RAISE_M))
        board.add(plate_mesh(half_extents_m), body=0, colour_rgb=colour, pose=pose, casts=False)


def _surface(tray: Tray) -> tuple[Vector3, tuple[float, float]]:
    """Centre and half extents of what is drawn: a belt comes from further upstream than the arm reaches."""
    centre, half = np.array(tray.centre_in_base_m), np.array(tray.inner_half_extents_m)
    velocity = np.array(tray.belt_velocity_m_s)
    if velocity.any():
        upstream = -velocity[:2] / np.linalg.norm(velocity[:2])
        half = half + 0.5 * BELT_UPSTREAM_M * np.abs(upstream)
        centre[:2] += 0.5 * BELT_UPSTREAM_M * upstream
    return (float(centre[0]), float(centre[1]), float(centre[2])), (float(half[0]), float(half[1]))


def _doubled(box: Box) -> Vector3:
    x, y, z = box.half_extents_m
    return (2.0 * x, 2.0 * y, 2.0 * z)
