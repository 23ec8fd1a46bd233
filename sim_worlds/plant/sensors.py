"""Encoders and torque sensors: resolution and noise between what is and what is reported."""

from __future__ import annotations

import numpy as np

from runtime.messages.joint import Vector
from sim_worlds.robots.body import RobotBody

_WIDTH_NOISE_M = 2e-5
_FORCE_NOISE_N = 0.2


class Sensors:
    """One draw of noise a tick from a seeded generator; encoders are quantised after it."""

    def __init__(self, body: RobotBody, *, joints: int, noise: float, seed: int) -> None:
        self._random = np.random.default_rng((0x2545F491, seed & 0xFFFFFFFF))
        self._joints = joints
        self._quiet = noise == 0.0
        self._step_rad = body.encoder_step_rad
        self._per_step = 1.0 / body.encoder_step_rad
        deviations = (body.encoder_noise_rad, body.speed_noise_rad_s, body.torque_noise_nm)
        scale = [noise * value for value in deviations for _ in range(joints)]
        self._scale = np.array([*scale, noise * _WIDTH_NOISE_M, noise * _FORCE_NOISE_N])

    def read(
        self, *, q_rad: Vector, dq_rad_s: Vector, torque_nm: Vector, width_m: float, force_n: float
    ) -> tuple[Vector, Vector, Vector, float, float]:
        """Measured q, dq, torque (new arrays), gripper width and force."""
        if self._quiet:
            return q_rad.copy(), dq_rad_s.copy(), torque_nm.copy(), width_m, force_n
        joints = self._joints
        read = self._random.standard_normal(3 * joints + 2)
        read *= self._scale
        width, force = read[3 * joints :].tolist()
        both = read[: 3 * joints]
        both += np.concatenate((q_rad, dq_rad_s, torque_nm))
        q = both[:joints]
        q *= self._per_step
        np.rint(q, out=q)
        q *= self._step_rad
        force += force_n
        return q, both[joints : 2 * joints], both[2 * joints :], width_m + width, force if force > 0.0 else 0.0
