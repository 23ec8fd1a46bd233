"""What to do in any situation whatsoever: a function of the true state alone, without phases or memory.

So it can be asked about every state that a learner gets itself into, which is what relabelling needs
(Ross, Gordon, Bagnell: A Reduction of Imitation Learning to No-Regret Online Learning, 2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription, Tote, Tray
from runtime.picking.funnel import Goal, HandState, wrap
from runtime.picking.hand import hand_of
from runtime.picking.joint_pace import at_ease
from runtime.picking.spots import Disc, Drop, Grip, choose_drop, grip_of_held, radius_m, turning_cost, ways_to_grip
from sim_worlds.expert.situation import Lying, Situation

_RIM_AIR_M = 0.045
_RELEASE_AIR_M = 0.008
_ALIKE = 0.15
"""Ways to grip that cost so little more than the best are as good, and the one that turns the hand least is taken:
who sees which ways are good, and where the hand is, can tell which one is meant."""

_AT_M = 0.005
_AT_Z_M = 0.006
_AT_RAD = 0.08
_CLOSING_M = 0.004
"""Fingers that are so much narrower than their opening, above the part, are closing."""

_MISSED_M = 0.008
"""Fingers so much narrower than the part have missed it."""

_FREE_SHARE = 0.4
"""Of the opening beyond the part: then the part is free and the hand may rise."""

_RISE_M = 0.06
_NEAR_M = 0.02


@dataclass(frozen=True, slots=True)
class Advice:
    """Where the hand should go and what the fingers should do."""

    goal: Goal
    width_m: float
    width_on_arrival_m: float
    phase: str
    done: bool = False


class Expert:
    """Knows the cell's drawing and the pose to watch from."""

    def __init__(self, cell: CellDescription, arm: Arm, *, watch: HandState) -> None:
        self._cell = cell
        self._arm = arm
        self._watch = watch
        self._hand = hand_of(cell.robot)
        self._floor_m = cell.tray.centre_in_base_m[2]
        tops_m = [cell.tray.wall_height_m, *(tote.wall_height_m for tote in cell.totes)]
        self._travel_z_m = self._floor_m + max(*tops_m, max(part.size_m[2] for part in cell.parts)) + _RIM_AIR_M

    def advise(self, situation: Situation, *, part: str, tote: str) -> Advice:
        """The next thing to do so that this part comes into this tote."""
        wanted = situation.parts[part]
        box = next(one for one in self._cell.totes if one.name == tote)
        held = situation.holds()
        if held is not None:
            return self._carry(situation, held, box if held is wanted else self._cell.tray)
        between = situation.between_fingers()
        if between is not None and (between is not wanted or wanted.place == tote):
            grip = self._grip_of(between, situation.width_m)
            if situation.width_m < grip.width_m + _FREE_SHARE * (grip.opening_m - grip.width_m):
                return self._stay(situation, grip.opening_m, "releasing")
        if wanted.place == tote:
            return self._leave(situation, wanted)
        if wanted.place == "elsewhere":
            return self._to_watch(self._cell.robot.gripper.width_max_m, "lost")
        return self._fetch(situation, wanted)

    def _fetch(self, situation: Situation, wanted: Lying) -> Advice:
        hand = situation.hand
        grip = self._chosen_grip(situation, wanted)
        if grip is None:
            return self._to_watch(self._cell.robot.gripper.width_max_m, "out of reach")
        goal = Goal(wanted.x_m, wanted.y_m, self._floor_m + grip.height_m, grip.yaw_rad, self._travel_z_m)
        off_m = math.hypot(goal.x_m - hand.x_m, goal.y_m - hand.y_m)
        low = hand.z_m < goal.z_m + _RISE_M
        if situation.width_m < grip.width_m - _MISSED_M and off_m < _NEAR_M and low:
            up = Goal(hand.x_m, hand.y_m, goal.z_m + _RISE_M, hand.yaw_rad, self._travel_z_m)
            return Advice(up, grip.opening_m, grip.opening_m, "opening")
        turned = abs(wrap(goal.yaw_rad - hand.yaw_rad)) < _AT_RAD
        at = off_m < _AT_M and abs(hand.z_m - goal.z_m) < _AT_Z_M and turned
        closing = off_m < 2.0 * _AT_M and low and situation.width_m < grip.opening_m - _CLOSING_M
        if at or (closing and abs(hand.z_m - goal.z_m) < 2.0 * _AT_Z_M):
            return Advice(goal, 0.0, 0.0, "grasping")
        return Advice(goal, grip.opening_m, 0.0, "approaching")

    def _carry(self, situation: Situation, held: Lying, box: Tote | Tray) -> Advice:
        grip = self._grip_of(held, situation.width_m)
        drop = self._spot(situation, held, grip, box)
        z_m = box.centre_in_base_m[2] + grip.height_m + _RELEASE_AIR_M + drop.rise_m
        goal = Goal(drop.x_m, drop.y_m, z_m, drop.yaw_rad, self._travel_z_m + 0.5 * held.kind.size_m[2])
        hand = situation.hand
        at = math.hypot(goal.x_m - hand.x_m, goal.y_m - hand.y_m) < _AT_M and abs(hand.z_m - goal.z_m) < _AT_Z_M
        width_m = grip.opening_m if at else 0.0
        return Advice(goal, width_m, grip.opening_m, "carrying" if box is not self._cell.tray else "putting back")

    def _leave(self, situation: Situation, wanted: Lying) -> Advice:
        """The part is where it belongs: done once the hand is clear of it."""
        hand = situation.hand
        clear = hand.z_m > wanted.z_m + _RISE_M or math.hypot(wanted.x_m - hand.x_m, wanted.y_m - hand.y_m) > 0.1
        width_m = max(situation.width_m, self._grip_of(wanted, min(wanted.kind.size_m[:2])).opening_m)
        advice = self._to_watch(width_m, "done" if clear else "retreating")
        return Advice(advice.goal, advice.width_m, advice.width_on_arrival_m, advice.phase, done=clear)

    def _stay(self, situation: Situation, width_m: float, phase: str) -> Advice:
        hand = situation.hand
        goal = Goal(hand.x_m, hand.y_m, hand.z_m, hand.yaw_rad, hand.z_m)
        return Advice(goal, width_m, width_m, phase)

    def _to_watch(self, width_m: float, phase: str) -> Advice:
        watch = self._watch
        goal = Goal(watch.x_m, watch.y_m, watch.z_m, watch.yaw_rad, travel_z_m=self._travel_z_m)
        return Advice(goal, width_m, width_m, phase)

    def _chosen_grip(self, situation: Situation, wanted: Lying) -> Grip | None:
        others = [
            Disc(part.x_m, part.y_m, radius_m(part.kind))
            for part in situation.parts.values()
            if part is not wanted and part.place == "tray"
        ]
        z_m, hand_yaw_rad = self._floor_m, situation.hand.yaw_rad
        ways = [
            (cost, grip)
            for cost, grip in ways_to_grip(
                wanted.kind,
                x_m=wanted.x_m,
                y_m=wanted.y_m,
                yaw_rad=wanted.yaw_rad,
                others=others,
                hand_yaw_rad=None,
                cell=self._cell,
            )
            if self._reachable(wanted.x_m, wanted.y_m, z_m + grip.height_m, grip.yaw_rad)
        ]
        alike = [grip for cost, grip in ways if cost <= ways[0][0] + _ALIKE]
        return min(alike, key=lambda grip: turning_cost(grip.yaw_rad, hand_yaw_rad), default=None)

    def _grip_of(self, part: Lying, width_m: float) -> Grip:
        nearest_m = min(part.kind.size_m[:2], key=lambda size_m: abs(size_m - width_m))
        return grip_of_held(part.kind, nearest_m, cell=self._cell)

    def _spot(self, situation: Situation, held: Lying, grip: Grip, box: Tote | Tray) -> Drop:
        place = box.name if isinstance(box, Tote) else "tray"
        others = [
            Disc(part.x_m, part.y_m, radius_m(part.kind))
            for part in situation.parts.values()
            if part is not held and part.place == place
        ]
        return choose_drop(
            held.kind,
            grip,
            centre_m=box.centre_in_base_m,
            half_m=box.inner_half_extents_m,
            others=others,
            view=None,
            hand=self._hand,
            hand_yaw_rad=situation.hand.yaw_rad,
            reachable=self._reachable,
        )

    def _reachable(self, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> bool:
        return at_ease(self._arm, x_m, y_m, z_m, yaw_rad) is not None
