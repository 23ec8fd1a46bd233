"""Where the links stand for given joint angles, from the arm's description alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Pose, Quaternion
from runtime.messages.robot import RobotDescription

Matrix = NDArray[np.float64]
"""[4, 4], homogeneous; `a_in_b` takes points from a to b."""


def rotation_of(orientation_xyzw: Quaternion) -> Matrix:
    """[3, 3] from a unit quaternion."""
    x, y, z, w = orientation_xyzw
    return np.array(
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
            [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
            [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
        ]
    )


def matrix_of(pose: Pose) -> Matrix:
    """[4, 4] of a pose."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_of(pose.orientation_xyzw)
    matrix[:3, 3] = pose.position_m
    return matrix


class LinkFrames:
    """Forward kinematics of one arm, with the constant parts computed once."""

    def __init__(self, robot: RobotDescription) -> None:
        self._joints_in_parents = [matrix_of(joint.joint_in_parent) for joint in robot.joints]
        self._skews: list[Matrix] = []
        for joint in robot.joints:
            x, y, z = np.asarray(joint.axis) / np.linalg.norm(joint.axis)
            self._skews.append(np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]))
        self._gripper_in_flange = matrix_of(robot.gripper.gripper_in_flange)
        self._gripper_in_last_joint = matrix_of(robot.flange_in_last_joint) @ self._gripper_in_flange
        self._last_joint_in_gripper = np.linalg.inv(self._gripper_in_last_joint)
        self.joints = len(robot.joints)
        self.flange_in_last_joint = matrix_of(robot.flange_in_last_joint)

    def frames(self, q_rad: Sequence[float], *, width_m: float) -> Matrix:
        """[joints + 3, 4, 4] in the base frame: base, joints in order, left finger, right finger."""
        placed = np.empty((self.joints + 3, 4, 4))
        placed[0] = np.eye(4)
        turn = np.eye(4)
        for index, (joint_in_parent, skew) in enumerate(zip(self._joints_in_parents, self._skews, strict=True)):
            angle = q_rad[index]
            turn[:3, :3] = np.eye(3) + np.sin(angle) * skew + (1.0 - np.cos(angle)) * (skew @ skew)
            placed[index + 1] = placed[index] @ joint_in_parent @ turn
        gripper_in_base = placed[self.joints] @ self._gripper_in_last_joint
        placed[self.joints + 1 :] = _fingers(gripper_in_base, width_m)
        return placed

    def hand_frames(self, gripper_in_base: Matrix, *, width_m: float) -> Matrix:
        """[3, 4, 4]: last joint, left and right finger for a pose of the gripper, the rest of the arm unknown."""
        placed = np.empty((3, 4, 4))
        placed[0] = gripper_in_base @ self._last_joint_in_gripper
        placed[1:] = _fingers(gripper_in_base, width_m)
        return placed

    def gripper(self, frames: Matrix) -> Matrix:
        """[4, 4] of the tool centre point in the base frame, from `frames`."""
        return frames[self.joints] @ self._gripper_in_last_joint


def _fingers(gripper_in_base: Matrix, width_m: float) -> Matrix:
    """Finger frames: the gripper's axes, moved by half the opening along y, left first."""
    placed = np.repeat(gripper_in_base[None], 2, axis=0)
    offset = 0.5 * width_m * gripper_in_base[:3, 1]
    placed[0, :3, 3] += offset
    placed[1, :3, 3] -= offset
    return placed
