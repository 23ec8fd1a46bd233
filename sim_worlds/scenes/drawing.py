"""From a scene file to the cell's drawing: solids, cameras, catalogue."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription, CellDescription, PartKind, Tote, Tray
from runtime.messages.geometry import Box, Pose, Region, Vector3
from runtime.messages.robot import RobotDescription
from sim_worlds.poses import matrix_of, pose_of
from sim_worlds.scenes.file import CameraTable, SceneFile, ToteTable, TrayTable

FLOOR_Z_M = 0.0
"""Upper face of the table, where the robot stands too."""

TABLE_THICKNESS_M = 0.06
WALL_THICKNESS_M = 0.006


def draw_cell(file: SceneFile, *, scene: str, robot: RobotDescription) -> CellDescription:
    """The drawing that runtime and console get."""
    belt = (0.0 if file.belt is None else file.belt.speed_m_s, 0.0, 0.0)
    return CellDescription(
        name=file.title,
        scene=scene,
        robot=robot,
        workspace=Region(file.workspace.lower_m, file.workspace.upper_m),
        floor_z_m=FLOOR_Z_M,
        obstacles=_obstacles(file),
        tray=Tray((*file.tray.centre_m, FLOOR_Z_M), file.tray.inner_half_extents_m, file.tray.wall_height_m, belt),
        totes=tuple(
            Tote(tote.name, (*tote.centre_m, FLOOR_Z_M), tote.inner_half_extents_m, tote.wall_height_m)
            for tote in file.tote
        ),
        parts=tuple(
            PartKind(f"{part.colour} {part.shape}", part.colour, part.shape, part.colour_rgb, part.size_m, part.mass_kg)
            for part in file.part
        ),
        cameras=tuple(_camera(camera, robot) for camera in file.camera),
        simulated=True,
    )


def _obstacles(file: SceneFile) -> tuple[Box, ...]:
    table = file.table
    centre = (*table.centre_m, FLOOR_Z_M - 0.5 * TABLE_THICKNESS_M)
    half = (0.5 * table.size_m[0], 0.5 * table.size_m[1], 0.5 * TABLE_THICKNESS_M)
    boxes = [Box("table", Pose(centre), half, table.colour_rgb)]
    sides = ("left", "right") if file.belt is not None else ("left", "right", "near", "far")
    if file.tray.wall_height_m > 0.0:
        boxes.extend(_walls("tray", file.tray, sides))
    for tote in file.tote:
        boxes.extend(_walls(f"{tote.name} tote", tote, ("left", "right", "near", "far")))
    return tuple(boxes)


def _walls(owner: str, box: TrayTable | ToteTable, sides: tuple[str, ...]) -> list[Box]:
    """Upright boards around an inner area; left is +y, far is +x."""
    x, y = box.centre_m
    half_x, half_y = box.inner_half_extents_m
    half_height, half_board = 0.5 * box.wall_height_m, 0.5 * WALL_THICKNESS_M
    z = FLOOR_Z_M + half_height
    along_x = (half_x + WALL_THICKNESS_M, half_board, half_height)
    along_y = (half_board, half_y, half_height)
    places: dict[str, tuple[Vector3, Vector3]] = {
        "left": ((x, y + half_y + half_board, z), along_x),
        "right": ((x, y - half_y - half_board, z), along_x),
        "near": ((x - half_x - half_board, y, z), along_y),
        "far": ((x + half_x + half_board, y, z), along_y),
    }
    return [Box(f"{owner} {side}", Pose(places[side][0]), places[side][1], box.colour_rgb) for side in sides]


def _camera(camera: CameraTable, robot: RobotDescription) -> CameraDescription:
    camera_in_mount = looking(camera.eye_m, target_m=camera.target_m, up=camera.up)
    if camera.mount == "gripper":
        camera_in_mount = matrix_of(robot.gripper.gripper_in_flange) @ camera_in_mount
    return CameraDescription(
        name=camera.name,
        width_px=camera.width_px,
        height_px=camera.height_px,
        focal_px=0.5 * camera.width_px / math.tan(0.5 * math.radians(camera.view_deg)),
        rate_hz=camera.rate_hz,
        on_flange=camera.mount == "gripper",
        camera_in_parent=pose_of(camera_in_mount),
    )


def looking(eye_m: Vector3, *, target_m: Vector3, up: Vector3) -> NDArray[np.float64]:
    """Homogeneous camera pose (x right, y down, z forward) of a camera at `eye_m` that looks at `target_m`.

    Raises ValueError when the target is the eye or lies along `up`.
    """
    forward = np.subtract(target_m, eye_m)
    right = np.cross(forward, np.asarray(up, dtype=np.float64))
    if np.linalg.norm(forward) < 1e-6 or np.linalg.norm(right) < 1e-6 * np.linalg.norm(forward):
        raise ValueError("the camera's target must differ from its eye, and `up` must not point along the view")
    forward = forward / np.linalg.norm(forward)
    right = right / np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(forward, right), forward, eye_m
    return pose
