"""Which torque the nominal model does not explain: contact, payload, friction, a failing drive."""

from __future__ import annotations

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.joint import Vector


class MomentumObserver:
    """Generalised momentum observer: r follows the external torque as a first-order lag of 1/gain seconds.

    r = K_O·(p − ∫(τ − friction + Cᵀq̇ − g + r) dt), p = M(q)·q̇
    (De Luca, Haddadin, Albu-Schäffer, T-RO 33(6), 2017). The sign is that of the torque acting on the arm.
    """

    def __init__(self, arm: Arm, *, gain_1_s: float = 25.0) -> None:
        self._arm = arm
        self._gain_1_s = gain_1_s
        self._integral: Vector = np.zeros(arm.joint_count)
        self._running = False
        self.residual_nm: Vector = np.zeros(arm.joint_count)

    def update(self, *, q_rad: Vector, dq_rad_s: Vector, torque_nm: Vector, elapsed_s: float) -> Vector:
        """The residual in N·m after a measurement, `elapsed_s` after the one before."""
        arm = self._arm
        momentum = arm.mass_matrix(q_rad) @ dq_rad_s
        if not self._running:
            self._integral = momentum
            self._running = True
        drift = dq_rad_s @ arm.coriolis_matrix(q_rad, dq_rad_s) - arm.gravity(q_rad)
        known = torque_nm - arm.friction(dq_rad_s) + drift
        self._integral = self._integral + (known + self.residual_nm) * elapsed_s
        self.residual_nm = self._gain_1_s * (momentum - self._integral)
        return self.residual_nm

    def restart(self) -> None:
        """Begin anew: torque was carried by the brakes, which nobody measures."""
        self._running = False
        self.residual_nm = np.zeros_like(self.residual_nm)
