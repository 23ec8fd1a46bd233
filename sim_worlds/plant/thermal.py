"""Two-node thermal model of every joint motor: winding and housing, with derating and trip."""

from __future__ import annotations

import numpy as np

from runtime.messages.joint import Vector
from runtime.messages.robot import RobotDescription

_DERATED_AT_TRIP = 0.4
"""Share of the peak torque that is left just below the trip temperature."""


class MotorHeat:
    """C_w dT_w/dt = i²R(1 + α(T_w − 25)) − (T_w − T_h)/R_wh; C_h dT_h/dt = (T_w − T_h)/R_wh − (T_h − T_a)/R_ha.

    Copper loss is given over joint torque squared. Explicit Euler: the step must stay far below R_wh·C_w.
    """

    def __init__(self, robot: RobotDescription) -> None:
        thermal = robot.thermal
        self._thermal = thermal
        self.winding_to_housing_k_w = np.array(thermal.winding_to_housing_k_w)
        columns = (
            thermal.heating_k_per_nm2,
            thermal.winding_to_housing_k_w,
            thermal.housing_to_ambient_k_w,
            thermal.winding_j_k,
            thermal.housing_j_k,
        )
        self._motors = list(zip(*columns, strict=True))
        self.winding_celsius: Vector = np.full(len(robot.joints), thermal.ambient_celsius)
        self.housing_celsius: Vector = self.winding_celsius.copy()
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
        ambient, copper_per_k = thermal.ambient_celsius, thermal.copper_per_k
        states = (self.winding_celsius.tolist(), self.housing_celsius.tolist())
        loads = (torque_squared.tolist(), extra_w.tolist())
        windings: list[float] = []
        housings: list[float] = []
        for winding, housing, squared, extra, motor in zip(*states, *loads, self._motors, strict=True):
            loss, winding_to_housing, to_ambient, winding_j_k, housing_j_k = motor
            copper_w = loss * squared * (1.0 + copper_per_k * (winding - 25.0)) + extra
            through_w = (winding - housing) / winding_to_housing
            away_w = (housing - ambient) / to_ambient
            windings.append(winding + period_s * (copper_w - through_w) / winding_j_k)
            housings.append(housing + period_s * (through_w - away_w) / housing_j_k)
        self.winding_celsius, self.housing_celsius = np.array(windings), np.array(housings)
        hottest = max(windings)
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
        self.winding_celsius = np.maximum(self.winding_celsius + winding_k, ambient)
        self.housing_celsius = np.maximum(self.housing_celsius + housing_k, ambient)
