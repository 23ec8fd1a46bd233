"""The condition of the action head: what is believed and measured, as seen from the hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.belief import Belief, Place
from plugins.flow_vla.slots import SHAPES
from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription, Tote
from runtime.picking.funnel import HandState, wrap
from runtime.picking.joint_pace import at_ease
from runtime.picking.spots import turning_cost

SIZE = 52
FAR_S = 3.0


@dataclass(frozen=True, slots=True)
class Grip:
    """What the gripper measured, and what the wrist camera says of it."""

    width_m: float
    force_n: float
    closing_m_s: float
    wanted_in_hand: float


def condition(
    belief: Belief,
    hand: HandState,
    grip: Grip,
    *,
    cell: CellDescription,
    arm: Arm,
    tote: Tote,
    watch: HandState,
    shape: str,
    now_ns: int,
) -> NDArray[np.float32]:
    """f32[SIZE]. Raises ValueError without a target: then there is nothing to act on.

    `arm` lends its working memory for the call.
    """
    target = belief.target
    if target is None:
        raise ValueError("no target is believed in")
    floor_m = cell.tray.centre_in_base_m[2]
    turn = _turn(belief.turns_rad, hand, target, arm)
    age_s = min(FAR_S, (now_ns - target.seen_ns) * 1e-9)
    numbers = [
        *_seen(hand, target.x_m, target.y_m, target.z_m),
        *_seen(hand, belief.drop_m[0], belief.drop_m[1], floor_m + 0.03),
        *_seen(hand, watch.x_m, watch.y_m, watch.z_m),
        turn, math.sin(2.0 * turn), math.cos(2.0 * turn), 5.0 * turn,
        wrap(watch.yaw_rad - hand.yaw_rad), hand.yaw_rad, math.sin(hand.yaw_rad), math.cos(hand.yaw_rad),
        100.0 * target.std_m, age_s / FAR_S, 1.0 if belief.in_tote() else 0.0,
        10.0 * (target.z_m - floor_m), 10.0 * (hand.z_m - floor_m), 4.0 * (hand.x_m - 0.5), 4.0 * hand.y_m,
        *_velocity(hand),
        grip.width_m / 0.04 - 1.0, grip.force_n / 15.0, 10.0 * grip.closing_m_s, grip.wanted_in_hand,
        1.0 if grip.force_n >= 4.0 else 0.0,
        1.0 if tote.name == cell.totes[0].name else -1.0,
        *(1.0 if shape == word else 0.0 for word in SHAPES[1:4]),
    ]  # fmt: skip
    vector = np.zeros(SIZE, dtype=np.float32)
    vector[: len(numbers)] = numbers
    return vector


def _turn(turns_rad: tuple[float, ...], hand: HandState, at: Place, arm: Arm) -> float:
    def reachable(yaw_rad: float) -> bool:
        return at_ease(arm, at.x_m, at.y_m, at.z_m, yaw_rad) is not None

    return nearest_turn(turns_rad, hand.yaw_rad, reachable=reachable)


def nearest_turn(turns_rad: tuple[float, ...], yaw_rad: float, *, reachable: Callable[[float], bool]) -> float:
    """The turn to the good direction that costs the hand least, as the teacher takes it; 0 without any.

    `reachable` is asked with a yaw of the hand; when none is, the cheapest one stands.
    """
    ways = sorted(
        (wrap(way) for turn in turns_rad for way in (turn, turn + math.pi)), key=lambda way: turning_cost(way, yaw_rad)
    )
    best = next((way for way in ways if reachable(way)), ways[0] if ways else yaw_rad)
    return wrap(best - yaw_rad)


def _seen(hand: HandState, x_m: float, y_m: float, z_m: float) -> tuple[float, ...]:
    """A point from the hand, three times: millimetres, centimetres and decimetres count."""
    dx, dy, up = x_m - hand.x_m, y_m - hand.y_m, z_m - hand.z_m
    cosine, sine = math.cos(hand.yaw_rad), math.sin(hand.yaw_rad)
    ahead, left = cosine * dx + sine * dy, cosine * dy - sine * dx
    fine = (math.asinh(value / 0.004) / 3.0 for value in (ahead, left, up))
    return (*fine, 5.0 * ahead, 5.0 * left, 5.0 * up, math.tanh(20.0 * math.hypot(ahead, left)))


def _velocity(hand: HandState) -> tuple[float, float, float, float]:
    cosine, sine = math.cos(hand.yaw_rad), math.sin(hand.yaw_rad)
    vx, vy = hand.vx_m_s, hand.vy_m_s
    return 2.0 * (cosine * vx + sine * vy), 2.0 * (cosine * vy - sine * vx), 4.0 * hand.vz_m_s, hand.turn_rad_s
