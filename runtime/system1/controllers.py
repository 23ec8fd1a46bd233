"""Joint-space control laws behind the Controller port."""

from __future__ import annotations

import math

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.joint import Vector


class ComputedTorque:
    """τ = ID(q, q̇, q̈_ref + k_p·e + k_d·ė + k_i·∫e) + friction(q̇_ref): the same dynamics for every joint.

    (Siciliano et al., Robotics: Modelling, Planning and Control, 2009, §8.5.2.) The integral is bounded; it
    carries what the nominal model does not know and learns little while the reference accelerates. Stable for
    k_i < k_p·k_d. Speed is low-pass filtered, so that its noise does not use up the torque rate. Plain floats:
    for seven joints a loop costs half of what as many array operations do.
    """

    def __init__(
        self,
        arm: Arm,
        *,
        stiffness_1_s2: float = 900.0,
        damping_1_s: float = 60.0,
        integral_1_s3: float = 4000.0,
        integral_limit_rad_s2: float = 8.0,
        filter_hz: float = 80.0,
        period_s: float = 0.001,
    ) -> None:
        self._arm = arm
        self._stiffness_1_s2 = stiffness_1_s2
        self._damping_1_s = damping_1_s
        self._gain = integral_1_s3 * period_s
        self._limit_rad_s2 = integral_limit_rad_s2
        self._fresh = 1.0 - math.exp(-2.0 * math.pi * filter_hz * period_s)
        self._integral_rad_s2 = [0.0] * arm.joint_count
        self._speed_rad_s = [0.0] * arm.joint_count
        self._demand_rad_s2 = [0.0] * arm.joint_count

    def torque(
        self,
        *,
        q_rad: Vector,
        dq_rad_s: Vector,
        q_reference_rad: Vector,
        dq_reference_rad_s: Vector,
        ddq_reference_rad_s2: Vector,
    ) -> Vector:
        """See `ports.Controller`; one call a tick, as the integral counts calls."""
        stiffness, damping, fresh = self._stiffness_1_s2, self._damping_1_s, self._fresh
        gain, limit, integrals = self._gain, self._limit_rad_s2, self._integral_rad_s2
        speeds, demands = self._speed_rad_s, self._demand_rad_s2
        joints = zip(
            q_rad.tolist(),
            dq_rad_s.tolist(),
            q_reference_rad.tolist(),
            dq_reference_rad_s.tolist(),
            ddq_reference_rad_s2.tolist(),
            strict=True,
        )
        for joint, (q, dq, q_reference, dq_reference, ddq) in enumerate(joints):
            speed = speeds[joint]
            speed = speeds[joint] = speed + fresh * (dq - speed)
            error = q_reference - q
            integral = integrals[joint] + gain * error / (1.0 + ddq * ddq)
            integral = integrals[joint] = limit if integral > limit else -limit if integral < -limit else integral
            demands[joint] = ddq + stiffness * error + damping * (dq_reference - speed) + integral
        torque = self._arm.inverse_dynamics(q_rad, np.array(speeds), np.array(demands))
        return torque + self._arm.friction(dq_reference_rad_s)

    def reset(self) -> None:
        """Forget what was integrated: the arm stands elsewhere now."""
        self._integral_rad_s2 = [0.0] * self._arm.joint_count


class JointImpedance:
    """τ = K·e + D·ė + ID(q, q̇, q̈_ref) + friction(q̇_ref): a spring and damper a joint, compliant to contact.

    Damping is ratio·2·√(K·M_ii) at the present configuration's diagonal inertia (Albu-Schäffer et al., 2003, in short).
    """

    def __init__(self, arm: Arm, *, stiffness_nm_rad: Vector | None = None, damping_ratio: float = 0.8) -> None:
        self._arm = arm
        sheet = np.array([joint.torque_nm for joint in arm.robot.joints])
        self._stiffness_nm_rad = 7.0 * sheet if stiffness_nm_rad is None else stiffness_nm_rad
        self._damping = 2.0 * damping_ratio * np.sqrt(self._stiffness_nm_rad)

    def torque(
        self,
        *,
        q_rad: Vector,
        dq_rad_s: Vector,
        q_reference_rad: Vector,
        dq_reference_rad_s: Vector,
        ddq_reference_rad_s2: Vector,
    ) -> Vector:
        """See `ports.Controller`."""
        damping = self._damping * np.sqrt(np.diagonal(self._arm.mass_matrix(q_rad)))
        feedback = self._stiffness_nm_rad * (q_reference_rad - q_rad) + damping * (dq_reference_rad_s - dq_rad_s)
        feedforward = self._arm.inverse_dynamics(q_rad, dq_rad_s, ddq_reference_rad_s2)
        return feedback + feedforward + self._arm.friction(dq_reference_rad_s)

    def reset(self) -> None:
        """Nothing is remembered."""
