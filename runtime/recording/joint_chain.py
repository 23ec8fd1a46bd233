"""The arm as a chain of frames, each in the one before it: what a viewer needs to draw it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runtime.messages.geometry import Pose, Quaternion, Vector3
from runtime.messages.robot import RobotDescription

BASE = "base"
FLANGE = "flange"
GRIPPER_FRAME = "gripper"


def joint_transforms(robot: RobotDescription, q_rad: tuple[float, ...]) -> Iterator[tuple[str, str, Pose]]:
    """Parent frame, child frame and the child's pose in its parent, from the base to the gripper."""
    parent = BASE
    for joint, angle_rad in zip(robot.joints, q_rad, strict=True):
        place = joint.joint_in_parent
        turned = multiply(place.orientation_xyzw, about_axis(joint.axis, angle_rad))
        yield parent, joint.name, Pose(place.position_m, turned)
        parent = joint.name
    yield parent, FLANGE, robot.flange_in_last_joint
    yield FLANGE, GRIPPER_FRAME, robot.gripper.gripper_in_flange


def about_axis(axis: Vector3, angle_rad: float) -> Quaternion:
    """Rotation about a unit axis."""
    sine = math.sin(angle_rad / 2)
    return (axis[0] * sine, axis[1] * sine, axis[2] * sine, math.cos(angle_rad / 2))


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """Hamilton product, x y z w: first b, then a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )
