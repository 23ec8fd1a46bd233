"""Rotor inertia: a geared rotor resists the acceleration of its own joint only, J·q̈, as pinocchio's armature does.

A link's inertia tensor cannot express that (it would couple all joints with parallel axes), and the engine knows
no armature. So −J·â is added to the joint torque, where â follows the acceleration of the last step,
â += G·(q̈ − â). With M the engine's mass matrix, M·q̈ = τ − J·â has the fixed point (M + J)·q̈ = τ, whatever
contacts and friction add to τ. The error's propagation is 1 − G·(1 + M⁻¹J), so G = (M + J)⁻¹M reaches the fixed
point in one step, and one that is some ticks old nearly so. A change of the drive's torque is known before
the step, so â is moved ahead by (M + J)⁻¹·Δτ; otherwise it would act on the bare link for one step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription
from sim_worlds.plant.mismatch import Mismatch

_REACH = 0.9
"""Share of the way to the fixed point in one step; below 1 for the age of the mass matrix."""


Matrix = NDArray[np.float64]


@compiled("void(float64[:,::1], float64[::1], float64, float64[:,::1])")
def _respond(mass: Matrix, inertia: Vector, step_s: float, response: Matrix) -> None:
    """Fill `response`: G over the step, 1 − G and (M + J)⁻¹ beside one another, G = (M + J)⁻¹·M times the reach.

    The inverse by elimination without pivots, as M + J is positive definite. `mass` is used up.
    """
    joints = inertia.size
    inverse = response[:, 2 * joints :]
    for row in range(joints):
        inverse[row] = 0.0
        inverse[row, row] = 1.0
        mass[row, row] += inertia[row]
    for pivot in range(joints):
        scale = 1.0 / mass[pivot, pivot]
        for column in range(joints):
            mass[pivot, column] *= scale
            inverse[pivot, column] *= scale
        for row in range(joints):
            factor = mass[row, pivot] if row != pivot else 0.0
            for column in range(joints):
                mass[row, column] -= factor * mass[pivot, column]
                inverse[row, column] -= factor * inverse[pivot, column]
    for row in range(joints):
        for column in range(joints):
            one = 1.0 if row == column else 0.0
            reach = _REACH * (one - inverse[row, column] * inertia[column])  # (M + J)⁻¹·M
            response[row, column] = reach / step_s
            response[row, joints + column] = one - reach


@compiled("void(float64[::1], float64[::1], float64[:,::1], float64[:,::1], float64[::1])")
def _advance(speed: Vector, drive: Vector, response: Matrix, known: Matrix, change: Vector) -> None:
    """Bring `known` (speed, drive, â) up to date by `response` to [changes of speed and drive, â], see `update`."""
    joints = known.shape[1]
    for joint in range(joints):
        change[joint] = speed[joint] - known[0, joint]
        change[joints + joint] = known[2, joint]
        change[2 * joints + joint] = drive[joint] - known[1, joint]
        known[0, joint] = speed[joint]
        known[1, joint] = drive[joint]
    for joint in range(joints):
        total = 0.0
        for index in range(3 * joints):
            total += response[joint, index] * change[index]
        known[2, joint] = total


class RotorInertia:
    """The acceleration filter of all joints."""

    def __init__(self, robot: RobotDescription, *, mismatch: Mismatch) -> None:
        nominal = np.array([joint.rotor_inertia_kg_m2 for joint in robot.joints])
        self._inertia = nominal * mismatch.rotor_inertia
        joints = len(nominal)
        self._response: Matrix = np.zeros((joints, 3 * joints))
        """Of the next â to last step's change of speed, to â, and to the drive's change of torque."""

        self._known: Matrix = np.zeros((3, joints))
        self._change = np.zeros(3 * joints)

    def update(self, mass_matrix: Matrix, *, step_s: float) -> None:
        """The engine's joint-space inertia at about this posture, float64[joints, joints]."""
        _respond(np.array(mass_matrix, order="C"), self._inertia, step_s, self._response)

    def torque(self, *, speed_rad_s: Vector, drive_nm: Vector) -> Vector:
        """−J·â in N·m after a step that led to this speed, before one with this drive torque."""
        _advance(speed_rad_s, drive_nm, self._response, self._known, self._change)
        return -self._inertia * self._known[2]
