"""The programmed policies: classical vision and a smooth funnel behind the `Policy` port."""

from __future__ import annotations

import math

from plugins.programmed.choosing import Choice
from plugins.programmed.confidence import judge
from plugins.programmed.instruction import NotUnderstood, PlacedWish, Wish, read_instruction
from plugins.programmed.pick import FORCE_N, Pick, Step
from plugins.programmed.sight import Sight
from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.picking.funnel import Goal, HandState, Path
from runtime.picking.joint_pace import at_ease
from runtime.picking.mover import HORIZON, STEP_PERIOD_S, Mover
from runtime.picking.under_way import UnderWay
from runtime.picking.watching import watch_pose
from runtime.ports import Observation, Proposal

CAREFUL = 0.5
_NOT_HANDED_OVER = "another policy has begun this, and which part it took is not known: name its colour and shape"


def programmed(cell: CellDescription) -> ProgrammedPolicy:
    """At full speed."""
    return ProgrammedPolicy(cell)


def programmed_careful(cell: CellDescription) -> ProgrammedPolicy:
    """The same paths at half the speed."""
    return ProgrammedPolicy(cell, speed=CAREFUL)


class ProgrammedPolicy:
    """Sees pictures, joint state and the instruction; answers with gripper poses, a tenth of a second apart."""

    def __init__(self, cell: CellDescription, *, speed: float = 1.0) -> None:
        """Finds the pose to watch from, which is the slow part. `speed`: factor to the full one."""
        self._cell = cell
        self._arm = Arm(cell.robot)
        self._sight = Sight(cell, self._arm)
        self._mover = Mover(self._arm, cell, speed=speed)
        self._watch = watch_pose(cell, self._arm)
        self._pick: Pick | None = None
        self._choice: Choice | None = None
        self._resumed = False
        self._reading = ""
        self._declined = ""
        self._idle_goal: Goal | None = None
        self._under_way = UnderWay(self._arm, length_s=HORIZON * STEP_PERIOD_S)
        self._worked = False

    def begin(self, assignment: Assignment) -> None:
        """Read the instruction and look for its part; the motion under way goes on smoothly."""
        self._take(assignment, resumed=False)

    def resume(self, assignment: Assignment) -> None:
        """Go on with what another policy has begun: the part may be in the hand, or in its tote."""
        self._take(assignment, resumed=True)

    def _take(self, assignment: Assignment, *, resumed: bool) -> None:
        wish = self._wish_of(assignment, resumed=resumed)
        self._idle_goal = self._pick = self._choice = None
        self._resumed, self._declined, self._reading = resumed, "", ""
        self._worked = self._worked or not isinstance(wish, NotUnderstood)
        self._sight.want(None)
        if isinstance(wish, PlacedWish):
            self._choice = Choice(wish)
        else:
            self._settle(wish)

    def _wish_of(self, assignment: Assignment, *, resumed: bool) -> Wish | PlacedWish | NotUnderstood:
        """What the words ask for; where they leave it open, what the policy that had it before made of them."""
        wish = read_instruction(assignment.instruction, self._cell)
        told = read_instruction(assignment.reading, self._cell) if assignment.reading else None
        if isinstance(wish, NotUnderstood):
            return told or wish
        if isinstance(wish, PlacedWish) and resumed:
            return NotUnderstood(_NOT_HANDED_OVER) if told is None else told if isinstance(told, Wish) else wish
        return wish

    def _settle(self, wish: Wish | NotUnderstood) -> None:
        """Which part is meant is known, or that it will not be."""
        self._choice = None
        if isinstance(wish, NotUnderstood):
            self._declined = wish.reason
            return
        self._reading = f"put the {wish.part.name} in the {wish.tote.name} tote"
        self._sight.want(wish.part, resumed=self._resumed)
        self._pick = Pick(
            wish, self._cell, sight=self._sight, watch=self._watch, reachable=self._reachable, resumed=self._resumed
        )

    def infer(self, observation: Observation) -> Proposal:
        """Look at both pictures, decide, and plan the next second."""
        committed = self._under_way.states(observation)
        hand = committed[-1]
        pick = self._pick if observation.assignment is not None else None
        self._sight.look(observation, gripping=pick is not None and pick.gripping)
        if self._choice is not None and observation.assignment is not None and self._sight.view_free:
            self._choose(self._choice)
        step = pick.next(observation, hand) if pick is not None else self._idle_step(observation, hand)
        path = self._mover.towards(committed, step.goal, q_rad=observation.q_rad)
        first = self._first_step_after(path.arrival_s)
        if pick is not None:
            pick.planned(None if first is None else observation.stamp_ns + round((first + 1) * STEP_PERIOD_S * 1e9))
        self._under_way.keep(path, stamp_ns=observation.stamp_ns)
        return self._proposal(observation, pick, step, path, first)

    def _choose(self, choice: Choice) -> None:
        wish = choice.look(self._sight.in_tray())
        if wish is not None:
            self._settle(wish)

    def _proposal(
        self, observation: Observation, pick: Pick | None, step: Step, path: Path, first: int | None
    ) -> Proposal:
        confidence, signals = judge(
            self._sight.track,
            stamp_ns=observation.stamp_ns,
            grip_error_m=pick.grip_error_m if pick is not None else None,
            misses=pick.misses if pick is not None else 0,
            scene_quality=self._sight.scene_quality,
        )
        status, phase, reason = self._standing(observation, pick)
        widths = tuple(
            step.width_m if first is None or index < first else step.width_on_arrival_m for index in range(HORIZON)
        )
        return Proposal(
            status=status,
            phase=phase,
            confidence=confidence,
            signals=signals,
            targets=self._sight.marks(observation),
            gripper_in_base=self._mover.poses(path),
            gripper_width_m=widths,
            gripper_force_n=min(FORCE_N, self._cell.robot.gripper.force_max_n),
            step_period_s=STEP_PERIOD_S,
            reason=reason,
            reading=self._reading if observation.assignment is not None else "",
        )

    def _standing(self, observation: Observation, pick: Pick | None) -> tuple[PolicyStatus, str, str]:
        if observation.assignment is None:
            return PolicyStatus.WAITING, "waiting", ""
        if pick is None and not self._declined:
            return PolicyStatus.WORKING, "looking which part is meant", ""
        if pick is None:
            return PolicyStatus.DECLINED, "declined", self._declined
        return pick.status, pick.words, pick.reason

    def _first_step_after(self, arrival_s: float) -> int | None:
        """Index of the first chunk step at or after this moment."""
        if math.isinf(arrival_s):
            return None
        index = max(0, math.ceil(arrival_s / STEP_PERIOD_S - 1e-6) - 1)
        return index if index < HORIZON else None

    def _idle_step(self, observation: Observation, hand: HandState) -> Step:
        """Without a task: stay, or after one go where the overhead camera sees everything. Fingers as they are."""
        if self._idle_goal is None:
            place = self._watch if self._worked else hand
            self._idle_goal = Goal(place.x_m, place.y_m, place.z_m, place.yaw_rad, travel_z_m=place.z_m)
        width_m = 0.0 if observation.gripper_force_n > 1.0 else observation.gripper_width_m
        width_m = min(max(width_m, 0.0), self._cell.robot.gripper.width_max_m)
        return Step(self._idle_goal, width_m, width_m)

    def _reachable(self, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> bool:
        return at_ease(self._arm, x_m, y_m, z_m, yaw_rad) is not None
