"""Chunks on their way into motion: intake, reference, gripper and the ladder of a late policy."""

from __future__ import annotations

from collections import deque

from runtime.kinematics import Arm
from runtime.messages.joint import JointReference, PlantState
from runtime.messages.plan import Plan, Verdict
from runtime.messages.state import Mode, PlanExecution
from runtime.ports import Guard
from runtime.system1.gripper_steps import GripperSteps
from runtime.system1.intake import AcceptedChunk, ChunkIntake, Judgement
from runtime.system1.late_ladder import LateLadder
from runtime.system1.motion_limits import STOP_WITHIN_S, motion_limits
from runtime.system1.reference import ReferenceMotion

_SWAPS_KEPT = 8


class ChunkExecution:
    """What the arm should be doing because of the newest accepted chunk, and how that stands."""

    def __init__(self, arm: Arm, guard: Guard) -> None:
        limits = motion_limits(arm)
        self.motion = ReferenceMotion(limits, q_rad=arm.home_rad)
        self.gripper = GripperSteps(
            force_n=0.5 * arm.robot.gripper.force_max_n, width_max_m=arm.robot.gripper.width_max_m
        )
        self.ladder = LateLadder()
        self.chunk: AcceptedChunk | None = None
        self.received = 0
        self.rejected = 0
        self.refusal: Verdict | None = None
        """Of the newest chunk, when that was refused."""

        self.standing = PlanExecution.NONE
        self.swap_ticks: deque[int] = deque(maxlen=_SWAPS_KEPT)
        self._intake = ChunkIntake(arm, guard, speed_limit_rad_s=0.95 * limits.velocity_rad_s)
        self._driver = ""
        self._holding = True

    @property
    def driver(self) -> str:
        """Policy and version of the newest executed chunk."""
        return self._driver

    def begin(self, now_ns: int) -> None:
        """A policy starts to drive; its silence counts from here."""
        self.ladder.begin(now_ns)
        self.chunk = None
        self._holding = True

    def count_anew(self) -> None:
        """Accept any chunk id again, after a reset."""
        self._intake.count_anew()

    def halt(self, now_ns: int) -> None:
        """Stop on the spot, jerk-limited; nothing of the chunk is executed any more. The grip stays."""
        self._intake.forget()
        self.gripper.forget()
        self.motion.stop(now_ns=now_ns)
        self._holding = True

    def settle(self, state: PlantState) -> None:
        """The arm stands behind closed brakes: be where it is."""
        self.motion.hold(state.q_rad.copy())
        self.gripper.hold(state.gripper_width_m)

    def take(self, plan: Plan, *, now_ns: int, mode: Mode) -> Judgement | None:
        """A chunk arrived; the refusal if it was refused at once."""
        self.received += 1
        judgement = self._intake.offer(plan, now_ns=now_ns, mode=mode)
        if judgement is not None:
            self._count(judgement)
        return judgement

    def turn_away(self, plan: Plan, verdict: Verdict) -> Judgement:
        """Refuse a chunk before anything is judged about it."""
        self.received += 1
        judgement = Judgement(plan, verdict)
        self._count(judgement)
        return judgement

    def work(self, *, now_ns: int, tick: int, speed_scale: float) -> Judgement | None:
        """One portion of judging; a chunk that passed takes over at once."""
        judgement = self._intake.advance(now_ns=now_ns, reference=self.motion.state, speed_scale=speed_scale)
        if judgement is not None:
            self._count(judgement)
            if judgement.chunk is not None:
                self._follow(judgement.chunk, now_ns=now_ns, tick=tick)
        return judgement

    def judge_lateness(self, now_ns: int) -> PlanExecution:
        """Where the ladder stands now; a chunk that has expired or would go on for too long is stopped here."""
        execution = self.standing = self.ladder.execution(now_ns)
        if execution in (PlanExecution.HOLDING, PlanExecution.SILENT) and not self._holding:
            self._holding = True
            expired_early = self.chunk is not None and now_ns < self.chunk.due_ns[-1]
            if expired_early:
                self.gripper.forget()
            if expired_early or self.motion.rest_in_s(now_ns) > STOP_WITHIN_S:
                self.motion.stop(now_ns=now_ns)
        return execution

    def sample(self, now_ns: int) -> JointReference:
        """The reference of this tick."""
        return self.motion.sample(now_ns)

    def _follow(self, chunk: AcceptedChunk, *, now_ns: int, tick: int) -> None:
        plan = chunk.plan
        driver = f"{plan.policy} {plan.policy_version}".strip()
        if self._driver and driver != self._driver:
            self.swap_ticks.append(tick)
        self._driver = driver
        self.chunk = chunk
        self._holding = False
        self.motion.follow(chunk.path, now_ns=now_ns)
        self.gripper.follow(plan, chunk.due_ns)
        self.ladder.accepted(now_ns=now_ns, ends_ns=min(plan.expires_ns, chunk.due_ns[-1]))

    def _count(self, judgement: Judgement) -> None:
        if judgement.verdict.passed:
            self.refusal = None
        else:
            self.rejected += 1
            self.refusal = judgement.verdict
