"""Pieces of a joint trajectory: a minimum-jerk polynomial, a jerk-limited profile, and rest."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.messages.joint import JointReference, Vector
from runtime.system1.motion_limits import MotionLimits

Matrix = NDArray[np.float64]

AHEAD = 50
"""Milliseconds of a polynomial that are computed at once."""

_MILLISECONDS = np.arange(AHEAD) * 1e-3
_ORDERS = np.arange(1.0, 6.0)[:, None]
_ON_GRID = 1e-6
"""Of a millisecond: a moment closer than this to one that was computed counts as that one."""


class Segment(Protocol):
    """Motion of all joints over `duration_s`; afterwards it goes on at its final speed."""

    duration_s: float

    def at(self, time_s: float) -> JointReference:
        """The state so long after the segment began."""
        ...


class Rest:
    """No motion at all."""

    duration_s = 0.0

    def __init__(self, q_rad: Vector) -> None:
        self._state = JointReference(q_rad.copy(), np.zeros_like(q_rad), np.zeros_like(q_rad))

    def at(self, time_s: float) -> JointReference:
        """The same state at any time."""
        del time_s
        return self._state


def _powers(fraction: float) -> Matrix:
    """Rows: position, velocity, acceleration and jerk of a quintic over its six coefficients, unit duration."""
    s = fraction
    return np.array(
        [
            [1.0, s, s**2, s**3, s**4, s**5],
            [0.0, 1.0, 2 * s, 3 * s**2, 4 * s**3, 5 * s**4],
            [0.0, 0.0, 2.0, 6 * s, 12 * s**2, 20 * s**3],
            [0.0, 0.0, 0.0, 6.0, 24 * s, 60 * s**2],
        ]
    )


_FROM_ENDS = np.asarray(np.linalg.inv(np.vstack([_powers(0.0)[:3], _powers(1.0)[:3]])), dtype=np.float64)
"""Start and end position, velocity, acceleration to coefficients."""

_SAMPLES = np.stack([_powers(fraction) for fraction in np.linspace(0.0, 1.0, 9)])
_VELOCITY_SAMPLES: Matrix = np.ascontiguousarray(_SAMPLES[:, 1])
_ACCELERATION_SAMPLES: Matrix = np.ascontiguousarray(_SAMPLES[:, 2])
_JERK_SAMPLES: Matrix = np.ascontiguousarray(_SAMPLES[:, 3])


class Quintic:
    """The polynomial of least integrated squared jerk between two states (Flash & Hogan 1985)."""

    def __init__(self, start: JointReference, end: JointReference, duration_s: float) -> None:
        self.duration_s = duration_s
        square = duration_s * duration_s
        ends = np.array(
            [
                start.q_rad,
                start.dq_rad_s * duration_s,
                start.ddq_rad_s2 * square,
                end.q_rad,
                end.dq_rad_s * duration_s,
                end.ddq_rad_s2 * square,
            ]
        )
        self._coefficients: Matrix = _FROM_ENDS @ ends
        self._end = end
        self._ahead: Matrix = np.zeros((0, 3, end.q_rad.size))
        self._ahead_from_s = 0.0

    def at(self, time_s: float) -> JointReference:
        """See `Segment.at`."""
        if time_s >= self.duration_s:
            return _beyond(self._end, time_s - self.duration_s)
        row = (time_s - self._ahead_from_s) * 1000.0
        index = round(row)
        if not 0 <= index < len(self._ahead) or abs(row - index) > _ON_GRID:
            self._look_ahead(time_s)
            index = 0
        q_rad, dq_rad_s, ddq_rad_s2 = self._ahead[index]
        return JointReference(q_rad, dq_rad_s, ddq_rad_s2)

    def _look_ahead(self, time_s: float) -> None:
        """The states of this and the following milliseconds at once, which costs hardly more than one of them."""
        count = min(AHEAD, 1 + int((self.duration_s - time_s) * 1000.0))
        s = (time_s + _MILLISECONDS[:count]) / self.duration_s
        powers = np.empty((6, count))
        powers[0] = 1.0
        for order in range(1, 6):
            np.multiply(powers[order - 1], s, out=powers[order])
        states = np.empty((count, 3, self._coefficients.shape[1]))
        coefficients, rate = self._coefficients, 1.0 / self.duration_s
        for derivative in range(3):
            states[:, derivative] = powers[: 6 - derivative].T @ coefficients
            coefficients = coefficients[1:] * (_ORDERS[: 5 - derivative] * rate)
        self._ahead, self._ahead_from_s = states, time_s

    def within(self, limits: MotionLimits) -> bool:
        """Whether velocity, acceleration and jerk hold the limits, at nine samples."""
        duration_s = self.duration_s
        coefficients = self._coefficients
        velocity = np.abs(_VELOCITY_SAMPLES @ coefficients).max(axis=0)
        if not bool((velocity <= limits.velocity_rad_s * duration_s).all()):
            return False
        acceleration = np.abs(_ACCELERATION_SAMPLES @ coefficients).max(axis=0)
        if not bool((acceleration <= limits.acceleration_rad_s2 * duration_s**2).all()):
            return False
        jerk = np.abs(_JERK_SAMPLES @ coefficients).max(axis=0)
        return bool((jerk <= limits.jerk_rad_s3 * duration_s**3).all())


class Profile:
    """A time-optimal or time-stretched jerk-limited motion computed by Ruckig."""

    def __init__(self, trajectory: Any) -> None:  # Any: Ruckig is compiled code without type information
        self._trajectory = trajectory
        self.duration_s = float(trajectory.duration)
        self._end: JointReference | None = None

    def at(self, time_s: float) -> JointReference:
        """See `Segment.at`."""
        if time_s <= self.duration_s:
            return self._state(time_s)
        if self._end is None:
            self._end = self._state(self.duration_s)
        return _beyond(self._end, time_s - self.duration_s)

    def _state(self, time_s: float) -> JointReference:
        q_rad, dq_rad_s, ddq_rad_s2 = np.array(self._trajectory.at_time(time_s))
        return JointReference(q_rad, dq_rad_s, ddq_rad_s2)


def _beyond(end: JointReference, time_s: float) -> JointReference:
    if not any(end.dq_rad_s.tolist()):
        return JointReference(end.q_rad, end.dq_rad_s, np.zeros_like(end.q_rad))
    return JointReference(end.q_rad + end.dq_rad_s * time_s, end.dq_rad_s, np.zeros_like(end.q_rad))
