"""Reading robots from their TOML files."""

from __future__ import annotations

from pathlib import Path

from runtime.messages.robot import RobotDescription
from sim_worlds.robots.body import RobotBody, RobotFile
from sim_worlds.tables import SceneError, read_table

FOLDER = Path(__file__).parent


def robot_names() -> tuple[str, ...]:
    """Every arm there is a file for."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_robot(name: str) -> RobotDescription:
    """The nominal model, without meshes. Raises `SceneError` for an unknown name or an unusable file."""
    return _load(name).robot


def load_body(name: str) -> RobotBody:
    """The simulated body. Raises `SceneError` for an unknown name or an unusable file."""
    return _load(name).body


def _load(name: str) -> RobotFile:
    if name not in robot_names():
        known = ", ".join(robot_names())
        raise SceneError(file=f"{name}.toml", key="robot", value=name, limit=f"unknown robot. Known: {known}")
    path = FOLDER / f"{name}.toml"
    file = read_table(path, RobotFile)
    _check(file, file_name=path.name)
    return file


def _check(file: RobotFile, *, file_name: str) -> None:
    if f"{file.robot.name}.toml" != file_name:
        raise SceneError(file=file_name, key="robot.name", value=file.robot.name, limit="must be the file's name")
    joints = len(file.robot.joints)
    thermal = file.robot.thermal
    lists: dict[str, tuple[float, ...]] = {
        "robot.thermal.heating_w_per_nm2": thermal.heating_w_per_nm2,
        "robot.thermal.winding_to_housing_k_w": thermal.winding_to_housing_k_w,
        "robot.thermal.housing_to_ambient_k_w": thermal.housing_to_ambient_k_w,
        "robot.thermal.winding_j_k": thermal.winding_j_k,
        "robot.thermal.housing_j_k": thermal.housing_j_k,
        "body.brake_nm": file.body.brake_nm,
    }
    for key, values in lists.items():
        if len(values) != joints or min(values) <= 0.0:
            limit = f"must be {joints} positive numbers, one a joint"
            raise SceneError(file=file_name, key=key, value=values, limit=limit)
    if not thermal.derate_celsius < thermal.trip_celsius:
        key, limit = "robot.thermal.trip_celsius", f"must be above derate_celsius, {thermal.derate_celsius:g}"
        raise SceneError(file=file_name, key=key, value=thermal.trip_celsius, limit=limit)
    for index, capsule in enumerate(file.robot.capsules):
        if not -1 <= capsule.joint < joints:
            key, limit = f"robot.capsules[{index}].joint", f"must be -1 (the base) to {joints - 1}"
            raise SceneError(file=file_name, key=key, value=capsule.joint, limit=limit)
    for index, joint in enumerate(file.robot.joints):
        if joint.stribeck_velocity_rad_s <= 0.0:
            key, value = f"robot.joints[{index}].stribeck_velocity_rad_s", joint.stribeck_velocity_rad_s
            raise SceneError(file=file_name, key=key, value=value, limit="must be positive, rad/s")
        if not joint.position_lower_rad <= joint.home_rad <= joint.position_upper_rad:
            limit = f"must lie in {joint.position_lower_rad}…{joint.position_upper_rad}"
            raise SceneError(file=file_name, key=f"robot.joints[{index}].home_rad", value=joint.home_rad, limit=limit)
