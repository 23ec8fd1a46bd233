"""Joint-space control laws behind the Controller port."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.kinematics import Arm
from runtime.messages.joint import Vector

Matrix = NDArray[np.float64]


@compiled("void(float64[:,::1], float64[:,::1], float64[::1])")
def _feed_back(motion: Matrix, memory: Matrix, gains: Vector) -> None:
    """Advance `memory` (filtered speed, integral, demanded acceleration) by one tick of `motion`, [·, joint].

    `motion`: q and q̇ as measured, then q, q̇ and q̈ of the reference. `gains`: k_p, k_d, k_i·T, its bound, filter,
    error from which on the position's part is weakened, and the share of k_p that is left beyond.
    """
    stiffness, damping, gain, limit, fresh = gains[0], gains[1], gains[2], gains[3], gains[4]
    near, weaker = gains[5], gains[6]
    for joint in range(motion.shape[1]):
        ddq = motion[4, joint]
        error = motion[2, joint] - motion[0, joint]
        speed = memory[0, joint] + fresh * (motion[1, joint] - memory[0, joint])
        integral = min(max(memory[1, joint] + gain * error / (1.0 + ddq * ddq), -limit), limit)
        memory[0, joint] = speed
        memory[1, joint] = integral
        pulled = min(max(error, -near), near)
        pulled += weaker * (error - pulled)
        memory[2, joint] = ddq + stiffness * pulled + damping * (motion[3, joint] - speed) + integral


class ComputedTorque:
    """τ = ID(q, q̇, q̈_ref + k_p·e + k_d·ė + k_i·∫e) + friction(q̇_ref): the same dynamics for every joint.

    (Siciliano et al., Robotics: Modelling, Planning and Control, 2009, §8.5.2.) The integral is bounded; it
    carries what the nominal model does not know and learns little while the reference accelerates. Stable for
    k_i < k_p·k_d. Speed is low-pass filtered, so that its noise does not use up the torque rate.

    Beyond `near_rad` only the share `weaker` of k_p is left, so that a large error is taken back at a bounded
    speed: torque follows demand at a bounded rate, and a stiff spring behind that swings an arm up (nested
    saturation: Teel, Systems & Control Letters 18, 1992; figures in docs/decisions/0018).
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
        near_rad: float = 0.006,
        weaker: float = 0.15,
        period_s: float = 0.001,
    ) -> None:
        self._arm = arm
        fresh = 1.0 - math.exp(-2.0 * math.pi * filter_hz * period_s)
        gains = (stiffness_1_s2, damping_1_s, integral_1_s3 * period_s, integral_limit_rad_s2, fresh, near_rad, weaker)
        self._gains = np.array(gains, dtype=np.float64)
        self._motion = np.zeros((5, arm.joint_count))
        self._flat_motion = self._motion.reshape(-1)
        self._memory = np.zeros((3, arm.joint_count))
        self._speed_rad_s, self._integral_rad_s2, self._demand_rad_s2 = self._memory

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
        measured_and_wanted = (q_rad, dq_rad_s, q_reference_rad, dq_reference_rad_s, ddq_reference_rad_s2)
        np.concatenate(measured_and_wanted, out=self._flat_motion)
        _feed_back(self._motion, self._memory, self._gains)
        torque = self._arm.inverse_dynamics(q_rad, self._speed_rad_s, self._demand_rad_s2)
        return torque + self._arm.friction(dq_reference_rad_s)

    def reset(self) -> None:
        """Forget what was integrated: the arm stands elsewhere now."""
        self._integral_rad_s2[:] = 0.0


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
