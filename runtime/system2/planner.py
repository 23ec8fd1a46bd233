"""The planner stage: observation → active policy → action chunk in its envelope. Never waits, reads no clock.

What inference costs is either measured by the clock that is handed in (live) or modelled (lock-step). A plan
comes out with the moment at which it is issued, which may lie ahead of now: whoever delivers it waits until
then, and until then no new inference begins. A policy in a process of its own is asked, and answers some ticks
later. Beside the active policy one may be asked in shadow; what it says goes nowhere but into telemetry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from functools import partial
from typing import cast

from msgspec.structs import replace

from runtime.kinematics import Arm
from runtime.messages.camera import SceneBelief
from runtime.messages.cell import CellDescription
from runtime.messages.orders import Orders
from runtime.messages.plan import Plan
from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.state import RobotState
from runtime.perception import shared_finder
from runtime.plugin_host import PolicyManifest, Registry
from runtime.ports import Clock, Observation, Picture, PolicySeam, Proposal
from runtime.system2.berth import Converse, Seat
from runtime.system2.conversation import Conversation, TaskKey, Told, key_of, no_answer
from runtime.system2.loading import PolicyLoader, SynchronousLoader
from runtime.system2.observations import ObservationBuilder
from runtime.system2.policy_bay import Loaders, PolicyBay
from runtime.system2.runner import InlineRunner, Opening, PolicyRunner
from runtime.system2.shadowing import Shadowing

DEADLINE_S = 0.1
"""One period of a 10 Hz policy."""

MODELLED_LATENCY_S = 0.02
BEGINS_WITHIN_NS = 500_000_000
"""A shadow that first hears of a task so long after it began begins it, later it takes it over in the middle."""

OVERHEAD = "overhead"


class NoFaults:
    """The neutral policy seam."""

    def stall_s(self, now_ns: int) -> float:
        """No extra latency."""
        del now_ns
        return 0.0

    def proposal(self, proposal: Proposal, now_ns: int) -> Proposal:
        """Unchanged."""
        del now_ns
        return proposal


@dataclass(frozen=True, slots=True)
class PlannerOutput:
    """What one look gave."""

    plan: Plan | None
    """To be delivered at its `issued_ns`, which may lie ahead."""

    state: PolicyState
    belief: SceneBelief | None
    """New when there was a new overhead picture."""


def still_meant(plan: Plan, state: PolicyState, now_ns: int) -> bool:
    """Whether a plan that waits for its moment is still to be delivered: its policy may have stood down meanwhile."""
    return plan.issued_ns <= now_ns or plan.policy == state.active


class PlannerStage:
    """System 2 of one cell. Hand it pictures and states as they come; `tick` when something may be due.

    Raises `PolicyUnavailable` when the first policy cannot be loaded: at construction, or in `tick` where it is
    loaded in a process of its own.
    """

    def __init__(
        self,
        cell: CellDescription,
        registry: Registry,
        *,
        policy: str,
        seam: PolicySeam | None = None,
        loader: PolicyLoader | None = None,
        loaders: Loaders | None = None,
        clock: Clock | None = None,
        latency_s: float = MODELLED_LATENCY_S,
    ) -> None:
        """`clock` measures inference; without one every inference takes `latency_s`.

        `loaders` for every role, or `loader` for candidates alone; without them policies are loaded on the spot.
        """
        self._seam = NoFaults() if seam is None else seam
        self._clock = clock
        self._arm = Arm(cell.robot)
        self._observations = ObservationBuilder(cell, self._arm)
        self._finder = shared_finder(cell)
        converse = partial(Conversation, clock=clock, latency_s=latency_s)
        if loaders is None:
            candidate, shadow, fallback = (SynchronousLoader(registry, cell) for _ in range(3))
            loaders = Loaders(loader or candidate, shadow, fallback)
        manifest = registry.manifest(policy)
        aside = manifest.isolated and loaders.candidate.isolates
        first = _seat(manifest, None if aside else InlineRunner(registry.load_policy(policy, cell)), converse=converse)
        self._bay = PolicyBay(registry, loaders, converse, first=first)
        self._registry = registry
        self._shadowing = Shadowing(self._arm)
        self._newest = self._unasked = self._shadow_unasked = cast("Observation | None", None)
        self._begun = self._touched = cast("TaskKey | None", None)
        """The task that was begun last; and the last one that a policy worked on, not only declined or was silent."""

        self._begun_ns = 0
        self._taken_over = False
        self._read: tuple[int, str] = (-1, "")
        self._plans = 0
        self._state = first_state(manifest)

    def take_robot(self, robot: RobotState) -> None:
        """A measured state of the arm, 100 Hz."""
        self._observations.take_robot(robot)

    def take_pictures(self, pictures: Sequence[Picture]) -> None:
        """Pictures as the cameras deliver them."""
        self._observations.take_pictures(pictures)

    def tick(self, now_ns: int, *, orders: Orders | None = None) -> PlannerOutput:
        """Follow the orders, hear what was answered, and ask when there is a new observation and nobody is at one."""
        assignment = None if orders is None else orders.assignment
        if orders is not None:
            self._bay.follow(orders, self._newest)
        self._bay.look_after(now_ns, self._newest)
        if self._bay.stand_in():
            self._taken_over = True
            self._state = replace(self._state, status=PolicyStatus.WORKING, reason="", failures=0, unanswerable=False)
        task = key_of(assignment)
        plan = self._hear(task, now_ns)
        if self._unasked is not None and key_of(self._unasked.assignment) != task:
            self._unasked = None
        observation = self._observations.next(assignment)
        belief = None if observation is None else self._believe(observation)
        if observation is not None:
            self._newest = self._unasked = observation
            self._tell_latency(now_ns)
        if self._unasked is not None and not self._busy(now_ns):
            unasked, self._unasked = self._unasked, None
            plan = self._ask(unasked, task, now_ns) or plan
        self._hear_shadow(now_ns)
        self._ask_shadow(observation, now_ns)
        self._tell_latency(now_ns if self._clock is None else self._clock.now_ns())
        self._tell_roles(now_ns)
        return PlannerOutput(plan, self._state, belief)

    def descriptors(self) -> tuple[int, ...]:
        """What a process that waits for pictures should wait for too: policies with something to say."""
        return self._bay.descriptors()

    def close(self) -> tuple[PolicyRunner, ...]:
        """Let every policy go; returns those whose processes may still be ending."""
        return self._bay.close()

    def _believe(self, observation: Observation) -> SceneBelief | None:
        view = observation.views.get(OVERHEAD)
        if view is None:
            return None
        return self._finder.believe(
            view, arm_frames=self._arm.frames(observation.q_rad), gripper_in_base=observation.gripper_in_base
        )

    # ── the active policy ────────────────────────────────────────────────────────────────────────

    def _busy(self, now_ns: int) -> bool:
        talk = self._bay.active.talk
        return talk is not None and talk.busy(now_ns)

    def _ask(self, observation: Observation, task: TaskKey | None, now_ns: int) -> Plan | None:
        """One question: this is the chunk border, so a ready candidate takes over here."""
        taken_over = self._bay.change_at_border(now_ns) or self._taken_over
        self._taken_over = False
        opening = Opening.NONE
        asked = key_of(observation.assignment)
        if asked is not None and (taken_over or asked != self._begun):
            opening = Opening.RESUME if taken_over and asked == self._touched else Opening.BEGIN
        if asked != self._begun:
            self._begun, self._begun_ns = asked, observation.stamp_ns
        seat = self._bay.active
        if seat.talk is None:
            self._note(Told(observation, self._why_none(seat), now_ns, now_ns), failures=0)
            self._count_inference(0.0)
            return None
        if opening is Opening.RESUME:
            observation = self._with_reading(observation)
        if self._bay.stands_in:
            seat.talk.ask(self._with_reading(observation), now_ns, opening=opening, seam=NoFaults())
        else:
            seat.talk.ask(observation, now_ns, opening=opening, seam=self._seam)
        return self._hear(task, now_ns)

    def _with_reading(self, observation: Observation) -> Observation:
        """For one that stands in or goes on: with what the other has read in the instruction of this task."""
        assignment = observation.assignment
        if assignment is None or assignment.task_id != self._read[0]:
            return observation
        return replaced(observation, assignment=replace(assignment, reading=self._read[1]))

    def _hear(self, task: TaskKey | None, now_ns: int) -> Plan | None:
        """What the active policy has answered; nothing where the task it was asked about is over."""
        seat = self._bay.active
        talk = seat.talk
        told = self._bay.hear(seat, now_ns)
        if told is None or talk is None or key_of(told.observation.assignment) != task:
            return None
        self._note(told, failures=talk.failures)
        if told.proposal.status not in (PolicyStatus.WAITING, PolicyStatus.DECLINED):
            self._touched = task
        self._shadowing.active_said(told)
        return self._plan(seat.manifest, told)

    def _why_none(self, seat: Seat) -> Proposal:
        if obstacle := self._registry.obstacle(seat.name):
            return no_answer(f"policy {seat.name} is quarantined: {obstacle}")
        return Proposal(PolicyStatus.WAITING, "loading", 0.0, (), reason=f"policy {seat.name} is being loaded")

    def _tell_latency(self, now_ns: int) -> None:
        """Of an inference that is over; of one that is not, how long it takes already once that is the longer one."""
        talk = self._bay.active.talk
        if talk is None:
            return
        took_s = talk.over_s(now_ns)
        if took_s is not None:
            self._count_inference(took_s)
        else:
            so_far_s = talk.so_far_s(now_ns)
            self._state = replace(self._state, inference_s=max(self._state.inference_s, so_far_s))

    def _count_inference(self, took_s: float) -> None:
        self._state = replace(
            self._state,
            inference_s=took_s,
            inferences=self._state.inferences + 1,
            deadline_misses=self._state.deadline_misses + (took_s > DEADLINE_S),
        )

    # ── the one in shadow ────────────────────────────────────────────────────────────────────────

    def _hear_shadow(self, now_ns: int) -> None:
        self._shadowing.follow(self._bay.shadow, self._bay.shadow_berth)
        if (seat := self._bay.shadow) is not None:
            self._shadowing.take(self._bay.hear(seat, now_ns), now_ns)

    def _ask_shadow(self, fresh: Observation | None, now_ns: int) -> None:
        """The same observation. One that is computed here comes a tick after the active policy's plan has left."""
        seat = self._bay.shadow
        if seat is None or seat.talk is None or self._bay.returns(seat):
            self._shadow_unasked = None
            return
        waits = self._clock is not None and seat.talk.runner.pid == 0
        observation = self._shadow_unasked if waits else fresh
        self._shadow_unasked = fresh if waits else None
        if observation is None:
            return
        asked = key_of(observation.assignment)
        opening = Opening.NONE
        if asked is not None and asked != seat.talk.begun:
            in_time = observation.stamp_ns - self._begun_ns <= BEGINS_WITHIN_NS
            opening = Opening.BEGIN if asked != self._begun or in_time else Opening.RESUME
        seam = self._seam if seat is self._bay.wanted else NoFaults()
        self._shadowing.ask(observation, now_ns, opening=opening, seam=seam)
        self._hear_shadow(now_ns)

    # ── what is told ─────────────────────────────────────────────────────────────────────────────

    def _tell_roles(self, now_ns: int) -> None:
        bay = self._bay
        self._state = replace(
            self._state,
            stamp_ns=now_ns,
            active=bay.active.name,
            active_version=bay.active.manifest.version,
            candidate=bay.candidate,
            previous="" if bay.previous is None else bay.previous.name,
            entries=bay.entries(),
            swaps=bay.swaps,
            last_swap_ns=bay.last_swap_ns,
            swap_refusal=bay.refusal,
            shadow=self._shadowing.state(),
            fallback=bay.fallback_wish,
            fallback_ready=bay.fallback_ready,
            fallback_obstacle=bay.fallback_obstacle,
            stands_in_for=bay.wanted.name if bay.stands_in else "",
            shadow_id=bay.shadow_id,
            release_id=bay.release_id,
        )

    def _note(self, told: Told, *, failures: int) -> None:
        observation, proposal = told.observation, told.proposal
        assignment = observation.assignment
        self._state = replace(
            self._state,
            task_id=-1 if assignment is None else assignment.task_id,
            attempt=0 if assignment is None else assignment.attempt,
            instruction="" if assignment is None else assignment.instruction,
            status=proposal.status,
            phase=proposal.phase,
            reason=proposal.reason,
            confidence=proposal.confidence,
            signals=proposal.signals,
            targets=proposal.targets,
            heat=proposal.heat,
            confidence_limit=proposal.confidence_limit,
            obstacle=proposal.obstacle,
            observation_age_s=(told.asked_ns - observation.stamp_ns) * 1e-9,
            failures=failures,
            reading=proposal.reading,
            unanswerable=proposal.unanswerable,
        )
        if assignment is not None and proposal.reading and not self._bay.stands_in:
            self._read = assignment.task_id, proposal.reading

    def _plan(self, manifest: PolicyManifest, told: Told) -> Plan | None:
        observation, proposal = told.observation, told.proposal
        horizon = max(len(proposal.gripper_in_base), len(proposal.joints_rad))
        if horizon == 0:
            return None
        self._plans += 1
        length_ns = round(horizon * proposal.step_period_s * 1e9)
        return Plan(
            plan_id=self._plans,
            policy=manifest.name,
            policy_version=manifest.version,
            task_id=-1 if observation.assignment is None else observation.assignment.task_id,
            observation_id=observation.observation_id,
            observation_stamp_ns=observation.stamp_ns,
            issued_ns=told.ends_ns,
            expires_ns=observation.stamp_ns + length_ns,
            step_period_s=proposal.step_period_s,
            horizon=horizon,
            gripper_in_base=proposal.gripper_in_base,
            joints_rad=proposal.joints_rad,
            gripper_width_m=proposal.gripper_width_m,
            gripper_force_n=proposal.gripper_force_n,
            confidence=proposal.confidence,
            signals=proposal.signals,
        )


def _seat(manifest: PolicyManifest, runner: PolicyRunner | None, *, converse: Converse) -> Seat:
    return Seat(manifest, None if runner is None else converse(manifest, runner))


def first_state(manifest: PolicyManifest) -> PolicyState:
    """What is told before the first look."""
    return PolicyState(
        stamp_ns=0,
        active=manifest.name,
        active_version=manifest.version,
        candidate="",
        previous="",
        entries=(),
        task_id=-1,
        instruction="",
        status=PolicyStatus.WAITING,
        phase="waiting",
        reason="",
        confidence=0.0,
        signals=(),
        inference_s=0.0,
        deadline_s=DEADLINE_S,
        inferences=0,
        deadline_misses=0,
        observation_age_s=0.0,
        targets=(),
        swaps=0,
        last_swap_ns=0,
    )
