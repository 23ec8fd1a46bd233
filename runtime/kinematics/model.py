"""From a robot description to pinocchio's model of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pinocchio  # pyright: ignore[reportMissingImports] installed outside site-packages, found at run time
from numpy.typing import NDArray

from runtime.messages.geometry import Pose
from runtime.messages.robot import JointDescription, RobotDescription

pin: Any = pinocchio
"""Any: the binding is compiled code without type information."""


@dataclass(frozen=True, slots=True)
class RigidModel:
    """Pinocchio's model, its working memory and the frame of the tool centre point."""

    model: Any
    data: Any
    gripper_frame: int


def rigid_model(robot: RobotDescription) -> RigidModel:
    """The nominal rigid-body model; rotor inertia enters as armature (diagonal of the mass matrix)."""
    model = pin.Model()
    parent = 0
    for joint in robot.joints:
        axis = np.asarray(joint.axis, dtype=np.float64)
        axis /= np.linalg.norm(axis)
        kind = pin.JointModelRevoluteUnaligned(axis)
        parent = model.addJoint(parent, kind, placement(joint.joint_in_parent), joint.name)
        model.appendBodyToJoint(parent, _inertia(joint), pin.SE3.Identity())
    model.armature = np.array([joint.rotor_inertia_kg_m2 for joint in robot.joints])
    gripper_in_joint = placement(robot.flange_in_last_joint) * placement(robot.gripper.gripper_in_flange)
    frame = model.addFrame(pin.Frame("gripper", parent, 0, gripper_in_joint, pin.FrameType.OP_FRAME))
    return RigidModel(model, model.createData(), int(frame))


def placement(pose: Pose) -> Any:
    """A pose as pinocchio's SE3; raises ValueError for a quaternion of length zero."""
    coordinates = np.array((*pose.position_m, *pose.orientation_xyzw))
    length = float(np.linalg.norm(coordinates[3:]))
    if length < 1e-9:
        raise ValueError("orientation_xyzw: length 0, must be 1")
    coordinates[3:] /= length
    return pin.XYZQUATToSE3(coordinates)


def pose(placement_in_base: Any) -> Pose:
    """Pinocchio's SE3 as a pose."""
    x, y, z, qx, qy, qz, qw = pin.SE3ToXYZQUAT(placement_in_base).tolist()
    return Pose((x, y, z), (qx, qy, qz, qw))


def _inertia(joint: JointDescription) -> Any:
    ixx, ixy, ixz, iyy, iyz, izz = joint.inertia_kg_m2
    tensor: NDArray[np.float64] = np.array([[ixx, ixy, ixz], [ixy, iyy, iyz], [ixz, iyz, izz]])
    return pin.Inertia(joint.mass_kg, np.array(joint.centre_of_mass_m), tensor)
