"""Encoders and torque sensors: resolution and noise between what is and what is reported."""

from __future__ import annotations

import numpy as np

from runtime.messages.joint import Vector
from sim_worlds.robots.body import RobotBody

_WIDTH_NOISE_M = 2e-5
_FORCE_NOISE_N = 0.2
_BLOCK_TICKS = 64
"""Noise is drawn for this many ticks at once: the same numbers as tick by tick, a generator call less each."""


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
        self._rows: list[Vector] = []
        self._grip: list[list[float]] = []
        """Noise that is left, the next in last place: of joints, and of gripper width and force."""

    def read(self, truth: Vector, *, width_m: float, force_n: float) -> tuple[Vector, Vector, Vector, float, float]:
        """Measured q, dq, torque (arrays of this call alone), gripper width and force; `truth`: q, dq, torque."""
        joints = self._joints
        if self._quiet:
            both = truth.copy()
            return both[:joints], both[joints : 2 * joints], both[2 * joints :], width_m, force_n
        if not self._rows:
            self._draw()
        both = self._rows.pop()
        width, force = self._grip.pop()
        both += truth
        q = both[:joints]
        q *= self._per_step
        np.rint(q, out=q)
        q *= self._step_rad
        force += force_n
        return q, both[joints : 2 * joints], both[2 * joints :], width_m + width, force if force > 0.0 else 0.0

    def _draw(self) -> None:
        noise = self._random.standard_normal((_BLOCK_TICKS, len(self._scale)))
        noise *= self._scale
        self._rows = list(noise[::-1, :-2])
        self._grip = noise[::-1, -2:].tolist()
