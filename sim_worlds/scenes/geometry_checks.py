"""Scenes that cannot exist: each check refuses with file, key, value and limit."""

from __future__ import annotations

import colorsys
import itertools
import math

import numpy as np

from runtime.messages.robot import RobotDescription
from sim_worlds.poses import matrix_of
from sim_worlds.scenes.drawing import FLOOR_Z_M, WALL_THICKNESS_M, looking
from sim_worlds.scenes.file import SceneFile, ToteTable, TrayTable
from sim_worlds.scenes.value_checks import check_values
from sim_worlds.tables import SceneError

_FINGER_ROOM_M = 0.01
"""The opened gripper must be this much wider than a part."""

_HUE_DEG = 20.0
"""Least difference of hue between two colours, so that a segmentation in HSV can tell them apart."""


def check_geometry(scene: SceneFile, *, robot: RobotDescription, file: str) -> None:
    """Raise `SceneError` for the first thing that cannot be."""
    check_values(scene, file=file)
    _check_workspace(scene, file)
    _check_areas(scene, file)
    _check_carried(scene, file)
    _check_reach(scene, robot, file)
    _check_parts(scene, robot, file)
    _check_colours(scene, file)
    _check_cameras(scene, file)


def _check_workspace(scene: SceneFile, file: str) -> None:
    for axis, low, high in zip("xyz", scene.workspace.lower_m, scene.workspace.upper_m, strict=True):
        if low >= high:
            raise SceneError(
                file=file, key="workspace.lower_m", value=low, limit=f"{axis} must be below upper_m {high}"
            )


def _areas(scene: SceneFile) -> list[tuple[str, TrayTable | ToteTable]]:
    """Where parts lie or go, by key."""
    return [("tray", scene.tray), *((f"tote[{index}]", tote) for index, tote in enumerate(scene.tote))]


def _corners(area: TrayTable | ToteTable, *, margin_m: float = 0.0) -> list[tuple[float, float]]:
    return [
        (
            area.centre_m[0] + sign_x * (area.inner_half_extents_m[0] + margin_m),
            area.centre_m[1] + sign_y * (area.inner_half_extents_m[1] + margin_m),
        )
        for sign_x, sign_y in itertools.product((-1.0, 1.0), repeat=2)
    ]


def _check_areas(scene: SceneFile, file: str) -> None:
    low, high = scene.workspace.lower_m, scene.workspace.upper_m
    areas = _areas(scene)
    for key, area in areas:
        inside = all(low[axis] <= area.centre_m[axis] <= high[axis] for axis in (0, 1))
        if not inside:
            raise SceneError(
                file=file, key=f"{key}.centre_m", value=area.centre_m, limit=f"outside the workspace {low}…{high}"
            )
    for (key, first), (other, second) in itertools.combinations(areas, 2):
        apart = any(
            abs(first.centre_m[axis] - second.centre_m[axis])
            >= first.inner_half_extents_m[axis] + second.inner_half_extents_m[axis] + 2 * WALL_THICKNESS_M
            for axis in (0, 1)
        )
        if not apart:
            raise SceneError(file=file, key=f"{other}.centre_m", value=second.centre_m, limit=f"overlaps {key}")


def _check_carried(scene: SceneFile, file: str) -> None:
    """The table lies under everything that stands on it, walls included."""
    table = scene.table
    for key, area in _areas(scene):
        for corner in _corners(area, margin_m=WALL_THICKNESS_M):
            if any(abs(corner[axis] - table.centre_m[axis]) > 0.5 * table.size_m[axis] + 1e-9 for axis in (0, 1)):
                limit = f"not under {key} at ({corner[0]:.2f}, {corner[1]:.2f}) m: move or enlarge the table"
                raise SceneError(file=file, key="table.size_m", value=table.size_m, limit=limit)


def _check_reach(scene: SceneFile, robot: RobotDescription, file: str) -> None:
    """Nothing lies beyond the arm when it is stretched out as no arm can be: all links in one line from joint 2."""
    first, second, *rest = robot.joints
    shoulder_m = (matrix_of(first.joint_in_parent) @ matrix_of(second.joint_in_parent))[:3, 3]
    links = [*(joint.joint_in_parent for joint in rest), robot.flange_in_last_joint, robot.gripper.gripper_in_flange]
    reach_m = sum(math.hypot(*link.position_m) for link in links)
    for key, area in _areas(scene):
        farthest_m = max(math.dist(shoulder_m, (x, y, FLOOR_Z_M)) for x, y in _corners(area))
        if farthest_m > reach_m:
            limit = f"its far corner is {farthest_m:.2f} m from the shoulder, the arm reaches less than {reach_m:.2f} m"
            raise SceneError(file=file, key=f"{key}.centre_m", value=area.centre_m, limit=limit)


def _check_parts(scene: SceneFile, robot: RobotDescription, file: str) -> None:
    widest = robot.gripper.width_max_m - _FINGER_ROOM_M
    seen: set[tuple[str, str]] = set()
    for index, part in enumerate(scene.part):
        key = f"part[{index}]"
        if (part.colour, part.shape) in seen:
            raise SceneError(
                file=file, key=key, value=f"{part.colour} {part.shape}", limit="each kind of part once only"
            )
        seen.add((part.colour, part.shape))
        longest = max(part.size_m[0], part.size_m[1])
        for area_key, area in _areas(scene):
            if longest > 2.0 * min(area.inner_half_extents_m):
                limit = f"longer than {area_key} is wide ({2.0 * min(area.inner_half_extents_m):.3f} m)"
                raise SceneError(file=file, key=f"{key}.size_m", value=part.size_m, limit=limit)
        narrow = min(part.size_m[0], part.size_m[1])
        if narrow > widest:
            limit = f"the gripper opens {robot.gripper.width_max_m} m; the narrower side must be ≤ {widest:.3f} m"
            raise SceneError(file=file, key=f"{key}.size_m", value=part.size_m, limit=limit)
        if part.shape == "cylinder" and part.size_m[0] != part.size_m[1]:
            limit = "a cylinder's first two sizes are both its diameter"
            raise SceneError(file=file, key=f"{key}.size_m", value=part.size_m, limit=limit)


def _check_colours(scene: SceneFile, file: str) -> None:
    hues = {part.colour: 360.0 * colorsys.rgb_to_hsv(*part.colour_rgb)[0] for part in scene.part}
    for index, part in enumerate(scene.part):
        _, saturation, value = colorsys.rgb_to_hsv(*part.colour_rgb)
        if saturation < 0.4 or value < 0.3:
            limit = "too grey or dark to be told from the cell: saturation ≥ 0.4 and value ≥ 0.3"
            raise SceneError(file=file, key=f"part[{index}].colour_rgb", value=part.colour_rgb, limit=limit)
    for (first, hue), (second, other) in itertools.combinations(hues.items(), 2):
        difference = abs((hue - other + 180.0) % 360.0 - 180.0)
        if difference < _HUE_DEG:
            limit = f"{first} and {second} differ by {difference:.0f}° of hue; must be ≥ {_HUE_DEG:.0f}°"
            raise SceneError(file=file, key="part.colour_rgb", value=f"{first}, {second}", limit=limit)


def _check_cameras(scene: SceneFile, file: str) -> None:
    mounts = {camera.name: camera.mount for camera in scene.camera}
    if len(scene.camera) != 2 or mounts != {"overhead": "base", "wrist": "gripper"}:
        limit = "exactly one camera `overhead` (mount base) and one `wrist` (mount gripper)"
        raise SceneError(file=file, key="camera", value=mounts, limit=limit)
    for index, camera in enumerate(scene.camera):
        try:
            looking(camera.eye_m, target_m=camera.target_m, up=camera.up)
        except ValueError as trouble:
            key = f"camera[{index}].target_m"
            raise SceneError(file=file, key=key, value=camera.target_m, limit=str(trouble)) from trouble
        if camera.mount == "base":
            _check_overview(scene, index, file)


def _check_overview(scene: SceneFile, index: int, file: str) -> None:
    """The camera above sees tray and totes to their edges: whether a task succeeded is judged from its pictures."""
    camera = scene.camera[index]
    base_in_camera = np.linalg.inv(looking(camera.eye_m, target_m=camera.target_m, up=camera.up))
    wide = math.tan(0.5 * math.radians(camera.view_deg))
    high = wide * camera.height_px / camera.width_px
    seen = [("the tray", scene.tray), *((f"tote {tote.name}", tote) for tote in scene.tote)]
    for name, area in seen:
        for x, y in _corners(area):
            across, down, ahead, _ = base_in_camera @ (x, y, FLOOR_Z_M, 1.0)
            if ahead <= 0.0 or abs(across) > wide * ahead or abs(down) > high * ahead:
                limit = f"does not see {name} to its corner ({x:.2f}, {y:.2f}) m: widen or move it"
                raise SceneError(file=file, key=f"camera[{index}].view_deg", value=camera.view_deg, limit=limit)
