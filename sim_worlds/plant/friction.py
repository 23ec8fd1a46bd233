"""Joint friction: Coulomb with a Stribeck peak as a dry torque bound, and a viscous part."""

from __future__ import annotations

import numpy as np

from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription
from sim_worlds.plant.mismatch import Mismatch


class JointFriction:
    """F = F_c + (F_s − F_c)·exp(−(q̇/v_s)²), dry, and F_v·q̇ (Armstrong-Hélouvry et al., Automatica 30(7), 1994)."""

    def __init__(self, robot: RobotDescription, *, mismatch: Mismatch) -> None:
        joints = robot.joints
        self._coulomb = np.array([joint.friction_coulomb_nm for joint in joints]) * mismatch.coulomb
        breakaway = np.array([joint.friction_breakaway_nm for joint in joints]) * mismatch.coulomb
        self._peak = breakaway - self._coulomb
        self._per_speed = 1.0 / np.array([joint.stribeck_velocity_rad_s for joint in joints])
        self._viscous = np.array([joint.friction_viscous_nm_s for joint in joints]) * mismatch.viscous
        self.viscous_nm_s: Vector = self._viscous.copy()
        self._factor = 1.0

    def scale(self, factor: float) -> None:
        """Wear: every friction torque times this."""
        self._factor = factor
        np.multiply(self._viscous, factor, out=self.viscous_nm_s)

    def dry_nm(self, dq_rad_s: Vector) -> Vector:
        """The bound on dry friction at this speed."""
        ratio = dq_rad_s * self._per_speed
        ratio *= ratio
        np.negative(ratio, out=ratio)
        np.exp(ratio, out=ratio)
        ratio *= self._peak
        ratio += self._coulomb
        ratio *= self._factor
        return ratio
