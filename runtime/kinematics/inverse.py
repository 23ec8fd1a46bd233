"""Inverse kinematics as damped least squares that can be spread over control ticks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.kinematics.model import RigidModel, pin, placement
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector

Matrix = NDArray[np.float64]

POSITION_TOLERANCE_M = 1e-5
ROTATION_TOLERANCE_RAD = 1e-4
DAMPING = 1e-6
"""λ² of damped least squares (Nakamura & Hanafusa 1986); small, because targets near singularities are rare."""

STEP_LIMIT_RAD = 0.4
"""Longest joint step of one iteration, so that a far target does not throw the linearisation away."""

POSTURE_GAIN = 0.1
POSTURE_STEP_RAD = 0.02
"""Pull towards the posture once a target, in the null space: at ten targets a second 0.2 rad/s at most."""


@compiled(
    "void(float64[:,::1], Array(float64, 1, 'A', readonly=True), float64[::1],"
    " Array(float64, 2, 'A', readonly=True), float64[::1], float64[:,::1])"
)
def _step(jacobian: Matrix, error: Vector, pull: Vector, limits: Matrix, q_rad: Vector, work: Matrix) -> None:
    """Move `q_rad` by pull + Jᵀ(JJᵀ + λ²)⁻¹(error − J·pull), shortened to the longest step, within limits.

    `limits`: lower and upper, [2, joints]; `work`: [6, 7], for the factor of JJᵀ + λ² (Cholesky) beside the error.
    """
    rows, joints = jacobian.shape
    for row in range(rows):
        rest = error[row]
        for joint in range(joints):
            rest -= jacobian[row, joint] * pull[joint]
        for column in range(row + 1):
            total = DAMPING if row == column else 0.0
            for joint in range(joints):
                total += jacobian[row, joint] * jacobian[column, joint]
            for before in range(column):
                total -= work[row, before] * work[column, before]
            work[row, column] = math.sqrt(total) if row == column else total / work[column, column]
        for before in range(row):
            rest -= work[row, before] * work[before, rows]
        work[row, rows] = rest / work[row, row]
    for row in range(rows - 1, -1, -1):
        for after in range(row + 1, rows):
            work[row, rows] -= work[after, row] * work[after, rows]
        work[row, rows] /= work[row, row]
    largest = STEP_LIMIT_RAD
    for joint in range(joints):
        for row in range(rows):
            pull[joint] += jacobian[row, joint] * work[row, rows]
        largest = max(largest, abs(pull[joint]))
    for joint in range(joints):
        moved = q_rad[joint] + pull[joint] * (STEP_LIMIT_RAD / largest)
        q_rad[joint] = min(max(moved, limits[0, joint]), limits[1, joint])


class InverseSolver:
    """Finds joint angles for one gripper pose after another, a few iterations a call (about 5 µs each).

    The redundant freedom is drawn gently towards `posture_rad`, so that the elbow does not wander.
    """

    def __init__(self, rigid: RigidModel, *, lower_rad: Vector, upper_rad: Vector, posture_rad: Vector) -> None:
        self._model = rigid.model
        self._data = rigid.model.createData()
        self._frame = rigid.gripper_frame
        self._limits_rad: Matrix = np.stack([lower_rad, upper_rad])
        self._posture_rad = posture_rad
        self._work: Matrix = np.zeros((6, 7))
        self._target = pin.SE3.Identity()
        self._pull_posture = False
        self.q_rad: Vector = posture_rad.copy()
        self.solved = False
        self.error_m = math.inf
        self.error_rad = math.inf
        self.iterations = 0

    def start(self, gripper_in_base: Pose, seed_rad: Vector) -> None:
        """Take a new target and the joint angles to start from."""
        self._target = placement(gripper_in_base)
        self.q_rad = np.minimum(np.maximum(seed_rad, self._limits_rad[0]), self._limits_rad[1])
        self._pull_posture = True
        self.solved = False
        self.iterations = 0

    def advance(self, iterations: int) -> int:
        """At most so many iterations; stops when solved. Returns how many were used."""
        for used in range(iterations):
            if self._iterate():
                return used + 1
        return iterations

    def _iterate(self) -> bool:
        pin.computeJointJacobians(self._model, self._data, self.q_rad)
        gripper_in_base = pin.updateFramePlacement(self._model, self._data, self._frame)
        jacobian: NDArray[np.float64] = pin.getFrameJacobian(self._model, self._data, self._frame, pin.LOCAL)
        error: Vector = pin.log6(gripper_in_base.actInv(self._target)).vector
        self.iterations += 1
        ex, ey, ez, rx, ry, rz = error.tolist()
        self.error_m = math.sqrt(ex * ex + ey * ey + ez * ez)
        self.error_rad = math.sqrt(rx * rx + ry * ry + rz * rz)
        if self.error_m < POSITION_TOLERANCE_M and self.error_rad < ROTATION_TOLERANCE_RAD and not self._pull_posture:
            self.solved = True
            return True
        _step(jacobian, error, self._posture_pull(), self._limits_rad, self.q_rad, self._work)
        return False

    def _posture_pull(self) -> Vector:
        """Zero except in the first iteration."""
        if not self._pull_posture:
            return np.zeros_like(self.q_rad)
        self._pull_posture = False
        pull = POSTURE_GAIN * (self._posture_rad - self.q_rad)
        largest = float(np.abs(pull).max())
        if largest > POSTURE_STEP_RAD:
            pull *= POSTURE_STEP_RAD / largest
        return pull
