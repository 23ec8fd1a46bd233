"""Can every joint still brake inside its limits? The rule behind the command limiter's last line.

Constant-acceleration kinematics: with speed v towards a limit, reaction window T, acceleration a that may act
in the worst direction throughout the window, and braking b afterwards, a joint needs
v·T + a·T²/2 + max(v + a·T, 0)²/(2·b) before it stands.
Two rows are judged at once: what is measured (data-sheet limits, full window, derated brakes) and the
reference (limits with margin, no window as it is ours to stop, data-sheet acceleration). Both ends of a
joint's range are one rule: the lower end is the upper one of the mirrored joint.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.guardrail.limits import Limits, Vector

MEASURED = 0
REFERENCE = 1
_ROUNDING = 1e-6


class Envelope:
    """Preallocated arithmetic of the braking rule. Fill `q_rad` and `dq_rad_s`, call `judge`, read the rooms."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        shape = (2, limits.joints)
        window_s = np.broadcast_to([[limits.margins.reaction_s], [0.0]], shape)
        acceleration = np.stack([limits.acceleration_rad_s2] * 2)
        braking = np.stack([limits.braking_rad_s2, limits.acceleration_rad_s2])
        self._window_s = _both_ends(window_s)
        self._gain_rad_s = _both_ends(acceleration * window_s)
        self._half_over_braking = _both_ends(0.5 / braking)
        # rounding is forgiven to the reference, which may end exactly on its limit
        self._drift_rad = 0.5 * acceleration * window_s**2 - [[0.0], [_ROUNDING]]
        self._limit_rad = np.zeros((2, *shape))
        self._set_limits(MEASURED, limits.position_lower_rad, limits.position_upper_rad)
        self._set_limits(REFERENCE, limits.reference_lower_rad, limits.reference_upper_rad)
        speed_limit = np.stack([limits.velocity_rad_s, limits.reference_velocity_rad_s]) * (1.0 + _ROUNDING)
        self._speed_limit = _both_ends(speed_limit)
        self.velocity_limit_rad_s = self._speed_limit[0]
        """[row, joint]."""

        self._motion = np.zeros((2, *shape))
        self.q_rad = self._motion[0]
        """In: row 0 measured, row 1 reference."""

        self.dq_rad_s = self._motion[1]
        self._towards = np.zeros((2, 2, *shape))
        """Position and velocity towards the upper end, and mirrored towards the lower: [q or dq, end, row, joint]."""

        self._rooms = np.zeros((2, 2, *shape))
        self.position_room_rad = self._rooms[0]
        """Out: what is left to each limit after worst-case braking; [end, row, joint]."""

        self.velocity_room_rad_s = self._rooms[1]
        """Out: what is left to the velocity limit in each direction; [end, row, joint]."""

        self._stop = np.zeros((2, *shape))

    @property
    def inputs(self) -> NDArray[np.float64]:
        """Positions and velocities as one array, to be tested for finiteness at once."""
        return self._motion

    def release_at(self, reference_rad: Vector) -> None:
        """The brakes open here: a reference that starts outside its margin may stay, but not go farther out."""
        limits = self._limits
        lower = np.maximum(np.minimum(limits.reference_lower_rad, reference_rad), limits.position_lower_rad)
        upper = np.minimum(np.maximum(limits.reference_upper_rad, reference_rad), limits.position_upper_rad)
        self._set_limits(REFERENCE, lower, upper)

    def judge(self) -> float:
        """The least room of all joints, rows and rules; negative when any rule is broken. Inputs must be finite."""
        stop, position_room = self._stop, self.position_room_rad
        self._towards[:, 0] = self._motion
        np.negative(self._motion, out=self._towards[:, 1])
        q_rad, speed = self._towards
        np.add(speed, self._gain_rad_s, out=stop)
        np.maximum(stop, 0.0, out=stop)
        np.multiply(stop, stop, out=stop)
        np.multiply(stop, self._half_over_braking, out=stop)
        np.subtract(self._limit_rad, q_rad, out=position_room)
        np.subtract(position_room, stop, out=position_room)
        np.multiply(speed, self._window_s, out=stop)
        np.subtract(position_room, stop, out=position_room)
        np.subtract(self._speed_limit, speed, out=self.velocity_room_rad_s)
        return float(self._rooms.min())

    def _set_limits(self, row: int, lower_rad: Vector, upper_rad: Vector) -> None:
        self._limit_rad[0, row] = upper_rad - self._drift_rad[row]
        self._limit_rad[1, row] = -lower_rad - self._drift_rad[row]


def _both_ends(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([values] * 2)
