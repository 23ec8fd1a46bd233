"""One arm's kinematics and nominal dynamics; costs a few microseconds a call, allocates little."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.kinematics.inverse import InverseSolver
from runtime.kinematics.model import pin, pose, rigid_model
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription

Matrix = NDArray[np.float64]


@compiled("void(Array(float64, 1, 'A', readonly=True), float64[:,::1], float64[::1])")
def _friction(dq_rad_s: Vector, table: Matrix, torque_nm: Vector) -> None:
    """`table`: F_c, F_s − F_c, 1/v_s, F_v of every joint."""
    for joint in range(torque_nm.size):
        speed = dq_rad_s[joint]
        ratio = speed * table[joint, 2]
        dry = (table[joint, 0] + table[joint, 1] * math.exp(-ratio * ratio)) * math.tanh(3.0 * ratio)
        torque_nm[joint] = dry + table[joint, 3] * speed


@dataclass(frozen=True, slots=True, eq=False)
class PlacedArm:
    """One configuration in space, in the base frame."""

    frames: Matrix
    """float64[n, 4, 4], frame i is carried by joint i."""

    tool_m: Vector
    """Tool centre point, float64[3]."""


class Arm:
    """Kinematics and dynamics of a described arm. One thread at a time: the working memory is shared.

    Joint vectors are float64[n] in rad, rad/s, rad/s², N·m; poses and frames stand in the base frame.
    """

    def __init__(self, robot: RobotDescription) -> None:
        rigid = rigid_model(robot)
        self._rigid = rigid
        self._model = rigid.model
        self._data = rigid.data
        self._frame = rigid.gripper_frame
        self.robot = robot
        self.joint_count = len(robot.joints)
        self.home_rad: Vector = np.array([joint.home_rad for joint in robot.joints])
        self.lower_rad: Vector = np.array([joint.position_lower_rad for joint in robot.joints])
        self.upper_rad: Vector = np.array([joint.position_upper_rad for joint in robot.joints])
        self._friction = np.array(
            [
                [
                    joint.friction_coulomb_nm,
                    joint.friction_breakaway_nm - joint.friction_coulomb_nm,
                    1.0 / joint.stribeck_velocity_rad_s,
                    joint.friction_viscous_nm_s,
                ]
                for joint in robot.joints
            ]
        )
        self._tool_in_last_joint_m: Vector = np.array(self._model.frames[self._frame].placement.translation)

    def fk(self, q_rad: Vector) -> Pose:
        """Pose of the tool centre point (gripper) in the base."""
        pin.framesForwardKinematics(self._model, self._data, q_rad)
        return pose(self._data.oMf[self._frame])

    def frames(self, q_rad: Vector) -> Matrix:
        """Homogeneous joint frames in base, float64[n, 4, 4]; frame i is carried by joint i."""
        pin.forwardKinematics(self._model, self._data, q_rad)
        placements = self._data.oMi
        return np.array([placements[index].homogeneous for index in range(1, self.joint_count + 1)])

    def placed(self, q_rad: Vector) -> PlacedArm:
        """Joint frames and tool position of one configuration."""
        frames = self.frames(q_rad)
        return PlacedArm(frames, frames[-1, :3, :3] @ self._tool_in_last_joint_m + frames[-1, :3, 3])

    def jacobian(self, q_rad: Vector) -> Matrix:
        """float64[6, n]: joint rates to the gripper's linear, then angular velocity, axes of the base."""
        return pin.computeFrameJacobian(self._model, self._data, q_rad, self._frame, pin.LOCAL_WORLD_ALIGNED)

    def solver(self) -> InverseSolver:
        """A fresh inverse-kinematics solver that can be advanced a few iterations at a time."""
        return InverseSolver(self._rigid, lower_rad=self.lower_rad, upper_rad=self.upper_rad, posture_rad=self.home_rad)

    def inverse(self, target: Pose, seed: Vector) -> Vector | None:
        """Joint angles within limits that put the gripper at `target` to 0.01 mm, or None.

        Tried from `seed`, then from home, then from a point between the two.
        """
        solver = self.solver()
        for start in (seed, self.home_rad, 0.5 * (seed + self.home_rad)):
            solver.start(target, start)
            solver.advance(200)
            if solver.solved:
                return solver.q_rad.copy()
        return None

    def inverse_dynamics(self, q_rad: Vector, dq_rad_s: Vector, ddq_rad_s2: Vector) -> Vector:
        """Torque that yields `ddq` on the frictionless nominal arm, rotor inertia and gravity included."""
        return pin.rnea(self._model, self._data, q_rad, dq_rad_s, ddq_rad_s2)

    def gravity(self, q_rad: Vector) -> Vector:
        """Torque that holds the arm against gravity."""
        return pin.computeGeneralizedGravity(self._model, self._data, q_rad)

    def friction(self, dq_rad_s: Vector) -> Vector:
        """Nominal friction torque at this speed, same sign as the speed, smooth through zero.

        (F_c + (F_s − F_c)·exp(−(q̇/v_s)²))·tanh(q̇/v_0) + F_v·q̇ with v_0 = v_s/3
        (Olsson et al., Friction models and friction compensation, 1998).
        """
        torque_nm = np.empty(self.joint_count)
        _friction(dq_rad_s, self._friction, torque_nm)
        return torque_nm

    def mass_matrix(self, q_rad: Vector) -> Matrix:
        """Joint-space inertia, rotor inertia on its diagonal, float64[n, n]."""
        return pin.crba(self._model, self._data, q_rad)

    def coriolis_matrix(self, q_rad: Vector, dq_rad_s: Vector) -> Matrix:
        """C(q, q̇) with Ṁ − 2C skew-symmetric, float64[n, n]."""
        return pin.computeCoriolisMatrix(self._model, self._data, q_rad, dq_rad_s)
