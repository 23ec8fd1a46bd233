"""Joint friction: Coulomb with a Stribeck peak as a dry torque bound, and a viscous part."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription
from sim_worlds.plant.mismatch import Mismatch


@compiled("float64(float64[::1], float64[:,::1], float64, float64[::1], float64[::1])")
def _bound(speed_rad_s: Vector, table: NDArray[np.float64], factor: float, given_nm: Vector, dry_nm: Vector) -> float:
    """Fill `dry_nm` from F_c, F_s − F_c and 1/v_s of every joint; its largest difference from `given_nm`."""
    change = 0.0
    for joint in range(dry_nm.size):
        ratio = speed_rad_s[joint] * table[2, joint]
        dry_nm[joint] = factor * (table[0, joint] + table[1, joint] * math.exp(-ratio * ratio))
        change = max(change, abs(dry_nm[joint] - given_nm[joint]))
    return change


class JointFriction:
    """F = F_c + (F_s − F_c)·exp(−(q̇/v_s)²), dry, and F_v·q̇ (Armstrong-Hélouvry et al., Automatica 30(7), 1994)."""

    def __init__(self, robot: RobotDescription, *, mismatch: Mismatch) -> None:
        joints = robot.joints
        coulomb = np.array([joint.friction_coulomb_nm for joint in joints]) * mismatch.coulomb
        breakaway = np.array([joint.friction_breakaway_nm for joint in joints]) * mismatch.coulomb
        per_speed = [1.0 / joint.stribeck_velocity_rad_s for joint in joints]
        self._table = np.stack([coulomb, breakaway - coulomb, per_speed])
        self._viscous = np.array([joint.friction_viscous_nm_s for joint in joints]) * mismatch.viscous
        self.viscous_nm_s: Vector = self._viscous
        self._factor = 1.0
        self._given_nm = np.zeros(len(joints))
        self._dry_nm = np.zeros(len(joints))

    def scale(self, factor: float) -> None:
        """Wear: every friction torque times this."""
        self._factor = factor
        self.viscous_nm_s = factor * self._viscous

    def dry_nm(self, dq_rad_s: Vector, *, changed_nm: float) -> list[float] | None:
        """The bound on dry friction at this speed in N·m; None if it differs by less from what was given last."""
        change = _bound(dq_rad_s, self._table, self._factor, self._given_nm, self._dry_nm)
        if change <= changed_nm:
            return None
        self._given_nm, self._dry_nm = self._dry_nm, self._given_nm
        return self._given_nm.tolist()
