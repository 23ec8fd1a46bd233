"""One pick as a sequence of goals: find, approach, grasp, carry, release; a missed grasp starts anew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from plugins.programmed.belt import GRIPPING_NS, Belt
from plugins.programmed.held import grip_width_m, kind_of_held, wanted_is_held
from plugins.programmed.instruction import Wish
from plugins.programmed.sight import TRAY, Sight
from runtime.messages.cell import CellDescription, PartKind, Tote, Tray
from runtime.messages.policy import PolicyStatus
from runtime.picking.funnel import Goal, HandState, wrap, yaw_of
from runtime.picking.hand import hand_of
from runtime.picking.spots import Disc, Drop, Grip, Reachable, choose_drop, choose_grip, grip_of_held, radius_m
from runtime.ports import Observation

FORCE_N = 30.0
HELD_FORCE_N = 4.0
WIDTH_TOLERANCE_M = 0.008
"""A grip that differs more from the part's width holds something else, or nothing."""

STEADY_M = 0.0015
CLOSING_S = 1.5
OPENING_S = 1.2
MISSES_MAX = 3
BLANK_LOOKS = 6
BELT_PATIENCE_S = 30.0
LOST_S = 1.2
RECHOOSE_M = 0.06
"""Farther than this from the part the way to grip it may still be changed."""

RELEASE_AIR_M = 0.008
OPEN_SHARE = 0.4
"""Of the opening beyond the part: then the part is free and the hand may rise."""

RIM_AIR_M = 0.045
TURN_BACK_NS = 50_000_000
"""A closing or opening planned less than this ahead is not taken back."""


class Phase(Enum):
    """What the pick is at, in words."""

    HOLDING = "looking what the hand holds"
    SEARCHING = "searching"
    APPROACHING = "approaching"
    GRASPING = "grasping"
    CARRYING = "carrying"
    RELEASING = "releasing"
    RETREATING = "retreating"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do until the next look."""

    goal: Goal
    width_m: float
    width_on_arrival_m: float
    """Commanded from the moment the goal is met."""


class Pick:
    """Carries one wish out. Each call of `next` sees one observation and answers with one goal."""

    def __init__(
        self,
        wish: Wish,
        cell: CellDescription,
        *,
        sight: Sight,
        watch: HandState,
        reachable: Reachable,
        resumed: bool = False,
    ) -> None:
        """Begin with nothing known, not even whether something is in the hand already.

        `resumed`: another policy has worked on this very wish, so that the part may lie in its tote by now.
        """
        self._resumed = resumed
        self._wish = wish
        self._cell = cell
        self._sight = sight
        self._watch = watch
        self._reachable = reachable
        self._hand_shape = hand_of(cell.robot)
        self._belt = Belt(cell.tray)
        self.phase = Phase.SEARCHING
        self.status = PolicyStatus.WORKING
        self.reason = ""
        self.misses = 0
        self.grip_error_m: float | None = None
        self._grip: Grip | None = None
        self._turn_rad = 0.0
        self._drop: Drop | None = None
        self._drop_floor_m = 0.0
        self._returning = False
        self._since_ns = 0
        self._begun_ns = 0
        self._width_m = math.nan
        self._event_ns: int | None = None
        tops_m = [cell.tray.wall_height_m, *(tote.wall_height_m for tote in cell.totes)]
        tallest_m = max(part.size_m[2] for part in cell.parts)
        self._floor_m = cell.tray.centre_in_base_m[2]
        self._rim_m = max(*tops_m, tallest_m) + RIM_AIR_M

    @property
    def words(self) -> str:
        """What it is at, for people."""
        return "putting back what the hand held" if self._returning else self.phase.value

    @property
    def gripping(self) -> bool:
        """Whether the wanted part is, or may be, between the fingers."""
        return self.phase in (Phase.GRASPING, Phase.CARRYING, Phase.RELEASING)

    def planned(self, arrival_ns: int | None) -> None:
        """When the newest chunk meets its goal, and with it moves the fingers; None when it does not."""
        self._event_ns = arrival_ns

    def next(self, observation: Observation, hand: HandState) -> Step:
        """The goal for now."""
        if self._begun_ns == 0:
            self._begun_ns = self._since_ns = observation.stamp_ns
            self._look_at_hand(observation)
        steps = {
            Phase.HOLDING: self._hold,
            Phase.SEARCHING: self._search,
            Phase.APPROACHING: self._approach,
            Phase.GRASPING: self._grasp,
            Phase.CARRYING: self._carry,
            Phase.RELEASING: self._release,
            Phase.RETREATING: self._retreat,
            Phase.FINISHED: self._rest,
        }
        step = steps[self.phase](observation, hand)
        self._width_m = observation.gripper_width_m
        return step

    # ── phases ───────────────────────────────────────────────────────────────────────────────────

    def _hold(self, observation: Observation, hand: HandState) -> Step:
        """Keep hold and look: the wanted part is carried on, anything else goes back to where parts come from."""
        if observation.gripper_force_n < HELD_FORCE_N:
            self._start_anew(observation)
            return self._rest(observation, hand)
        wanted = wanted_is_held(self._sight, self._cell)
        if wanted is None:
            return self._rest(observation, hand)
        if not wanted or not self._take_over(observation):
            self._put_back(observation)
        return self._carry(observation, hand)

    def _search(self, observation: Observation, hand: HandState) -> Step:
        track = self._sight.track
        if track is not None:
            self._enter(Phase.APPROACHING, observation)
            return self._approach(observation, hand)
        if self._resumed and self._sight.blank_looks >= 1 and self._sight.place == self._wish.tote.name:
            self._finish(PolicyStatus.DONE, "", observation)
        elif self._sight.blank_looks >= BLANK_LOOKS and not self._belt_may_bring_it(observation):
            seen = f", it is seen in the place {self._sight.place}" if self._sight.place else ""
            self._finish(PolicyStatus.DECLINED, f"{self._wish.part.name} is not seen in the tray{seen}", observation)
        return self._rest(observation, hand)

    def _approach(self, observation: Observation, hand: HandState) -> Step:
        track = self._sight.track
        if track is None or self._lost(observation, hand) or not self._within_reach(observation):
            self._start_anew(observation)
            return self._rest(observation, hand)
        if self._event_is_due(observation):
            self._enter(Phase.GRASPING, observation)
            return self._grasp(observation, hand)
        if self._belt.takes_away(track.at(observation.stamp_ns + GRIPPING_NS)):
            return self._out_of_reach(observation, hand)
        x_m, y_m = track.at(observation.stamp_ns)
        if self._grip is None or math.hypot(x_m - hand.x_m, y_m - hand.y_m) > RECHOOSE_M:
            self._grip = self._chosen_grip(x_m, y_m, track.yaw_rad, hand_yaw_rad=hand.yaw_rad)
        if self._grip is None:
            return self._out_of_reach(observation, hand)
        return Step(self._grip_goal(observation, self._grip), self._grip.opening_m, 0.0)

    def _grasp(self, observation: Observation, hand: HandState) -> Step:
        grip = self._required_grip()
        width_m = observation.gripper_width_m
        steady = abs(width_m - self._width_m) < STEADY_M
        closing_s = (observation.stamp_ns - self._since_ns) * 1e-9
        if observation.gripper_force_n >= HELD_FORCE_N and steady and closing_s > 0.05:
            self.grip_error_m = abs(width_m - grip.width_m)
            if self.grip_error_m <= WIDTH_TOLERANCE_M:
                self._choose_drop(grip, hand.yaw_rad)
                self._enter(Phase.CARRYING, observation)
                return self._carry(observation, hand)
            return self._missed(observation, hand)
        if width_m < grip.width_m - WIDTH_TOLERANCE_M or closing_s > CLOSING_S:
            self.grip_error_m = abs(width_m - grip.width_m)
            return self._missed(observation, hand)
        return Step(self._grip_goal(observation, grip), 0.0, 0.0)

    def _carry(self, observation: Observation, hand: HandState) -> Step:
        grip, drop = self._required_grip(), self._required_drop()
        self.grip_error_m = abs(observation.gripper_width_m - grip.width_m)
        if observation.gripper_width_m < grip.width_m - WIDTH_TOLERANCE_M:
            return self._missed(observation, hand)
        if self._event_is_due(observation):
            self._enter(Phase.RELEASING, observation)
            return self._release(observation, hand)
        return Step(self._drop_goal(grip, drop), 0.0, grip.opening_m)

    def _release(self, observation: Observation, hand: HandState) -> Step:
        grip, drop = self._required_grip(), self._required_drop()
        if observation.gripper_width_m > grip.width_m + OPEN_SHARE * (grip.opening_m - grip.width_m):
            self._enter(Phase.RETREATING, observation)
            return self._retreat(observation, hand)
        if (observation.stamp_ns - self._since_ns) * 1e-9 > OPENING_S:
            width_mm = observation.gripper_width_m * 1e3
            self._finish(PolicyStatus.FAILED, f"the gripper does not open: {width_mm:.0f} mm", observation)
        return Step(self._drop_goal(grip, drop), grip.opening_m, grip.opening_m)

    def _retreat(self, observation: Observation, hand: HandState) -> Step:
        goal_z_m = self._drop_goal(self._required_grip(), self._required_drop()).z_m
        if observation.gripper_in_base.position_m[2] > goal_z_m + 0.05:
            if self._returning:
                self._start_anew(observation)
            else:
                self._finish(PolicyStatus.DONE, "", observation)
        return self._rest(observation, hand)

    def _rest(self, observation: Observation, hand: HandState) -> Step:
        """Go and stay where the overhead camera sees everything, open unless something is held."""
        del hand
        open_m = self._cell.robot.gripper.width_max_m
        if self._grip is not None:
            open_m = self._grip.opening_m
        if self.phase is Phase.HOLDING or (self.status is not PolicyStatus.WORKING and self.gripping):
            open_m = 0.0
        watch = self._watch
        goal = Goal(watch.x_m, watch.y_m, watch.z_m, watch.yaw_rad, travel_z_m=self._floor_m + self._rim_m)
        return Step(goal, open_m, open_m)

    # ── transitions ──────────────────────────────────────────────────────────────────────────────

    def _enter(self, phase: Phase, observation: Observation) -> None:
        self.phase = phase
        self._since_ns = observation.stamp_ns
        self._event_ns = None

    def _finish(self, status: PolicyStatus, reason: str, observation: Observation) -> None:
        self.status, self.reason = status, reason
        self._enter(Phase.FINISHED, observation)

    def _start_anew(self, observation: Observation) -> None:
        self._sight.forget()
        self._grip = None
        self._returning = False
        self.grip_error_m = None
        self._enter(Phase.SEARCHING, observation)

    def _belt_may_bring_it(self, observation: Observation) -> bool:
        return self._belt.moves and (observation.stamp_ns - self._begun_ns) * 1e-9 < BELT_PATIENCE_S

    def _out_of_reach(self, observation: Observation, hand: HandState) -> Step:
        """No way to grip it where it lies: on a belt wait for a better place, elsewhere say so."""
        self._start_anew(observation)
        if not self._belt_may_bring_it(observation):
            self._finish(PolicyStatus.DECLINED, f"{self._wish.part.name} is out of the hand's reach", observation)
        return self._rest(observation, hand)

    def _missed(self, observation: Observation, hand: HandState) -> Step:
        self.misses += 1
        width_mm = observation.gripper_width_m * 1e3
        self._start_anew(observation)
        if self.misses > MISSES_MAX:
            reason = f"{self._wish.part.name} missed {self.misses} times, last grip {width_mm:.0f} mm"
            self._finish(PolicyStatus.FAILED, reason, observation)
        return self._rest(observation, hand)

    def _look_at_hand(self, observation: Observation) -> None:
        """Something may be in the hand from before. Within one task it is what another policy has grasped for it."""
        if observation.gripper_force_n < HELD_FORCE_N:
            return
        if not self._resumed:
            self._enter(Phase.HOLDING, observation)
        elif self._sight.track is None:
            self._take_over(observation)

    def _take_over(self, observation: Observation) -> bool:
        """Go on with the wanted part in the hand; False when what is held has another width."""
        part = self._wish.part
        held_m = grip_width_m(part, observation.gripper_width_m)
        if abs(held_m - observation.gripper_width_m) > WIDTH_TOLERANCE_M:
            return False
        self._grip = grip_of_held(part, held_m, cell=self._cell)
        self._choose_drop(self._grip, yaw_of(observation.gripper_in_base))
        self._enter(Phase.CARRYING, observation)
        return True

    def _put_back(self, observation: Observation) -> None:
        """Carry what is held to a free spot of the tray; the search begins when that is done."""
        kind = kind_of_held(self._cell, observation.gripper_width_m, tolerance_m=WIDTH_TOLERANCE_M)
        self._grip = grip_of_held(kind, grip_width_m(kind, observation.gripper_width_m), cell=self._cell)
        others = self._sight.discs(places=(TRAY,))
        if self._sight.track is not None:
            others.append(Disc(*self._sight.track.at(observation.stamp_ns), radius_m(self._wish.part)))
        self._returning = True
        yaw_rad = yaw_of(observation.gripper_in_base)
        self._drop = self._spot(kind, self._grip, self._cell.tray, others, hand_yaw_rad=yaw_rad)
        self._enter(Phase.CARRYING, observation)

    # ── goals ────────────────────────────────────────────────────────────────────────────────────

    def _grip_goal(self, observation: Observation, grip: Grip) -> Goal:
        track = self._sight.track
        assert track is not None
        x_m, y_m = track.at(observation.stamp_ns)
        floor_m = self._cell.tray.centre_in_base_m[2]
        return Goal(
            x_m,
            y_m,
            floor_m + grip.height_m,
            wrap(track.yaw_rad + self._turn_rad),
            travel_z_m=floor_m + self._rim_m + grip.height_m,
            velocity_m_s=track.velocity_m_s,
        )

    def _drop_goal(self, grip: Grip, drop: Drop) -> Goal:
        floor_m = self._drop_floor_m
        z_m = floor_m + grip.height_m + RELEASE_AIR_M + drop.rise_m
        return Goal(drop.x_m, drop.y_m, z_m, drop.yaw_rad, travel_z_m=floor_m + self._rim_m + grip.height_m)

    def _chosen_grip(self, x_m: float, y_m: float, yaw_rad: float, *, hand_yaw_rad: float) -> Grip | None:
        grip = choose_grip(
            self._wish.part,
            x_m=x_m,
            y_m=y_m,
            yaw_rad=yaw_rad,
            others=self._sight.discs(places=(TRAY,)),
            hand_yaw_rad=hand_yaw_rad,
            cell=self._cell,
            reachable=self._reachable,
        )
        self._turn_rad = 0.0 if grip is None else grip.yaw_rad - yaw_rad
        return grip

    def _choose_drop(self, grip: Grip, hand_yaw_rad: float) -> None:
        tote = self._wish.tote
        others = self._sight.discs(places=(tote.name,))
        self._drop = self._spot(self._wish.part, grip, tote, others, hand_yaw_rad=hand_yaw_rad)

    def _spot(self, part: PartKind, grip: Grip, box: Tote | Tray, others: list[Disc], *, hand_yaw_rad: float) -> Drop:
        self._drop_floor_m = box.centre_in_base_m[2]
        return choose_drop(
            part,
            grip,
            centre_m=box.centre_in_base_m,
            half_m=box.inner_half_extents_m,
            others=others,
            view=self._sight.overhead_geometry(),
            hand=self._hand_shape,
            hand_yaw_rad=hand_yaw_rad,
            reachable=self._reachable,
        )

    def _event_is_due(self, observation: Observation) -> bool:
        """Whether the fingers have moved already, or will before this inference can change it."""
        return self._event_ns is not None and observation.stamp_ns >= self._event_ns - TURN_BACK_NS

    def _lost(self, observation: Observation, hand: HandState) -> bool:
        """Not seen for a while although the hand is too high to hide it."""
        track = self._sight.track
        assert track is not None
        unseen_s = (observation.stamp_ns - max(track.stamp_ns, self._since_ns)) * 1e-9
        return unseen_s > LOST_S and hand.z_m > self._cell.tray.centre_in_base_m[2] + 0.1

    def _within_reach(self, observation: Observation) -> bool:
        track = self._sight.track
        assert track is not None
        x_m, y_m = track.at(observation.stamp_ns)
        lower, upper = self._cell.workspace.lower_m, self._cell.workspace.upper_m
        return lower[0] < x_m < upper[0] and lower[1] < y_m < upper[1]

    def _required_grip(self) -> Grip:
        assert self._grip is not None
        return self._grip

    def _required_drop(self) -> Drop:
        assert self._drop is not None
        return self._drop
