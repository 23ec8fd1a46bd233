"""Encoders and torque sensors: resolution and noise between what is and what is reported."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.messages.joint import Vector
from sim_worlds.robots.body import RobotBody

_WIDTH_NOISE_M = 2e-5
_FORCE_NOISE_N = 0.2
Rows = NDArray[np.float64]

_BLOCK_TICKS = 64
"""Noise is drawn for this many ticks at once: the same numbers as tick by tick, a generator call less each."""


@compiled("void(float64[::1], float64[::1], float64[::1], float64[::1], float64, float64[:,::1])")
def _sense(q_rad: Vector, dq_rad_s: Vector, torque_nm: Vector, noise: Vector, step_rad: float, seen: Rows) -> None:
    """Fill `seen` (q, q̇, torque): what is, and noise; angles in steps of the encoder. Fingers come after the joints."""
    joints = torque_nm.size
    for joint in range(joints):
        seen[0, joint] = np.rint((q_rad[joint] + noise[joint]) * (1.0 / step_rad)) * step_rad
        seen[1, joint] = dq_rad_s[joint] + noise[joints + joint]
        seen[2, joint] = torque_nm[joint] + noise[2 * joints + joint]


class Sensors:
    """One draw of noise a tick from a seeded generator; encoders are quantised after it."""

    def __init__(self, body: RobotBody, *, joints: int, noise: float, seed: int) -> None:
        self._random = np.random.default_rng((0x2545F491, seed & 0xFFFFFFFF))
        self._joints = joints
        self._quiet = noise == 0.0
        self._step_rad = body.encoder_step_rad
        deviations = (body.encoder_noise_rad, body.speed_noise_rad_s, body.torque_noise_nm)
        scale = [noise * value for value in deviations for _ in range(joints)]
        self._scale = np.array([*scale, noise * _WIDTH_NOISE_M, noise * _FORCE_NOISE_N])
        self._rows: list[Vector] = []
        self._grip: list[list[float]] = []
        """Noise that is left, the next in last place: of joints, and of gripper width and force."""

    def read(
        self, q_rad: Vector, dq_rad_s: Vector, torque_nm: Vector, *, width_m: float, force_n: float
    ) -> tuple[Rows, float, float]:
        """Measured [q, q̇, torque] of the joints (an array of this call alone), gripper width and force.

        `q_rad` and `dq_rad_s` may go on after the joints.
        """
        joints = self._joints
        if self._quiet:
            return np.stack([q_rad[:joints], dq_rad_s[:joints], torque_nm]), width_m, force_n
        if not self._rows:
            self._draw()
        seen = np.empty((3, joints))
        _sense(q_rad, dq_rad_s, torque_nm, self._rows.pop(), self._step_rad, seen)
        width, force = self._grip.pop()
        force += force_n
        return seen, width_m + width, force if force > 0.0 else 0.0

    def _draw(self) -> None:
        noise = self._random.standard_normal((_BLOCK_TICKS, len(self._scale)))
        noise *= self._scale
        self._rows = list(np.ascontiguousarray(noise[::-1, :-2]))
        self._grip = noise[::-1, -2:].tolist()
