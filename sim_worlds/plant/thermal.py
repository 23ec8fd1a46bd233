"""Two-node thermal model of every joint motor: winding and housing, with derating and trip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription

Rows = NDArray[np.float64]

_DERATED_AT_TRIP = 0.4
"""Share of the peak torque that is left just below the trip temperature."""


@compiled("float64(float64[:,::1], float64[:,::1], float64[::1], float64[::1], float64[:,::1], float64[::1], float64)")
def _advance(
    was: Rows, now: Rows, squared: Vector, extra_w: Vector, motors: Rows, air: Vector, period_s: float
) -> float:
    """Fill `now` (winding, housing in °C) from `was`; the hottest winding.

    `motors`: heating a squared torque, both resistances and both capacities; `air`: its temperature, α of copper.
    """
    hottest = -273.15
    for joint in range(squared.size):
        winding, housing = was[0, joint], was[1, joint]
        copper_w = motors[0, joint] * squared[joint] * (1.0 + air[1] * (winding - 25.0)) + extra_w[joint]
        through_w = (winding - housing) / motors[1, joint]
        away_w = (housing - air[0]) / motors[2, joint]
        now[0, joint] = winding + period_s * (copper_w - through_w) / motors[3, joint]
        now[1, joint] = housing + period_s * (through_w - away_w) / motors[4, joint]
        hottest = max(hottest, now[0, joint])
    return hottest


class MotorHeat:
    """C_w dT_w/dt = i²R(1 + α(T_w − 25)) − (T_w − T_h)/R_wh; C_h dT_h/dt = (T_w − T_h)/R_wh − (T_h − T_a)/R_ha.

    Copper loss is given over joint torque squared. Explicit Euler: the step must stay far below R_wh·C_w.
    """

    def __init__(self, robot: RobotDescription) -> None:
        thermal = robot.thermal
        self._thermal = thermal
        self.winding_to_housing_k_w = np.array(thermal.winding_to_housing_k_w)
        columns = (
            thermal.heating_w_per_nm2,
            thermal.winding_to_housing_k_w,
            thermal.housing_to_ambient_k_w,
            thermal.winding_j_k,
            thermal.housing_j_k,
        )
        self._motors = np.array(columns)
        self._air = np.array([thermal.ambient_celsius, thermal.copper_per_k])
        self._celsius = np.full((2, len(robot.joints)), thermal.ambient_celsius)
        self.winding_celsius, self.housing_celsius = self._celsius
        self.torque_share: Vector = np.ones(len(robot.joints))
        """1, or less while derated."""

        self.derated = False
        self._limited = False
        """Whether the share is below 1 somewhere."""
        self.hot = False
        """A winding is above its trip temperature."""

    def advance(self, torque_squared: Vector, *, extra_w: Vector, period_s: float) -> None:
        """`torque_squared`: mean over the period, (N·m)². New arrays each time: readers may keep the old ones."""
        thermal = self._thermal
        celsius = np.empty_like(self._celsius)
        hottest = _advance(self._celsius, celsius, torque_squared, extra_w, self._motors, self._air, period_s)
        self._keep(celsius)
        self.hot = hottest >= thermal.trip_celsius
        self.derated = hottest >= thermal.derate_celsius
        if self.derated or self._limited:
            span = thermal.trip_celsius - thermal.derate_celsius
            over = np.clip((self.winding_celsius - thermal.derate_celsius) / span, 0.0, 1.0)
            self._limited = self.derated
            self.torque_share = 1.0 - (1.0 - _DERATED_AT_TRIP) * over

    def add_heat(self, *, winding_k: Vector, housing_k: Vector) -> None:
        """Shift temperatures: a fault that starts hot, or its end. Never below ambient."""
        ambient = self._thermal.ambient_celsius
        self._keep(np.maximum(self._celsius + [winding_k, housing_k], ambient))

    def _keep(self, celsius: Rows) -> None:
        self._celsius = celsius
        self.winding_celsius, self.housing_celsius = celsius
