"""Which torque the nominal model does not explain: contact, payload, friction, a failing drive."""

from __future__ import annotations

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.joint import Vector


class MomentumObserver:
    """Generalised momentum observer: r follows the external torque as a first-order lag of 1/gain seconds.

    r = K_O·(p − ∫(τ − friction + Cᵀq̇ − g + r) dt), p = M(q)·q̇
    (De Luca, Haddadin, Albu-Schäffer, T-RO 33(6), 2017). The sign is that of the torque acting on the arm.
    The torque's impulse is summed every tick; the model is evaluated every `every` ticks, which are short
    against 1/gain.
    """

    def __init__(self, arm: Arm, *, gain_1_s: float = 25.0, every: int = 8) -> None:
        self._arm = arm
        self._gain_1_s = gain_1_s
        self._every = every
        self._ticks = 0
        self._elapsed_s = 0.0
        self._impulse_nm_s: Vector = np.zeros(arm.joint_count)
        self._integral: Vector = np.zeros(arm.joint_count)
        self._running = False
        self.residual_nm: Vector = np.zeros(arm.joint_count)

    def update(self, *, q_rad: Vector, dq_rad_s: Vector, torque_nm: Vector, elapsed_s: float) -> Vector:
        """The residual in N·m after a measurement, `elapsed_s` after the one before."""
        self._impulse_nm_s += torque_nm * elapsed_s
        self._elapsed_s += elapsed_s
        self._ticks += 1
        if self._ticks >= self._every:
            self._evaluate(q_rad, dq_rad_s)
        return self.residual_nm

    def restart(self) -> None:
        """Begin anew: torque was carried by the brakes, which nobody measures."""
        self._running = False
        self._forget_span()
        self.residual_nm = np.zeros_like(self.residual_nm)

    def _evaluate(self, q_rad: Vector, dq_rad_s: Vector) -> None:
        arm = self._arm
        momentum = arm.mass_matrix(q_rad) @ dq_rad_s
        if not self._running:
            self._integral = momentum
            self._running = True
            self._forget_span()
            return
        drift = dq_rad_s @ arm.coriolis_matrix(q_rad, dq_rad_s) - arm.gravity(q_rad)
        unpowered = drift - arm.friction(dq_rad_s) + self.residual_nm
        self._integral = self._integral + self._impulse_nm_s + unpowered * self._elapsed_s
        self.residual_nm = self._gain_1_s * (momentum - self._integral)
        self._forget_span()

    def _forget_span(self) -> None:
        self._ticks, self._elapsed_s = 0, 0.0
        self._impulse_nm_s[:] = 0.0
