"""Pieces of a joint trajectory: a minimum-jerk polynomial, a jerk-limited profile, and rest."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.messages.joint import JointReference, Vector
from runtime.system1.motion_limits import MotionLimits

Matrix = NDArray[np.float64]


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
        self._basis: Matrix = _powers(0.0)[:3].copy()
        self._scale = np.array([[1.0], [1.0 / duration_s], [1.0 / square]])

    def at(self, time_s: float) -> JointReference:
        """See `Segment.at`."""
        if time_s >= self.duration_s:
            return _beyond(self._end, time_s - self.duration_s)
        s = time_s / self.duration_s
        s2 = s * s
        s3 = s2 * s
        s4 = s3 * s
        basis = self._basis
        basis[0] = (1.0, s, s2, s3, s4, s4 * s)
        basis[1] = (0.0, 1.0, 2.0 * s, 3.0 * s2, 4.0 * s3, 5.0 * s4)
        basis[2] = (0.0, 0.0, 2.0, 6.0 * s, 12.0 * s2, 20.0 * s3)
        q_rad, dq_rad_s, ddq_rad_s2 = (basis @ self._coefficients) * self._scale
        return JointReference(q_rad, dq_rad_s, ddq_rad_s2)

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

    def at(self, time_s: float) -> JointReference:
        """See `Segment.at`."""
        q_rad, dq_rad_s, ddq_rad_s2 = self._trajectory.at_time(min(time_s, self.duration_s))
        state = JointReference(np.array(q_rad), np.array(dq_rad_s), np.array(ddq_rad_s2))
        if time_s > self.duration_s:
            return _beyond(state, time_s - self.duration_s)
        return state


def _beyond(end: JointReference, time_s: float) -> JointReference:
    return JointReference(end.q_rad + end.dq_rad_s * time_s, end.dq_rad_s, np.zeros_like(end.q_rad))
