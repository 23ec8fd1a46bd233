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
        joints = limits.joints
        shape = (2, joints)
        window_s = np.broadcast_to([[limits.margins.reaction_s], [0.0]], shape)
        acceleration = np.stack([limits.acceleration_rad_s2] * 2)
        braking = np.stack([limits.braking_rad_s2, limits.acceleration_rad_s2])
        self._root = np.sqrt(0.5 / braking)
        """Of half over braking, so that stopping distances are squares of scaled speeds."""

        # rounding is forgiven to the reference, which may end exactly on its limit
        self._drift_rad = 0.5 * acceleration * window_s**2 - [[0.0], [_ROUNDING]]
        self.velocity_limit_rad_s = np.stack([limits.velocity_rad_s, limits.reference_velocity_rad_s])
        """[row, joint]."""

        self.velocity_limit_rad_s *= 1.0 + _ROUNDING
        self._per_motion = self._linear_part(window_s)
        self._constant = np.zeros((3, 2, *shape))
        self._set_limits(MEASURED, limits.position_lower_rad, limits.position_upper_rad)
        self._set_limits(REFERENCE, limits.reference_lower_rad, limits.reference_upper_rad)
        self._constant[1] = self.velocity_limit_rad_s
        self._constant[2] = self._root * acceleration * window_s
        self._make_rooms(shape)

    def _make_rooms(self, shape: tuple[int, int]) -> None:
        """The arrays that go in and come out, made once."""
        self._motion = np.zeros((2, *shape))
        self.q_rad = self._motion[0]
        """In: row 0 measured, row 1 reference."""

        self.dq_rad_s = self._motion[1]
        self.reference = self._motion[:, REFERENCE]
        """Position and velocity of the reference as they were put in, [2, joints]."""

        self.inputs = self._motion.reshape(-1)
        """All of `q_rad`, measured first, then all of `dq_rad_s`, as one flat array."""

        self._rooms = np.zeros((3, 2, *shape))
        self._flat_rooms = self._rooms.reshape(-1)
        self._judged = self._flat_rooms[: 8 * shape[1]]
        self.position_room_rad = self._rooms[0]
        """Out: what is left to each limit after worst-case braking; [end, row, joint]."""

        self.velocity_room_rad_s = self._rooms[1]
        """Out: what is left to the velocity limit in each direction; [end, row, joint]."""

        self._scaled_speed = self._rooms[2]

    def release_at(self, reference_rad: Vector) -> None:
        """The brakes open here: a reference that starts outside its margin may stay, but not go farther out."""
        limits = self._limits
        lower = np.maximum(np.minimum(limits.reference_lower_rad, reference_rad), limits.position_lower_rad)
        upper = np.minimum(np.maximum(limits.reference_upper_rad, reference_rad), limits.position_upper_rad)
        self._set_limits(REFERENCE, lower, upper)

    def judge(self) -> float:
        """The least room of all joints, rows and rules; negative when any rule is broken. Inputs must be finite."""
        speed, position_room = self._scaled_speed, self.position_room_rad
        np.dot(self._per_motion, self.inputs, out=self._flat_rooms)
        np.add(self._rooms, self._constant, out=self._rooms)
        np.maximum(speed, 0.0, out=speed)
        np.multiply(speed, speed, out=speed)
        np.subtract(position_room, speed, out=position_room)
        return float(np.minimum.reduce(self._judged))

    def _linear_part(self, window_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[3·2·2·joints, 2·2·joints]: what `_rooms` takes from `_motion`, before constants and squares.

        With q and v towards an end (mirrored for the lower one): −q − v·T, −v and v·√(1/2b).
        """
        shape = window_s.shape
        part = np.zeros((3, 2, *shape, 2, *shape))
        for end, towards in enumerate((1.0, -1.0)):
            for place in np.ndindex(shape):
                part[0, end, *place, 0, *place] = -towards
                part[0, end, *place, 1, *place] = -towards * window_s[place]
                part[1, end, *place, 1, *place] = -towards
                part[2, end, *place, 1, *place] = towards * self._root[place]
        return part.reshape(3 * 2 * window_s.size, 2 * window_s.size)

    def _set_limits(self, row: int, lower_rad: Vector, upper_rad: Vector) -> None:
        self._constant[0, 0, row] = upper_rad - self._drift_rad[row]
        self._constant[0, 1, row] = -lower_rad - self._drift_rad[row]
