"""Motion as a smooth funnel: how high the hand may be lowered is a function of how far it still is to the side.

No raised intermediate pose and no switch of phase: from afar the hand travels at a safe height, and sinks along
the funnel's wall as it closes in. From below the wall (just after a grasp or a release) it rises first, because
sideways speed is held back until the height is right for the distance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runtime.messages.geometry import Pose

SUBSTEP_S = 0.025
TOLERANCE_M = 0.003
"""Sideways error below which the funnel is open to its bottom."""

YAW_LEVER_M = 0.06
"""A yaw error counts as so much sideways error a radian: about half a part's diagonal and a finger."""

BRAKING_SHARE = 0.65
"""Of what the joints can do in one direction alone: height and travel are braked at the same time."""

COASTING = 0.75
"""Of its speed that a hand keeps from substep to substep when it has left its path."""

NEARER_M = 0.002
"""An earlier state counts as nearer from this on: the arm always lags a little behind its reference."""

ARRIVED_M = 0.004
ARRIVED_HEIGHT_M = 0.005
ARRIVED_RAD = 0.06
RISE_BAND_M = 0.03
"""So far below the funnel's wall sideways motion has stopped altogether."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a policy moves."""

    speed_m_s: float
    acceleration_m_s2: float
    height_m_s: float
    """Up or down."""

    turn_rad_s: float
    turn_rad_s2: float
    braking_m_s2: float
    """Deceleration towards the goal; less than the acceleration, because the joints must always manage it."""

    closeness_per_s: float = 12.0
    """Speed towards the goal per metre left: how gently it is met."""

    slope: float = 3.0
    """Steepness of the funnel's wall."""

    def scaled(self, factor: float) -> Pace:
        """The same paths at another speed."""
        return Pace(
            self.speed_m_s * factor,
            self.acceleration_m_s2 * factor * factor,
            self.height_m_s * factor,
            self.turn_rad_s * factor,
            self.turn_rad_s2 * factor * factor,
            self.braking_m_s2 * factor * factor,
            self.closeness_per_s * factor,
            self.slope,
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """Where the tool centre point should end: above a point that may move, at a height, with a yaw."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    travel_z_m: float
    """Height of the funnel's rim: what is safe everywhere."""

    velocity_m_s: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class HandState:
    """Position, speed and yaw of the tool centre point."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    vx_m_s: float = 0.0
    vy_m_s: float = 0.0
    vz_m_s: float = 0.0
    turn_rad_s: float = 0.0

    def copy(self) -> HandState:
        """An own copy to advance."""
        return HandState(
            self.x_m, self.y_m, self.z_m, self.yaw_rad, self.vx_m_s, self.vy_m_s, self.vz_m_s, self.turn_rad_s
        )


@dataclass(frozen=True, slots=True)
class Path:
    """A motion in equal substeps, the first one `SUBSTEP_S` after its start."""

    states: tuple[HandState, ...]
    arrival_s: float
    """When the goal is met, infinite when not within this path."""

    def at(self, time_s: float) -> HandState:
        """The nearest substep's state."""
        index = round(time_s / SUBSTEP_S) - 1
        return self.states[min(max(index, 0), len(self.states) - 1)]

    def passed(self, x_m: float, y_m: float, z_m: float, *, about_s: float, lag_s: float) -> tuple[int, float]:
        """Index of the state nearest to a point, at most `lag_s` before a moment, and its distance.

        Of about equal ones the latest.
        """
        last = min(max(round(about_s / SUBSTEP_S) - 1, 0), len(self.states) - 1)
        first = max(0, last - round(lag_s / SUBSTEP_S))
        best, best_m = last, math.inf
        for index in range(last, first - 1, -1):
            state = self.states[index]
            off_m = math.dist((state.x_m, state.y_m, state.z_m), (x_m, y_m, z_m))
            if off_m < best_m - NEARER_M:
                best, best_m = index, off_m
        return best, best_m


class Reach(Protocol):
    """What the arm under the hand can do about where it is."""

    def speed_shares(
        self, out: tuple[float, float, float], across: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        """The parts that the joints can follow of the speeds out (x, y, z) and across (x, y, turn), and of both."""
        ...

    def change_shares(self, vx: float, vy: float, vz: float, turn: float, *, within_s: float) -> tuple[float, float]:
        """The parts of a change of hand speed and of turning that the joints can make in so much time."""
        ...

    def acceleration(self, vx: float, vy: float, vz: float) -> float:
        """Largest acceleration along this direction of unit length, m/s²."""
        ...


@dataclass(frozen=True, slots=True)
class _Brakes:
    """Decelerations that the arm can be relied on for, about one pose."""

    level_m_s2: float
    height_m_s2: float


def _brakes(state: HandState, goal: Goal, pace: Pace, reach: Reach) -> _Brakes:
    off_x, off_y = goal.x_m - state.x_m, goal.y_m - state.y_m
    off_m = max(math.hypot(off_x, off_y), 1e-6)
    level = reach.acceleration(off_x / off_m, off_y / off_m, 0.0)
    height = reach.acceleration(0.0, 0.0, 1.0)
    return _Brakes(min(pace.braking_m_s2, BRAKING_SHARE * level), min(pace.braking_m_s2, BRAKING_SHARE * height))


def descend(committed: Sequence[HandState], goal: Goal, pace: Pace, reach: Reach, *, duration_s: float) -> Path:
    """Drive towards a goal; speed and acceleration stay within the pace and the reach.

    `committed` are the first substeps, which are on their way already: the motion departs from the last of
    them. `duration_s` counts from before the first.
    """
    state = committed[-1].copy()
    brakes = _brakes(state, goal, pace, reach)
    states = list(committed)
    arrival_s = math.inf
    for step in range(round(duration_s / SUBSTEP_S)):
        time_s = step * SUBSTEP_S
        goal_x = goal.x_m + goal.velocity_m_s[0] * time_s
        goal_y = goal.y_m + goal.velocity_m_s[1] * time_s
        if step >= len(committed):
            advance(state, _wanted(state, goal, pace, brakes, goal_x, goal_y), pace, reach)
            states.append(state.copy())
        if arrival_s == math.inf and _arrived(states[step], goal, goal_x, goal_y):
            arrival_s = time_s + SUBSTEP_S
    return Path(tuple(states), arrival_s)


def coast(state: HandState, *, steps: int) -> tuple[HandState, ...]:
    """The next substeps of a hand that left its path: it goes on as it does, ever more slowly."""
    states: list[HandState] = []
    ahead = state.copy()
    for _ in range(steps):
        ahead = ahead.copy()
        for name in ("vx_m_s", "vy_m_s", "vz_m_s", "turn_rad_s"):
            setattr(ahead, name, COASTING * getattr(ahead, name))
        ahead.x_m += SUBSTEP_S * ahead.vx_m_s
        ahead.y_m += SUBSTEP_S * ahead.vy_m_s
        ahead.z_m += SUBSTEP_S * ahead.vz_m_s
        ahead.yaw_rad = wrap(ahead.yaw_rad + SUBSTEP_S * ahead.turn_rad_s)
        states.append(ahead)
    return tuple(states)


def wall_z_m(goal: Goal, pace: Pace, *, off_m: float) -> float:
    """Height of the funnel's wall at this distance from its axis."""
    if goal.z_m >= goal.travel_z_m:
        return goal.z_m
    return min(goal.travel_z_m, goal.z_m + pace.slope * max(0.0, off_m - TOLERANCE_M))


def pose_of(state: HandState) -> Pose:
    """The hand points straight down; yaw is the direction of its x axis."""
    half = 0.5 * state.yaw_rad
    return Pose((state.x_m, state.y_m, state.z_m), (math.cos(half), math.sin(half), 0.0, 0.0))


def yaw_of(pose: Pose) -> float:
    """Direction of the hand's x axis in the base's plane."""
    x, y, z, w = pose.orientation_xyzw
    return math.atan2(2.0 * (x * y + z * w), 1.0 - 2.0 * (y * y + z * z))


def _wanted(
    state: HandState, goal: Goal, pace: Pace, brakes: _Brakes, goal_x: float, goal_y: float
) -> tuple[float, float, float, float]:
    """Speed along x, y, z and turn that the funnel asks for here."""
    off_x, off_y = goal_x - state.x_m, goal_y - state.y_m
    off_m = math.hypot(off_x, off_y)
    off_yaw = wrap(goal.yaw_rad - state.yaw_rad)
    wall_m = wall_z_m(goal, pace, off_m=off_m + YAW_LEVER_M * abs(off_yaw))
    held_back = min(1.0, max(0.0, 1.0 - (min(wall_m, goal.travel_z_m) - state.z_m - 0.01) / RISE_BAND_M))
    closeness = pace.closeness_per_s
    speed = _meeting_speed(off_m, most=pace.speed_m_s, braking=brakes.level_m_s2, closeness_per_s=closeness)
    rise = _meeting_speed(
        wall_m - state.z_m, most=pace.height_m_s, braking=brakes.height_m_s2, closeness_per_s=closeness
    )
    share = held_back * speed / off_m if off_m > 1e-6 else 0.0
    turn_braking = 0.5 * pace.turn_rad_s2
    turn = _meeting_speed(off_yaw, most=pace.turn_rad_s, braking=turn_braking, closeness_per_s=closeness)
    return (
        goal.velocity_m_s[0] + share * off_x,
        goal.velocity_m_s[1] + share * off_y,
        rise,
        turn,
    )


def advance(state: HandState, wanted: tuple[float, float, float, float], pace: Pace, reach: Reach) -> None:
    """One substep towards the wanted speed along x, y and z and of turning, as far as pace and reach allow."""
    want_x, want_y, want_z, want_turn = _possible(state, wanted, reach)
    change_x, change_y = want_x - state.vx_m_s, want_y - state.vy_m_s
    change_z, change_turn = want_z - state.vz_m_s, want_turn - state.turn_rad_s
    change = math.sqrt(change_x * change_x + change_y * change_y + change_z * change_z)
    most = pace.acceleration_m_s2 * SUBSTEP_S
    part = min(1.0, most / change) if change > 1e-9 else 1.0
    turn_most = pace.turn_rad_s2 * SUBSTEP_S
    change_turn = min(turn_most, max(-turn_most, change_turn))
    share, turn_share = reach.change_shares(
        part * change_x, part * change_y, part * change_z, change_turn, within_s=SUBSTEP_S
    )
    part *= share
    change_turn *= turn_share
    state.vx_m_s += part * change_x
    state.vy_m_s += part * change_y
    state.vz_m_s += part * change_z
    state.turn_rad_s += change_turn
    state.x_m += state.vx_m_s * SUBSTEP_S
    state.y_m += state.vy_m_s * SUBSTEP_S
    state.z_m += state.vz_m_s * SUBSTEP_S
    state.yaw_rad = wrap(state.yaw_rad + state.turn_rad_s * SUBSTEP_S)


def _possible(
    state: HandState, wanted: tuple[float, float, float, float], reach: Reach
) -> tuple[float, float, float, float]:
    """As much of the wanted speed as the joints can follow.

    Round the robot and towards or away from it are scaled apart, because different joints do them: a slow
    elbow does not hold back the base joint.
    """
    want_x, want_y, want_z, want_turn = wanted
    distance_m = max(math.hypot(state.x_m, state.y_m), 1e-3)
    out_x, out_y = state.x_m / distance_m, state.y_m / distance_m
    out = want_x * out_x + want_y * out_y
    round_x, round_y = want_x - out * out_x, want_y - out * out_y
    share, round_share, whole = reach.speed_shares((out * out_x, out * out_y, want_z), (round_x, round_y, want_turn))
    share, round_share = whole * share, whole * round_share
    want_x = share * out * out_x + round_share * round_x
    want_y = share * out * out_y + round_share * round_y
    return want_x, want_y, share * want_z, round_share * want_turn


def _meeting_speed(off: float, *, most: float, braking: float, closeness_per_s: float) -> float:
    """Speed at which something this far off is met: braking never exceeds its limit and fades out at the end.

    v·dv/ds of v = b/k·(√(1 + 2k²s/b) − 1) is b·(1 − 1/√(1 + 2k²s/b)): below b everywhere, and v ≈ k·s when near.
    """
    speed = braking / closeness_per_s * (math.sqrt(1.0 + 2.0 * closeness_per_s**2 * abs(off) / braking) - 1.0)
    return math.copysign(min(most, speed), off)


def _arrived(state: HandState, goal: Goal, goal_x: float, goal_y: float) -> bool:
    return (
        math.hypot(goal_x - state.x_m, goal_y - state.y_m) < ARRIVED_M
        and abs(goal.z_m - state.z_m) < ARRIVED_HEIGHT_M
        and abs(wrap(goal.yaw_rad - state.yaw_rad)) < ARRIVED_RAD
    )


def wrap(angle_rad: float) -> float:
    """The same direction in [-π, π)."""
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
