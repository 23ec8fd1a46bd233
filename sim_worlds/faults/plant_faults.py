"""F26 friction rise and F31 motor overheating: they act inside the plant's physics."""

from __future__ import annotations

import numpy as np

from runtime.messages.faults import FaultOrder
from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription
from sim_worlds.faults.schedule import Schedule

_FRICTION_RISE_PER_S = 2.0
"""The factor moves by this share of itself a second (up and down)."""

_HEAT_RISE_K_S = 40.0
_LOADED_JOINTS = 4
"""F31 picks one of the arm's first joints by the order's seed: those that carry the arm."""


class PlantFaults:
    """Desired state in, physical parameters out. The plant asks every 10 ms."""

    def __init__(self, robot: RobotDescription) -> None:
        self._schedule = Schedule(("F26", "F31"))
        self._joints = len(robot.joints)
        self._now_ns = 0
        self._shifted_k = np.zeros(self._joints)
        self._hot_joint = -1
        self._hot_goal_celsius = 0.0
        self._goal_k = 0.0
        self.friction_factor = 1.0
        self.heating_k: Vector = np.zeros(self._joints)
        """Steady rise of each winding over its housing that the fault's extra loss causes."""

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set."""
        self._schedule.apply(orders, now_ns)

    @property
    def orders(self) -> tuple[FaultOrder, ...]:
        """The orders in force at this seam."""
        return self._schedule.orders

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        return self._schedule.effective()

    def advance(self, now_ns: int) -> bool:
        """Move on to this moment; whether the friction factor changed."""
        elapsed_s = (now_ns - self._now_ns) * 1e-9 if self._now_ns else 0.0
        self._now_ns = now_ns
        self._advance_heat(now_ns)
        friction = self._schedule.active("F26", now_ns)
        goal = friction.parameter("friction_factor") if friction is not None else 1.0
        if goal == self.friction_factor:
            return False
        step = min(max(elapsed_s, 0.0), 0.1) * _FRICTION_RISE_PER_S * max(goal, self.friction_factor)
        change = min(max(goal - self.friction_factor, -step), step)
        self.friction_factor += change
        return True

    def heat_shift_k(self, housing_celsius: Vector, *, period_s: float) -> Vector | None:
        """By how much the temperatures are to be shifted over this period; None: not at all."""
        goal = np.zeros(self._joints)
        if self._hot_joint >= 0:
            joint = self._hot_joint
            natural = float(housing_celsius[joint] - self._shifted_k[joint])
            goal[joint] = max(self._hot_goal_celsius - natural, 0.0) if self._shifted_k[joint] < 1.0 else 0.0
            goal[joint] = max(goal[joint], self._goal_k)
            self._goal_k = float(goal[joint])
        change = goal - self._shifted_k
        if not change.any():
            return None
        step = _HEAT_RISE_K_S * period_s
        change = np.clip(change, -step, step)
        self._shifted_k += change
        return change

    def _advance_heat(self, now_ns: int) -> None:
        injection = self._schedule.active("F31", now_ns)
        self.heating_k[:] = 0.0
        if injection is None:
            self._hot_joint = -1
            self._goal_k = 0.0
            return
        self._hot_joint = injection.order.seed % min(_LOADED_JOINTS, self._joints)
        self._hot_goal_celsius = injection.parameter("housing_celsius")
        self.heating_k[self._hot_joint] = injection.parameter("heating_k")
