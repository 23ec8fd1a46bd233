"""The joint reference of every tick: follows a path of timed waypoints, blends from the state now, stops."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from runtime.messages.joint import JointReference, Vector
from runtime.system1.jerk_limited import JerkLimited
from runtime.system1.motion_limits import MotionLimits
from runtime.system1.segment import Matrix, Quintic, Rest, Segment

_BLEND_SHARE = 0.5
"""A waypoint closer in time than this share of a step is passed over: the blend goes to the one after it."""

_CATCH_UP = 1.05
"""How many times faster than the clock the reference runs after missed ticks, until it is on time again.

The arm really moves this much faster than the path: at 0.9 of the data sheet's velocity there is room for
this and for what it swings over after the step that comes first.
"""

_CATCH_UP_AT_ONCE = 5
"""So many missed periods are made up for in one tick; the guard's limiter lets no larger step pass."""

_AHEAD_TICKS = 1
"""So many ticks the reference may run ahead of what the arm is known to have lived: a measurement may be late."""

_LATE_S = 0.0005
"""A jerk-limited motion that reaches its waypoint this late still counts as in time."""


@dataclass(frozen=True, slots=True, eq=False)
class JointPath:
    """Waypoints with the moments at which they are due; the last is reached at rest."""

    due_ns: tuple[int, ...]
    """Strictly increasing."""

    q_rad: Matrix
    """float64[steps, joints]."""


class ReferenceMotion:
    """Position, velocity and acceleration of the reference, continuous and within limits across every change.

    Between waypoints runs a quintic (least jerk); where that would exceed a limit, and for every stop, a
    jerk-limited Ruckig profile. Each piece begins in the state in which the one before is at that moment, so
    a new path is blended from now. Stops need no path: they begin anywhere. After many missed ticks its time
    lags behind the clock, so that the reference does not jump, until it has caught up or something new begins.
    """

    def __init__(self, limits: MotionLimits, *, q_rad: Vector, period_s: float = 0.001) -> None:
        self._period_ns = round(period_s * 1e9)
        self._clock_ns: int | None = None
        self._time_ns = 0
        self._ahead_ticks = _AHEAD_TICKS
        self._limits = limits
        self._jerk_limited = JerkLimited(limits)
        self._segment: Segment = Rest(q_rad)
        self._began_ns = 0
        self._path: JointPath | None = None
        self._target = 0
        self.state: JointReference = self._segment.at(0.0)
        """As of the newest `sample`."""

    @property
    def time_ns(self) -> int:
        """Its own time in the newest tick: the clock, or behind it after missed ticks."""
        return self._time_ns

    def begin_tick(self, now_ns: int, *, lived_ticks: int) -> None:
        """Time passes, but not more of it than the arm itself has lived since the tick before.

        An arm whose own steps came late has not moved on meanwhile: a reference that went on ahead of it would
        drive it faster than its path, stall after stall, until it is over its velocity limit.
        """
        may_ticks = self._ahead_ticks + max(0, lived_ticks)
        gone_ns = self._pass_time(now_ns, at_most_ns=may_ticks * self._period_ns)
        self._ahead_ticks = min(_AHEAD_TICKS, may_ticks - round(gone_ns / self._period_ns))

    def hold(self, q_rad: Vector) -> None:
        """Be at rest here from now on; a jump, so only for an arm that stands behind closed brakes."""
        self._path = None
        self._segment = Rest(q_rad)
        self.state = self._segment.at(0.0)

    def follow(self, path: JointPath, *, now_ns: int) -> None:
        """Leave what is being done, in its state now, for this path."""
        state = self._leave(now_ns)
        self._path = path
        self._begin_towards(0, state, now_ns)

    def stop(self, *, now_ns: int) -> None:
        """Come to rest as fast as the limits allow, from the state now."""
        state = self._leave(now_ns)
        self._path = None
        self._began_ns = now_ns
        profile = self._jerk_limited.to_rest(state)
        self._segment = Rest(state.q_rad) if profile is None else profile

    def sample(self, now_ns: int) -> JointReference:
        """The reference of this tick; begins the next piece of the path when its waypoint is due."""
        time_ns = self._time_at(now_ns)
        path = self._path
        while path is not None and self._target < len(path.due_ns) - 1 and time_ns >= path.due_ns[self._target]:
            border_ns = path.due_ns[self._target]
            state = self._segment.at((border_ns - self._began_ns) * 1e-9)
            self._begin_towards(self._target + 1, state, border_ns)
        self.state = self._segment.at((time_ns - self._began_ns) * 1e-9)
        return self.state

    def rest_in_s(self, now_ns: int) -> float:
        """How long until the reference rests if no path follows; infinite while waypoints lie beyond the next one."""
        if self._path is not None and self._target < len(self._path.due_ns) - 1:
            return math.inf
        return max(0.0, self._segment.duration_s - (self._time_at(now_ns) - self._began_ns) * 1e-9)

    def _leave(self, now_ns: int) -> JointReference:
        """The state in which something new begins, which begins on time however late the old was."""
        time_ns = self._time_at(now_ns)
        self._time_ns = now_ns
        return self._segment.at((time_ns - self._began_ns) * 1e-9)

    def _time_at(self, now_ns: int) -> int:
        """The reference's own time in the tick that begins now: the clock, or behind it after missed ticks."""
        if now_ns != self._clock_ns:
            self._pass_time(now_ns, at_most_ns=_CATCH_UP_AT_ONCE * self._period_ns)
        return self._time_ns

    def _pass_time(self, now_ns: int, *, at_most_ns: int) -> int:
        """Follow the clock; returns how much of the time since the tick before was lived, in ns."""
        clock_ns, self._clock_ns = self._clock_ns, now_ns
        if clock_ns is None:
            self._time_ns = now_ns
            return self._period_ns
        elapsed_ns = min(now_ns - clock_ns, at_most_ns)
        most_ns = min(round(_CATCH_UP * elapsed_ns), _CATCH_UP_AT_ONCE * self._period_ns)
        self._time_ns += min(now_ns - self._time_ns, most_ns)
        return elapsed_ns

    def _begin_towards(self, first: int, state: JointReference, at_ns: int) -> None:
        """Aim at the waypoint that comes next, or at the one after it when only that can be reached in time.

        Where neither can, at the first as soon as limits allow: late, but not around the path.
        """
        path = self._path
        assert path is not None
        last = len(path.due_ns) - 1
        self._began_ns = at_ns
        nearest = min(first + 1, last) if self._too_close(first, at_ns) else first
        chosen: tuple[int, Segment] | None = None
        for target in range(nearest, min(nearest + 2, last + 1)):
            left_s = (path.due_ns[target] - at_ns) * 1e-9
            segment = self._segment_to(target, state, left_s)
            if segment is None:
                continue
            if segment.duration_s <= left_s + _LATE_S:
                chosen = target, segment
                break
            chosen = (target, segment) if chosen is None else chosen
        if chosen is None:
            self._path = None
            profile = self._jerk_limited.to_rest(state)
            self._segment = Rest(state.q_rad) if profile is None else profile
        else:
            self._target, self._segment = chosen

    def _too_close(self, target: int, at_ns: int) -> bool:
        """Whether a waypoint is due so soon that blending into it would be a jerk; the last one never is."""
        path = self._path
        assert path is not None
        if target == len(path.due_ns) - 1:
            return False
        return path.due_ns[target] - at_ns < _BLEND_SHARE * (path.due_ns[target + 1] - path.due_ns[target])

    def _segment_to(self, target: int, state: JointReference, left_s: float) -> Segment | None:
        end = self._passing(target, state, left_s)
        if left_s > 0.0:
            quintic = Quintic(state, end, left_s)
            if quintic.within(self._limits):
                return quintic
        return self._jerk_limited.to_state(state, end.q_rad, end.dq_rad_s, duration_s=max(left_s, 0.0))

    def _passing(self, target: int, state: JointReference, left_s: float) -> JointReference:
        """How to pass a waypoint: with the harmonic mean of the speeds before and after it, joint by joint.

        Zero where a joint turns back, so that no joint overshoots (Fritsch & Butland 1984); the acceleration
        is the change of speed, faded out towards turning points. The last waypoint is reached at rest.
        """
        path = self._path
        assert path is not None
        q_rad = path.q_rad[target]
        if target == len(path.due_ns) - 1 or left_s <= 0.0:
            zero = np.zeros_like(q_rad)
            return JointReference(q_rad, zero, zero)
        step_s = (path.due_ns[target + 1] - path.due_ns[target]) * 1e-9
        before = (q_rad - state.q_rad) / left_s
        after = (path.q_rad[target + 1] - q_rad) / step_s
        product = before * after
        onward = product > 0.0
        divisor = np.where(onward, before + after, 1.0)
        speed = np.where(onward, 2.0 * product / divisor, 0.0)
        np.clip(speed, -self._limits.velocity_rad_s, self._limits.velocity_rad_s, out=speed)
        squares = np.where(onward, np.maximum(before * before, after * after), 1.0)
        fading = np.where(onward, product / squares, 0.0)
        change = fading * (after - before) / (0.5 * (left_s + step_s))
        return JointReference(q_rad, speed, change)
