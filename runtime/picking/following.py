"""Follows waypoints that somebody else thought of, as closely as pace and joints allow: a learned chunk made smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.picking.funnel import SUBSTEP_S, HandState, Pace, Path, Reach, advance, wrap

AHEAD_S = 0.08
"""The hand makes for where the waypoints will be in so long: shorter follows their noise, longer cuts their corners."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where the tool centre point should be at one step of a chunk, base frame."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float


def follow(
    committed: Sequence[HandState],
    waypoints: Sequence[Waypoint],
    pace: Pace,
    reach: Reach,
    *,
    step_period_s: float,
) -> Path:
    """Drive along waypoints that are `step_period_s` apart, the first one such a period after the start.

    `committed` are the first substeps, which are on their way already. The path ends with the last waypoint and
    tells no arrival.
    """
    state = committed[-1].copy()
    states = list(committed)
    for step in range(len(committed), round(len(waypoints) * step_period_s / SUBSTEP_S)):
        wanted = _towards(state, _at(waypoints, step * SUBSTEP_S + AHEAD_S, step_period_s), pace)
        advance(state, wanted, pace, reach)
        states.append(state.copy())
    return Path(tuple(states), math.inf)


def _at(waypoints: Sequence[Waypoint], time_s: float, period_s: float) -> Waypoint:
    """Between waypoints in proportion; the last one holds on."""
    place = min(max(time_s / period_s - 1.0, 0.0), len(waypoints) - 1.0)
    index = min(int(place), max(len(waypoints) - 2, 0))
    before, after = waypoints[index], waypoints[min(index + 1, len(waypoints) - 1)]
    share = place - index
    return Waypoint(
        before.x_m + share * (after.x_m - before.x_m),
        before.y_m + share * (after.y_m - before.y_m),
        before.z_m + share * (after.z_m - before.z_m),
        before.yaw_rad + share * wrap(after.yaw_rad - before.yaw_rad),
    )


def _towards(state: HandState, goal: Waypoint, pace: Pace) -> tuple[float, float, float, float]:
    """Speeds that reach the goal in `AHEAD_S`, within the pace."""
    vx, vy, vz = ((b - a) / AHEAD_S for a, b in zip(_place(state), _place(goal), strict=True))
    level = math.hypot(vx, vy)
    share = min(1.0, pace.speed_m_s / level) if level > 0.0 else 1.0
    vz = min(pace.height_m_s, max(-pace.height_m_s, vz))
    turn = wrap(goal.yaw_rad - state.yaw_rad) / AHEAD_S
    return share * vx, share * vy, vz, min(pace.turn_rad_s, max(-pace.turn_rad_s, turn))


def _place(at: HandState | Waypoint) -> tuple[float, float, float]:
    return at.x_m, at.y_m, at.z_m
