"""What of the hand is near the fingertips, from the arm's clearance capsules: the guard judges by the same ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.messages.robot import RobotDescription
from runtime.perception.poses import compose, inverse, turned

LOW_M = 0.03
"""Capsules that end higher than this above the tool centre point pass over walls and parts."""

CLEARANCE_M = 0.005
"""Kept by this policy; the guard refuses at less."""


@dataclass(frozen=True, slots=True)
class Hand:
    """The lower end of a hand, clearance included."""

    reach_m: float
    """Along the fingers' motion, from the tool centre point."""

    half_width_m: float
    """Across it."""

    bottom_m: float
    """Lower side above the tool centre point; fingertips inside it may be lower."""


def hand_of(robot: RobotDescription) -> Hand:
    """Measure the capsules of the last joint in the gripper's frame."""
    gripper_in_joint = compose(robot.flange_in_last_joint, robot.gripper.gripper_in_flange)
    joint_in_gripper = inverse(gripper_in_joint)
    reach_m, half_width_m, bottom_m = 0.0, 0.0, math.inf
    for capsule in robot.capsules:
        if capsule.joint != len(robot.joints) - 1:
            continue
        for end_m in (capsule.start_m, capsule.end_m):
            x, y, z = turned(joint_in_gripper.orientation_xyzw, end_m)
            x, y, z = (value + shift for value, shift in zip((x, y, z), joint_in_gripper.position_m, strict=True))
            if -z - capsule.radius_m > LOW_M:
                continue
            reach_m = max(reach_m, abs(y) + capsule.radius_m)
            half_width_m = max(half_width_m, abs(x) + capsule.radius_m)
            bottom_m = min(bottom_m, -z - capsule.radius_m)
    return Hand(reach_m + CLEARANCE_M, half_width_m + CLEARANCE_M, bottom_m - CLEARANCE_M)
