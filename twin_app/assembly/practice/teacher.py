"""The policy of a lesson: the teacher's advice is noted at every look; teacher or learner drives."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.picking.funnel import Goal, HandState, Path, yaw_of
from runtime.picking.mover import HORIZON, STEP_PERIOD_S, Mover
from runtime.picking.under_way import UnderWay
from runtime.picking.watching import watch_pose
from runtime.ports import Observation, Proposal
from sim_worlds.expert import Advice, Expert, Situation, situation_of
from sim_worlds.plant.truth import Truth

FORCE_N = 30.0
DONE_LOOKS = 2
"""Looks in a row at which the task must be done before the teacher says so."""

NOISE_LOOKS = 5
CLEAR_M = 0.09
"""Noise that may push the hand down or aside far is for hands higher than this above the tray."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One look of a lesson with what the teacher would do."""

    observation: Observation
    hand: HandState
    """Where the hand is when a chunk of this look begins to act."""

    situation: Situation
    path: Path
    advice: Advice
    widths_m: tuple[float, ...]
    learner_drives: bool


class Learner(Protocol):
    """A policy that is being taught."""

    path: Path | None
    """Of its newest chunk."""

    def begin(self, assignment: Assignment) -> None:
        """See `Policy`."""
        ...

    def infer(self, observation: Observation) -> Proposal:
        """See `Policy`."""
        ...


@dataclass(frozen=True, slots=True)
class Manner:
    """How a lesson goes."""

    part: str
    tote: str
    noise: float = 0.0
    """Share of looks at which an error begins."""

    wrong_part: str = ""
    """Taken first and put back; empty: none."""

    learner_share: float = 0.0
    """Share of two-second stretches in which the learner drives."""


class Teacher:
    """Shows one task. Behind the `Policy` port, but it sees plant truth: for lessons alone."""

    def __init__(
        self,
        cell: CellDescription,
        *,
        manner: Manner,
        truth: Callable[[], Truth],
        random: np.random.Generator,
        learner: Learner | None = None,
    ) -> None:
        self._cell = cell
        self.manner = manner
        self._truth = truth
        self._random = random
        self._learner = learner
        self._arm = Arm(cell.robot)
        self._mover = Mover(self._arm, cell)
        self._under_way = UnderWay(self._arm, length_s=HORIZON * STEP_PERIOD_S)
        self._expert = Expert(cell, self._arm, watch=watch_pose(cell, self._arm))
        self._wrong = manner.wrong_part
        self._error: NDArray[np.float64] = np.zeros(4)
        self._error_looks = 0
        self._learner_drives = False
        self._done_looks = 0
        self.shown: list[Shown] = []
        self.trouble: Exception | None = None
        """What it or the learner raised first: the cell would take it for a failed pick and go on."""

    def begin(self, assignment: Assignment) -> None:
        """The lesson's task."""
        with self._noted():
            if self._learner is not None:
                self._learner.begin(assignment)

    def infer(self, observation: Observation) -> Proposal:
        """Note the advice; drive, or let the learner drive."""
        with self._noted():
            return self._answer(observation)

    @contextmanager
    def _noted(self) -> Generator[None]:
        try:
            yield
        except Exception as trouble:
            self.trouble = self.trouble or trouble
            raise

    def _answer(self, observation: Observation) -> Proposal:
        committed = self._under_way.states(observation)
        hand = committed[-1]
        if observation.assignment is None:
            return self._wait(observation, committed)
        situation = self._situation(observation)
        advice = self._expert.advise(situation, part=self.manner.part, tote=self.manner.tote)
        path = self._mover.towards(committed, advice.goal, q_rad=observation.q_rad)
        self._choose_driver(len(self.shown))
        shown = Shown(observation, hand, situation, path, advice, _widths(advice, path), self._learner_drives)
        self.shown.append(shown)
        self._done_looks = self._done_looks + 1 if advice.done else 0
        proposal = self._learner.infer(observation) if self._learner is not None else None
        if proposal is not None and self._learner_drives and proposal.gripper_in_base:
            return self._lend(proposal, observation)
        return self._drive(observation, committed, shown)

    def _drive(self, observation: Observation, committed: tuple[HandState, ...], shown: Shown) -> Proposal:
        driven, path = self._mistaken(shown.situation, shown.advice), shown.path
        if driven is not shown.advice:
            path = self._mover.towards(committed, driven.goal, q_rad=observation.q_rad)
        self._under_way.keep(path, stamp_ns=observation.stamp_ns)
        status = PolicyStatus.DONE if self._done_looks >= DONE_LOOKS else PolicyStatus.WORKING
        return Proposal(
            status=status,
            phase=driven.phase,
            confidence=1.0,
            signals=(),
            gripper_in_base=self._mover.poses(path),
            gripper_width_m=_widths(driven, path),
            gripper_force_n=min(FORCE_N, self._cell.robot.gripper.force_max_n),
            step_period_s=STEP_PERIOD_S,
        )

    def _lend(self, proposal: Proposal, observation: Observation) -> Proposal:
        """The learner's chunk; when the task is over, and whether to go on, is the teacher's to say."""
        assert self._learner is not None
        if self._learner.path is not None:
            self._under_way.keep(self._learner.path, stamp_ns=observation.stamp_ns)
        status = PolicyStatus.DONE if self._done_looks >= DONE_LOOKS else PolicyStatus.WORKING
        return replace(proposal, status=status, reason="", confidence=1.0, confidence_limit=0.0)

    def _wait(self, observation: Observation, committed: tuple[HandState, ...]) -> Proposal:
        """Before and after the task: stay."""
        hand = committed[-1]
        goal = Goal(hand.x_m, hand.y_m, hand.z_m, hand.yaw_rad, travel_z_m=hand.z_m)
        path = self._mover.towards(committed, goal, q_rad=observation.q_rad)
        self._under_way.keep(path, stamp_ns=observation.stamp_ns)
        width_m = min(max(observation.gripper_width_m, 0.0), self._cell.robot.gripper.width_max_m)
        return Proposal(
            status=PolicyStatus.WAITING,
            phase="waiting",
            confidence=1.0,
            signals=(),
            gripper_in_base=self._mover.poses(path),
            gripper_width_m=(width_m,) * HORIZON,
            step_period_s=STEP_PERIOD_S,
        )

    def _situation(self, observation: Observation) -> Situation:
        x_m, y_m, z_m = observation.gripper_in_base.position_m
        measured = HandState(x_m, y_m, z_m, yaw_of(observation.gripper_in_base))
        return situation_of(
            self._truth(),
            cell=self._cell,
            hand=measured,
            width_m=observation.gripper_width_m,
            force_n=observation.gripper_force_n,
        )

    def _mistaken(self, situation: Situation, advice: Advice) -> Advice:
        """The advice as it is carried out: of a wrong part first where the lesson wants that, and with errors."""
        if self._wrong:
            if situation.holds() is not None:
                self._wrong = ""
            else:
                return self._expert.advise(situation, part=self._wrong, tote=self.manner.tote)
        if self._error_looks > 0:
            self._error_looks -= 1
        elif self._random.uniform() < self.manner.noise:
            self._error_looks = int(self._random.integers(1, NOISE_LOOKS + 1))
            self._error = self._random.normal(size=4) * (0.03, 0.03, 0.02, 0.25)
        else:
            return advice
        goal, floor_m = advice.goal, self._cell.tray.centre_in_base_m[2]
        share = 1.0 if situation.hand.z_m > floor_m + CLEAR_M else 0.15
        dx, dy, dz, turn = (float(share * value) for value in self._error)
        off = Goal(goal.x_m + dx, goal.y_m + dy, goal.z_m + abs(dz), goal.yaw_rad + turn, goal.travel_z_m)
        return replace(advice, goal=off)

    def _choose_driver(self, look: int) -> None:
        """Who drives is drawn anew every two seconds."""
        if self._learner is not None and look % 20 == 0:
            self._learner_drives = bool(self._random.uniform() < self.manner.learner_share)


def _widths(advice: Advice, path: Path) -> tuple[float, ...]:
    """Openings of a chunk: the fingers move with the first step at or after the arrival."""
    if math.isinf(path.arrival_s):
        return (advice.width_m,) * HORIZON
    first = max(0, math.ceil(path.arrival_s / STEP_PERIOD_S - 1e-6) - 1)
    return tuple(advice.width_m if index < first else advice.width_on_arrival_m for index in range(HORIZON))
