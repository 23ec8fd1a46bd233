"""Action chunks as numbers: displacements in the hand's own frame, fine near and coarse afar."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.flow import HORIZON, PER_STEP
from runtime.picking.following import Waypoint
from runtime.picking.funnel import HandState, wrap

NEAR_M = 0.01
"""Below it a number grows in proportion with the distance, above with its logarithm: millimetres count."""

NEAR_RAD = 0.1
WIDTH_M = 0.04
SCALE = 2.0

BASE_M = 0.1
BASE_RAD = 0.5
"""To compare: from the middle of the cell nothing is near, so numbers grow in proportion all the way."""


def encode(
    hand: HandState, waypoints: Sequence[Waypoint], widths_m: Sequence[float], *, relative: bool = True
) -> NDArray[np.float32]:
    """f32[HORIZON * PER_STEP] of a chunk as seen from the hand. `relative` False: in the base frame, to compare."""
    rows = np.empty((HORIZON, PER_STEP), dtype=np.float32)
    for row, (point, width_m) in enumerate(zip(waypoints, widths_m, strict=True)):
        ahead, left, up, turn = _seen_from(hand, point, relative=relative)
        if relative:
            place = (*(_fine(value, NEAR_M) for value in (ahead, left, up)), _fine(turn, NEAR_RAD))
        else:
            place = (ahead / BASE_M, left / BASE_M, up / BASE_M, turn / BASE_RAD)
        rows[row] = (*place, width_m / WIDTH_M - 1.0)
    return rows.ravel() / SCALE


def decode(hand: HandState, chunk: NDArray[np.float32], *, relative: bool = True) -> tuple[list[Waypoint], list[float]]:
    """Waypoints in base and finger openings: the inverse of `encode`."""
    waypoints: list[Waypoint] = []
    widths_m: list[float] = []
    for ahead, left, up, turn, width in (SCALE * chunk.astype(float).reshape(HORIZON, PER_STEP)).tolist():
        if relative:
            offset = (*(_coarse(value, NEAR_M) for value in (ahead, left, up)), _coarse(turn, NEAR_RAD))
        else:
            offset = (ahead * BASE_M, left * BASE_M, up * BASE_M, turn * BASE_RAD)
        waypoints.append(_placed(hand, offset, relative=relative))
        widths_m.append(max(0.0, WIDTH_M * (width + 1.0)))
    return waypoints, widths_m


def _seen_from(hand: HandState, point: Waypoint, *, relative: bool) -> tuple[float, float, float, float]:
    if not relative:
        return point.x_m - 0.5, point.y_m, point.z_m - 0.1, point.yaw_rad
    dx, dy = point.x_m - hand.x_m, point.y_m - hand.y_m
    cosine, sine = math.cos(hand.yaw_rad), math.sin(hand.yaw_rad)
    return cosine * dx + sine * dy, cosine * dy - sine * dx, point.z_m - hand.z_m, wrap(point.yaw_rad - hand.yaw_rad)


def _placed(hand: HandState, offset: tuple[float, ...], *, relative: bool) -> Waypoint:
    ahead, left, up, turn = offset
    if not relative:
        return Waypoint(ahead + 0.5, left, up + 0.1, turn)
    cosine, sine = math.cos(hand.yaw_rad), math.sin(hand.yaw_rad)
    return Waypoint(
        hand.x_m + cosine * ahead - sine * left,
        hand.y_m + sine * ahead + cosine * left,
        hand.z_m + up,
        wrap(hand.yaw_rad + turn),
    )


def _fine(value: float, near: float) -> float:
    return math.asinh(value / near)


def _coarse(value: float, near: float) -> float:
    return near * math.sinh(max(-6.0, min(6.0, value)))
