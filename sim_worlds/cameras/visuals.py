"""What an arm's visual model is made of: the entries of `visual_models/<robot>.toml`, validated."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from runtime.messages.geometry import Pose, Quaternion, Vector3
from runtime.messages.robot import RobotDescription
from runtime.mistakes import UserMistake

FOLDER = Path(__file__).parent / "visual_models"

JointName = int | str


class MeshEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mesh file of the pybullet_data package, to be reduced."""

    joint: JointName
    file: str
    triangles: int
    position_m: Vector3 = (0.0, 0.0, 0.0)
    orientation_xyzw: Quaternion = (0.0, 0.0, 0.0, 1.0)
    colour_rgb: Vector3 | None = None
    """For the light and the dark group alike; else the file's tones decide."""


class Visuals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    light_rgb: Vector3
    dark_rgb: Vector3
    mesh: tuple[MeshEntry, ...] = ()
    body_rgb: Vector3 | None = None
    """Draws the solid hand and fingers of the arm's `RobotBody` in this colour; without it they have meshes."""


class NoVisuals(UserMistake):
    """No usable visual model of this arm; the text names the file and what is wrong with it."""

    def __init__(self, what: str) -> None:
        super().__init__(what, remedy="see docs/add-a-world.md, Another arm")


def load_visuals(robot_name: str) -> Visuals:
    """The visual model of an arm by the name in its description; raises `NoVisuals`."""
    path = FOLDER / f"{robot_name}.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Visuals)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as trouble:
        raise NoVisuals(f"visual model {path.name}: {trouble}") from trouble


def carrier_of(joint: JointName, *, robot: RobotDescription) -> int:
    """Index of the carrying frame as `VisualMesh.joint` counts them."""
    count = len(robot.joints)
    if isinstance(joint, int):
        if not -1 <= joint < count:
            raise NoVisuals(f"joint {joint} of {robot.name}: allowed are -1…{count - 1}, hand, left, right")
        return joint
    carriers = {"hand": count - 1, "left": count, "right": count + 1}
    if joint not in carriers:
        raise NoVisuals(f"joint {joint!r} of {robot.name}: allowed are -1…{count - 1}, hand, left, right")
    return carriers[joint]


def pose_in_carrier(entry: MeshEntry, *, robot: RobotDescription) -> Pose:
    """Pose of an entry in its carrier's frame.

    Finger frames have the gripper's orientation and stand at the tool centre point, moved by half the
    opening along y; the hand frame is the flange's origin with the gripper's orientation.
    """
    if entry.joint in ("left", "right"):
        offset_m = robot.gripper.gripper_in_flange.position_m
        x, y, z = (value - shift for value, shift in zip(entry.position_m, offset_m, strict=True))
        return Pose((x, y, z), entry.orientation_xyzw)
    return Pose(entry.position_m, entry.orientation_xyzw)
