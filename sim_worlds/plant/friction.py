"""Joint friction: Coulomb with a Stribeck peak as a dry torque bound, and a viscous part."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from runtime.messages.robot import RobotDescription
from sim_worlds.plant.mismatch import Mismatch


class JointFriction:
    """F = F_c + (F_s − F_c)·exp(−(q̇/v_s)²), dry, and F_v·q̇ (Armstrong-Hélouvry et al., Automatica 30(7), 1994)."""

    def __init__(self, robot: RobotDescription, *, mismatch: Mismatch) -> None:
        joints = robot.joints
        coulomb = np.array([joint.friction_coulomb_nm for joint in joints]) * mismatch.coulomb
        breakaway = np.array([joint.friction_breakaway_nm for joint in joints]) * mismatch.coulomb
        per_speed = [1.0 / joint.stribeck_velocity_rad_s for joint in joints]
        self._dry = list(zip(per_speed, (breakaway - coulomb).tolist(), coulomb.tolist(), strict=True))
        viscous = np.array([joint.friction_viscous_nm_s for joint in joints]) * mismatch.viscous
        self._viscous: list[float] = viscous.tolist()
        self.viscous_nm_s = self._viscous
        self._factor = 1.0

    def scale(self, factor: float) -> None:
        """Wear: every friction torque times this."""
        self._factor = factor
        self.viscous_nm_s = [factor * viscous for viscous in self._viscous]

    def dry_nm(self, dq_rad_s: Sequence[float]) -> list[float]:
        """The bound on dry friction at this speed, in N·m."""
        factor, exp = self._factor, math.exp
        return [
            factor * (coulomb + peak * exp(-speed * per_speed * speed * per_speed))
            for speed, (per_speed, peak, coulomb) in zip(dq_rad_s, self._dry, strict=True)
        ]
