"""Can every joint still brake inside its limits? The rule behind the command limiter's last line.

Constant-acceleration kinematics: with speed v towards a limit, reaction window T, acceleration a that may act
in the worst direction throughout the window, and braking b afterwards, a joint needs
v·T + a·T²/2 + max(v + a·T, 0)²/(2·b) before it stands.
Two rows are judged at once: what is measured (data-sheet limits, full window, derated brakes) and the
reference (limits with margin, no window as it is ours to stop, data-sheet acceleration).
"""

from __future__ import annotations

import numpy as np

from runtime.guardrail.limits import Limits, Vector

MEASURED = 0
REFERENCE = 1
_ROUNDING = 1e-6


class Envelope:
    """Preallocated arithmetic of the braking rule. `judge` fills `position_room_rad` and `velocity_room_rad_s`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        shape = (2, limits.joints)
        window_s = np.array([[limits.margins.reaction_s], [0.0]])
        acceleration = np.stack([limits.acceleration_rad_s2] * 2)
        self._window_s = np.broadcast_to(window_s, shape).copy()
        self._gain_rad_s = acceleration * window_s
        self._drift_rad = 0.5 * acceleration * window_s**2 - _ROUNDING
        self._half_over_braking = 0.5 / np.stack([limits.braking_rad_s2, limits.acceleration_rad_s2])
        self._lower_rad = np.stack([limits.position_lower_rad, limits.reference_lower_rad])
        self._upper_rad = np.stack([limits.position_upper_rad, limits.reference_upper_rad])
        self.velocity_limit_rad_s = np.stack([limits.velocity_rad_s, limits.reference_velocity_rad_s]) * (1 + _ROUNDING)
        self.q_rad = np.zeros(shape)
        """In: row 0 measured, row 1 reference."""

        self.dq_rad_s = np.zeros(shape)
        self._room = np.zeros((3, *shape))
        self.position_room_rad = self._room[:2]
        """Out: distance left to [lower, upper] limit after worst-case braking; [2, row, joint]."""

        self.velocity_room_rad_s = self._room[2]
        self._speed = np.zeros(shape)
        self._stop = np.zeros(shape)

    def release_at(self, reference_rad: Vector) -> None:
        """The brakes open here: a reference that starts outside its margin may stay, but not go farther out."""
        limits = self._limits
        np.minimum(limits.reference_lower_rad, reference_rad, out=self._lower_rad[REFERENCE])
        np.maximum(limits.reference_upper_rad, reference_rad, out=self._upper_rad[REFERENCE])
        np.maximum(self._lower_rad[REFERENCE], limits.position_lower_rad, out=self._lower_rad[REFERENCE])
        np.minimum(self._upper_rad[REFERENCE], limits.position_upper_rad, out=self._upper_rad[REFERENCE])

    def judge(self) -> float:
        """The least room of all joints, rows and rules; negative when any rule is broken. Inputs must be finite."""
        lower_room, upper_room, velocity_room = self._room
        q_rad, dq_rad_s, speed, stop = self.q_rad, self.dq_rad_s, self._speed, self._stop

        np.add(dq_rad_s, self._gain_rad_s, out=speed)
        np.maximum(speed, 0.0, out=speed)
        np.multiply(speed, speed, out=speed)
        np.multiply(speed, self._half_over_braking, out=stop)
        np.subtract(self._upper_rad, q_rad, out=upper_room)
        np.subtract(upper_room, stop, out=upper_room)

        np.subtract(self._gain_rad_s, dq_rad_s, out=speed)
        np.maximum(speed, 0.0, out=speed)
        np.multiply(speed, speed, out=speed)
        np.multiply(speed, self._half_over_braking, out=stop)
        np.subtract(q_rad, self._lower_rad, out=lower_room)
        np.subtract(lower_room, stop, out=lower_room)

        np.multiply(dq_rad_s, self._window_s, out=stop)
        np.subtract(upper_room, stop, out=upper_room)
        np.add(lower_room, stop, out=lower_room)
        np.subtract(self.position_room_rad, self._drift_rad, out=self.position_room_rad)

        np.abs(dq_rad_s, out=stop)
        np.subtract(self.velocity_limit_rad_s, stop, out=velocity_room)
        return float(self._room.min())
