"""Can every joint still brake inside its limits? The rule behind the command limiter's last line.

Constant-acceleration kinematics: with speed v towards a limit, reaction window T, acceleration a that may act
in the worst direction throughout the window, and braking b afterwards, a joint needs
v·T + a·T²/2 + max(v + a·T, 0)²/(2·b) before it stands.
Two rows are judged at once: what is measured (data-sheet limits, full window, derated brakes) and the
reference (limits with margin, no window as it is ours to stop, data-sheet acceleration). Both ends of a
joint's range are one rule: the lower end is the upper one of the mirrored joint.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled
from runtime.guardrail.limits import Limits, Vector

Rows = NDArray[np.float64]

MEASURED = 0
REFERENCE = 1
_ROUNDING = 1e-6


@compiled("float64(float64[:,:,::1], float64[:,:,::1], float64[:,:,::1], float64[:,:,:,::1])")
def _judge(motion: Rows, ends: Rows, rules: Rows, rooms: Rows) -> float:
    """Fill `rooms`, [position or speed, end, row, joint], and return the least of them, in rad or rad/s.

    `motion`: q and q̇, `ends`: what is in the way of position at each end, `rules`: T, √(1/2b), √(1/2b)·a·T and the
    velocity limit, each [·, row, joint].
    """
    least = math.inf
    for row in range(2):
        for joint in range(motion.shape[2]):
            window_s, root, surge, fastest = rules[:, row, joint]
            for end in range(2):
                towards = 1.0 - 2.0 * end
                q, v = towards * motion[0, row, joint], towards * motion[1, row, joint]
                stopping = max(v * root + surge, 0.0)
                rooms[0, end, row, joint] = ends[end, row, joint] - q - v * window_s - stopping * stopping
                rooms[1, end, row, joint] = fastest - v
                least = min(least, rooms[0, end, row, joint], rooms[1, end, row, joint])
    return least


class Envelope:
    """Preallocated arithmetic of the braking rule. Fill `q_rad` and `dq_rad_s`, call `judge`, read the rooms."""

    def __init__(self, limits: Limits, inputs: Vector | None = None) -> None:
        """`inputs`: memory for `q_rad` (measured, then reference) and `dq_rad_s`, if it is part of something larger."""
        self._limits = limits
        shape = (2, limits.joints)
        window_s = np.broadcast_to([[limits.margins.reaction_s], [0.0]], shape)
        acceleration = np.stack([limits.acceleration_rad_s2] * 2)
        root = np.sqrt(0.5 / np.stack([limits.braking_rad_s2, limits.acceleration_rad_s2]))
        # rounding is forgiven to the reference, which may end exactly on its limit
        self._drift_rad = 0.5 * acceleration * window_s**2 - [[0.0], [_ROUNDING]]
        fastest = np.stack([limits.velocity_rad_s, limits.reference_velocity_rad_s]) * (1.0 + _ROUNDING)
        self._rules = np.stack([window_s, root, root * acceleration * window_s, fastest])
        self.velocity_limit_rad_s = self._rules[3]
        """[row, joint]."""

        self._ends_rad = np.zeros((2, *shape))
        self._set_limits(MEASURED, limits.position_lower_rad, limits.position_upper_rad)
        self._set_limits(REFERENCE, limits.reference_lower_rad, limits.reference_upper_rad)
        self._make_rooms(shape, np.zeros(4 * limits.joints) if inputs is None else inputs)

    def _make_rooms(self, shape: tuple[int, int], inputs: Vector) -> None:
        """The arrays that go in and come out, made once."""
        self._motion = inputs.reshape(2, *shape)
        self.q_rad = self._motion[0]
        """In: row 0 measured, row 1 reference."""

        self.dq_rad_s = self._motion[1]
        self.reference = self._motion[:, REFERENCE]
        """Position and velocity of the reference as they were put in, [2, joints]."""

        self._rooms = np.zeros((2, 2, *shape))
        self.position_room_rad = self._rooms[0]
        """Out: what is left to each limit after worst-case braking; [end, row, joint]."""

        self.velocity_room_rad_s = self._rooms[1]
        """Out: what is left to the velocity limit in each direction; [end, row, joint]."""

    def release_at(self, reference_rad: Vector) -> None:
        """The brakes open here: a reference that starts outside its margin may stay, but not go farther out."""
        limits = self._limits
        lower = np.maximum(np.minimum(limits.reference_lower_rad, reference_rad), limits.position_lower_rad)
        upper = np.minimum(np.maximum(limits.reference_upper_rad, reference_rad), limits.position_upper_rad)
        self._set_limits(REFERENCE, lower, upper)

    def judge(self) -> float:
        """The least room of all joints, rows and rules; negative when any rule is broken. Inputs must be finite."""
        return float(_judge(self._motion, self._ends_rad, self._rules, self._rooms))

    def _set_limits(self, row: int, lower_rad: Vector, upper_rad: Vector) -> None:
        self._ends_rad[0, row] = upper_rad - self._drift_rad[row]
        self._ends_rad[1, row] = -lower_rad - self._drift_rad[row]
