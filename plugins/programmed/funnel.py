"""Motion as a smooth funnel: how high the hand may be lowered is a function of how far it still is to the side.

No raised intermediate pose and no switch of phase: from afar the hand travels at a safe height, and sinks along
the funnel's wall as it closes in. From below the wall (just after a grasp or a release) it rises first, because
sideways speed is held back until the height is right for the distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from runtime.messages.geometry import Pose

SUBSTEP_S = 0.02
TOLERANCE_M = 0.003
"""Sideways error below which the funnel is open to its bottom."""

YAW_LEVER_M = 0.06
"""A yaw error counts as so much sideways error a radian: about half a part's diagonal and a finger."""

NEARER_M = 0.002
"""An earlier state counts as nearer from this on: the arm always lags a little behind its reference."""

ARRIVED_M = 0.004
ARRIVED_HEIGHT_M = 0.003
ARRIVED_RAD = 0.06
RISE_BAND_M = 0.06
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
    closeness_per_s: float = 5.0
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

    def passed(self, x_m: float, y_m: float, z_m: float, *, about_s: float, lag_s: float) -> tuple[HandState, float]:
        """The state nearest to a point, at most `lag_s` before a moment, and its distance; the latest of equals."""
        last = min(max(round(about_s / SUBSTEP_S) - 1, 0), len(self.states) - 1)
        first = max(0, last - round(lag_s / SUBSTEP_S))
        best, best_m = self.states[last], math.inf
        for index in range(last, first - 1, -1):
            state = self.states[index]
            off_m = math.dist((state.x_m, state.y_m, state.z_m), (x_m, y_m, z_m))
            if off_m < best_m - NEARER_M:
                best, best_m = state, off_m
        return best, best_m


class Reach(Protocol):
    """What the arm under the hand can do about where it is."""

    def speed_share(self, vx: float, vy: float, vz: float, turn: float) -> float:
        """The part of this hand speed that the joints can follow, at most 1."""
        ...

    def change_share(self, vx: float, vy: float, vz: float, turn: float, *, within_s: float) -> float:
        """The part of this change of hand speed that the joints can make in so much time, at most 1."""
        ...


def descend(start: HandState, goal: Goal, pace: Pace, reach: Reach, *, duration_s: float) -> Path:
    """Drive from a state towards a goal for so long; speed and acceleration stay within the pace and the reach."""
    state = start.copy()
    states: list[HandState] = []
    arrival_s = math.inf
    for step in range(round(duration_s / SUBSTEP_S)):
        time_s = step * SUBSTEP_S
        goal_x = goal.x_m + goal.velocity_m_s[0] * time_s
        goal_y = goal.y_m + goal.velocity_m_s[1] * time_s
        _advance(state, _wanted(state, goal, pace, goal_x, goal_y), pace, reach)
        states.append(state.copy())
        if arrival_s == math.inf and _arrived(state, goal, goal_x, goal_y):
            arrival_s = time_s + SUBSTEP_S
    return Path(tuple(states), arrival_s)


def wall_z_m(goal: Goal, pace: Pace, *, off_m: float) -> float:
    """Height of the funnel's wall at this distance from its axis."""
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
    state: HandState, goal: Goal, pace: Pace, goal_x: float, goal_y: float
) -> tuple[float, float, float, float]:
    """Speed along x, y, z and turn that the funnel asks for here."""
    off_x, off_y = goal_x - state.x_m, goal_y - state.y_m
    off_m = math.hypot(off_x, off_y)
    off_yaw = wrap(goal.yaw_rad - state.yaw_rad)
    wall_m = wall_z_m(goal, pace, off_m=off_m + YAW_LEVER_M * abs(off_yaw))
    held_back = min(1.0, max(0.0, 1.0 - (wall_m - state.z_m - 0.01) / RISE_BAND_M))
    share = held_back * _approach_speed(off_m, pace) / off_m if off_m > 1e-6 else 0.0
    turn = math.copysign(min(pace.turn_rad_s, 6.0 * abs(off_yaw)), off_yaw)
    return (
        goal.velocity_m_s[0] + share * off_x,
        goal.velocity_m_s[1] + share * off_y,
        _height_speed(wall_m - state.z_m, pace),
        turn,
    )


def _advance(state: HandState, wanted: tuple[float, float, float, float], pace: Pace, reach: Reach) -> None:
    """One substep towards the wanted speed."""
    share = reach.speed_share(*wanted)
    change_x, change_y = share * wanted[0] - state.vx_m_s, share * wanted[1] - state.vy_m_s
    change_z, change_turn = share * wanted[2] - state.vz_m_s, share * wanted[3] - state.turn_rad_s
    change = math.sqrt(change_x * change_x + change_y * change_y + change_z * change_z)
    most = pace.acceleration_m_s2 * SUBSTEP_S
    part = min(1.0, most / change) if change > 1e-9 else 1.0
    turn_most = pace.turn_rad_s2 * SUBSTEP_S
    change_turn = min(turn_most, max(-turn_most, change_turn))
    part *= reach.change_share(part * change_x, part * change_y, part * change_z, change_turn, within_s=SUBSTEP_S)
    state.vx_m_s += part * change_x
    state.vy_m_s += part * change_y
    state.vz_m_s += part * change_z
    state.turn_rad_s += min(1.0, part) * change_turn
    state.x_m += state.vx_m_s * SUBSTEP_S
    state.y_m += state.vy_m_s * SUBSTEP_S
    state.z_m += state.vz_m_s * SUBSTEP_S
    state.yaw_rad = wrap(state.yaw_rad + state.turn_rad_s * SUBSTEP_S)


def _approach_speed(off_m: float, pace: Pace) -> float:
    braking = math.sqrt(1.6 * pace.acceleration_m_s2 * off_m)
    return min(pace.speed_m_s, braking, pace.closeness_per_s * off_m)


def _height_speed(off_m: float, pace: Pace) -> float:
    braking = math.sqrt(1.6 * pace.acceleration_m_s2 * abs(off_m))
    return math.copysign(min(pace.height_m_s, braking, 1.6 * pace.closeness_per_s * abs(off_m)), off_m)


def _arrived(state: HandState, goal: Goal, goal_x: float, goal_y: float) -> bool:
    return (
        math.hypot(goal_x - state.x_m, goal_y - state.y_m) < ARRIVED_M
        and abs(goal.z_m - state.z_m) < ARRIVED_HEIGHT_M
        and abs(wrap(goal.yaw_rad - state.yaw_rad)) < ARRIVED_RAD
    )


def wrap(angle_rad: float) -> float:
    """The same direction in [-π, π)."""
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
