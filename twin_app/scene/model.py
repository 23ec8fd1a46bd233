"""All triangles of the twin in one array: the cell's solids, the arm and the parts, each row with its body."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription, PartKind, Tray
from runtime.messages.geometry import Pose, Vector3
from runtime.messages.robot import RobotDescription
from twin_app.scene.kinematics import matrix_of
from twin_app.scene.solids import Solid, box, capsule, cylinder, disc, plate

COLUMNS = 11
"""Position 3, normal 3, colour 4, body 1; float32."""

TRAY_RGB: Vector3 = (0.30, 0.31, 0.33)
BELT_RGB: Vector3 = (0.20, 0.21, 0.22)
TOTE_RGB: Vector3 = (0.42, 0.43, 0.45)
BELT_UPSTREAM_M = 0.35
"""How much of a belt is drawn beyond the reach of the arm."""

MARK_RGB: Vector3 = (0.97, 0.97, 0.95)
CAPSULE_RGB: Vector3 = (0.78, 0.80, 0.82)
FINGER_SIZE_M: Vector3 = (0.02, 0.015, 0.05)
"""Stand-in for a finger without a mesh."""


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of thing that is drawn together."""

    rows: NDArray[np.float32]
    """[n, COLUMNS]."""

    triangles: NDArray[np.uint32]
    """[m, 3]."""


class ModelBoard:
    """Collects solids; `finish` hands them out as one model."""

    def __init__(self) -> None:
        self._rows: list[NDArray[np.float32]] = []
        self._triangles: list[NDArray[np.uint32]] = []
        self._count = 0

    def add(self, solid: Solid, *, body: int, colour_rgb: Vector3, pose: Pose | None = None) -> None:
        """One solid in one colour, placed in its body's frame."""
        place = np.eye(4) if pose is None else matrix_of(pose)
        rows = np.empty((len(solid.vertices), COLUMNS), dtype=np.float32)
        rows[:, 0:3] = solid.vertices @ place[:3, :3].T + place[:3, 3]
        rows[:, 3:6] = solid.normals @ place[:3, :3].T
        rows[:, 6:10] = (*colour_rgb, 1.0)
        rows[:, 10] = body
        self._rows.append(rows)
        self._triangles.append(solid.triangles + np.uint32(self._count))
        self._count += len(rows)

    def finish(self) -> Model:
        """Everything added so far."""
        if not self._rows:
            return Model(np.zeros((0, COLUMNS), np.float32), np.zeros((0, 3), np.uint32))
        return Model(np.concatenate(self._rows), np.concatenate(self._triangles).astype(np.uint32))


def cell_model(cell: CellDescription) -> Model:
    """What never moves: table, walls, floors of tray and totes. Body 0."""
    board = ModelBoard()
    for obstacle in cell.obstacles:
        x, y, z = obstacle.half_extents_m
        solid = box((2.0 * x, 2.0 * y, 2.0 * z))
        board.add(solid, body=0, colour_rgb=obstacle.colour_rgb, pose=obstacle.centre_in_base)
    floors = [(tote.centre_in_base_m, tote.inner_half_extents_m, TOTE_RGB) for tote in cell.totes]
    floors.append((*_surface(cell.tray), BELT_RGB if any(cell.tray.belt_velocity_m_s) else TRAY_RGB))
    for (x, y, z), half_extents_m, colour in floors:
        board.add(plate(half_extents_m), body=0, colour_rgb=colour, pose=Pose((x, y, z + 0.001)))
    return board.finish()


def _surface(tray: Tray) -> tuple[Vector3, tuple[float, float]]:
    """Centre and half extents of what is drawn: a belt comes from further upstream than the arm reaches."""
    centre, half = np.array(tray.centre_in_base_m), np.array(tray.inner_half_extents_m)
    velocity = np.array(tray.belt_velocity_m_s)
    if velocity.any():
        upstream = -velocity[:2] / np.linalg.norm(velocity[:2])
        half = half + 0.5 * BELT_UPSTREAM_M * np.abs(upstream)
        centre[:2] += 0.5 * BELT_UPSTREAM_M * upstream
    return (float(centre[0]), float(centre[1]), float(centre[2])), (float(half[0]), float(half[1]))


def arm_model(robot: RobotDescription, *, mesh_folder: Path | None) -> tuple[Model, str]:
    """The arm: bodies 0 base, 1…n joints, then left and right finger. And what was missing, in words.

    Without meshes, or when a file cannot be read, the clearance capsules stand in for the whole arm.
    """
    if mesh_folder is None or not robot.meshes:
        return _capsules(robot), "no meshes: the arm is drawn as its clearance capsules"
    board = ModelBoard()
    try:
        for mesh in robot.meshes:
            solid = _load(mesh_folder / mesh.file)
            board.add(solid, body=mesh.joint + 1, colour_rgb=mesh.colour_rgb, pose=mesh.mesh_in_joint)
    except (OSError, ValueError, KeyError) as trouble:
        return _capsules(robot), f"meshes unusable ({trouble}): the arm is drawn as its clearance capsules"
    return board.finish(), ""


def hand_model(model: Model, *, joints: int) -> Model:
    """Hand and fingers out of an arm's model, renumbered: 0 last joint, 1 left, 2 right finger."""
    bodies = model.rows[:, 10]
    kept = model.triangles[bodies[model.triangles[:, 0]] >= joints]
    used, renumbered = np.unique(kept, return_inverse=True)
    rows = model.rows[used].copy()
    rows[:, 10] -= joints
    return Model(rows, renumbered.reshape(-1, 3).astype(np.uint32))


def parts_model(parts: tuple[PartKind, ...]) -> Model:
    """One body a catalogue entry, in its order, each about its centre."""
    board = ModelBoard()
    for index, part in enumerate(parts):
        if part.shape == "cylinder":
            board.add(cylinder(part.size_m), body=index, colour_rgb=part.colour_rgb)
            board.add(disc(part.size_m, raise_m=0.0008), body=index, colour_rgb=MARK_RGB)
        else:
            board.add(box(part.size_m), body=index, colour_rgb=part.colour_rgb)
    return board.finish()


def _capsules(robot: RobotDescription) -> Model:
    board = ModelBoard()
    for volume in robot.capsules:
        solid = capsule(volume.start_m, volume.end_m, volume.radius_m)
        board.add(solid, body=volume.joint + 1, colour_rgb=CAPSULE_RGB)
    for finger, side in ((len(robot.joints) + 1, 1.0), (len(robot.joints) + 2, -1.0)):
        pose = Pose((0.0, side * 0.5 * FINGER_SIZE_M[1], -0.5 * FINGER_SIZE_M[2] + 0.01))
        board.add(box(FINGER_SIZE_M), body=finger, colour_rgb=CAPSULE_RGB, pose=pose)
    return board.finish()


def _load(path: Path) -> Solid:
    with np.load(path, allow_pickle=False) as stored:
        return Solid(stored["vertices"], stored["normals"], stored["triangles"])
