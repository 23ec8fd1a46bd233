"""Inverse kinematics as damped least squares that can be spread over control ticks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.kinematics.model import RigidModel, pin, placement
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector

POSITION_TOLERANCE_M = 1e-5
ROTATION_TOLERANCE_RAD = 1e-4
DAMPING = 1e-6
"""λ² of damped least squares (Nakamura & Hanafusa 1986); small, because targets near singularities are rare."""

STEP_LIMIT_RAD = 0.4
"""Longest joint step of one iteration, so that a far target does not throw the linearisation away."""

POSTURE_GAIN = 0.1
POSTURE_STEP_RAD = 0.02
"""Pull towards the posture once a target, in the null space: at ten targets a second 0.2 rad/s at most."""


class InverseSolver:
    """Finds joint angles for one gripper pose after another, a few iterations a call (about 10 µs each).

    The redundant freedom is drawn gently towards `posture_rad`, so that the elbow does not wander.
    """

    def __init__(self, rigid: RigidModel, *, lower_rad: Vector, upper_rad: Vector, posture_rad: Vector) -> None:
        self._model = rigid.model
        self._data = rigid.model.createData()
        self._frame = rigid.gripper_frame
        self._lower_rad = lower_rad
        self._upper_rad = upper_rad
        self._posture_rad = posture_rad
        self._damping: NDArray[np.float64] = DAMPING * np.eye(6)
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
        self.q_rad = np.minimum(np.maximum(seed_rad, self._lower_rad), self._upper_rad)
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
        pull = self._posture_pull()
        if pull is not None:
            error = error - jacobian @ pull
        step = jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + self._damping, error)
        if pull is not None:
            step += pull
        largest = float(np.abs(step).max())
        if largest > STEP_LIMIT_RAD:
            step *= STEP_LIMIT_RAD / largest
        self.q_rad = np.minimum(np.maximum(self.q_rad + step, self._lower_rad), self._upper_rad)
        return False

    def _posture_pull(self) -> Vector | None:
        if not self._pull_posture:
            return None
        self._pull_posture = False
        pull = POSTURE_GAIN * (self._posture_rad - self.q_rad)
        largest = float(np.abs(pull).max())
        if largest > POSTURE_STEP_RAD:
            pull *= POSTURE_STEP_RAD / largest
        return pull
