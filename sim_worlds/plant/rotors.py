"""Rotor inertia: a geared rotor resists the acceleration of its own joint only, J·q̈, as pinocchio's armature does.

A link's inertia tensor cannot express that (it would couple all joints with parallel axes), and the engine knows
no armature. So −J·â is added to the joint torque, where â follows the acceleration of the last step,
â += G·(q̈ − â). With M the engine's mass matrix, M·q̈ = τ − J·â has the fixed point (M + J)·q̈ = τ, whatever
contacts and friction add to τ. The error's propagation is 1 − G·(1 + M⁻¹J), so G = (M + J)⁻¹M reaches the fixed
point in one step, and one that is some ticks old nearly so. A change of the drive's torque is known before
the step, so â is moved ahead by (M + J)⁻¹·Δτ; otherwise it would act on the bare link for one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul, sub

import numpy as np
from numpy.typing import NDArray

from runtime.messages.robot import RobotDescription
from sim_worlds.plant.mismatch import Mismatch

_REACH = 0.9
"""Share of the way to the fixed point in one step; below 1 for the age of the mass matrix."""


class RotorInertia:
    """The acceleration filter of all joints."""

    def __init__(self, robot: RobotDescription, *, mismatch: Mismatch) -> None:
        nominal = np.array([joint.rotor_inertia_kg_m2 for joint in robot.joints])
        self._inertia = nominal * mismatch.rotor_inertia
        self._diagonal = np.diag(self._inertia)
        self._identity = np.eye(len(nominal))
        joints = len(nominal)
        self._resistance: list[float] = (-self._inertia).tolist()
        self._response = np.zeros((joints, 3 * joints))
        """Of the next â to last step's change of speed, to â, and to the drive's change of torque."""

        self._acceleration: Sequence[float] = [0.0] * joints
        self._drive_nm: Sequence[float] = [0.0] * joints
        self._speed_rad_s: Sequence[float] = [0.0] * joints

    def update(self, mass_matrix: NDArray[np.float64], *, step_s: float) -> None:
        """The engine's joint-space inertia at about this posture, float64[joints, joints]."""
        joints = len(self._inertia)
        mobility = np.linalg.inv(mass_matrix + self._diagonal)
        reach = mobility @ mass_matrix * _REACH
        response = self._response
        response[:, :joints] = reach / step_s
        response[:, joints : 2 * joints] = self._identity - reach
        response[:, 2 * joints :] = mobility

    def torque(self, *, speed_rad_s: Sequence[float], drive_nm: Sequence[float]) -> list[float]:
        """−J·â in N·m after a step that led to this speed, before one with this drive torque. Keeps both."""
        speed_change = map(sub, speed_rad_s, self._speed_rad_s)
        drive_change = map(sub, drive_nm, self._drive_nm)
        known = np.array((*speed_change, *self._acceleration, *drive_change))
        self._speed_rad_s = speed_rad_s
        self._drive_nm = drive_nm
        self._acceleration = self._response.dot(known).tolist()
        return list(map(mul, self._resistance, self._acceleration))
