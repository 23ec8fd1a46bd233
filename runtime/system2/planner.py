"""The planner stage: observation → active policy → action chunk in its envelope. Never waits, reads no clock.

What inference costs is either measured by the clock that is handed in (live) or modelled (lock-step). A plan
comes out with the moment at which it is issued, which may lie ahead of now: whoever delivers it waits until
then, and until then no new inference begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from runtime.kinematics import Arm
from runtime.messages.camera import SceneBelief
from runtime.messages.cell import CellDescription
from runtime.messages.orders import Orders
from runtime.messages.plan import Plan
from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.state import RobotState
from runtime.messages.tasks import Assignment
from runtime.perception import shared_finder
from runtime.plugin_host import Registry
from runtime.ports import Clock, Observation, Picture, PolicySeam, Proposal
from runtime.system2.answers import checked, presentable
from runtime.system2.loading import PolicyLoader, SynchronousLoader
from runtime.system2.observations import ObservationBuilder
from runtime.system2.policy_bay import PolicyBay, Seat

DEADLINE_S = 0.1
"""One period of a 10 Hz policy."""

MODELLED_LATENCY_S = 0.02
FAILURES_MAX = 3
"""A policy that raises so often in a row is quarantined and called no more."""

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


@runtime_checkable
class Resuming(Protocol):
    """What a policy may offer beyond the port, to take over a task in the middle; without it the task begins anew."""

    def resume(self, assignment: Assignment) -> None:
        """Go on with what another policy has begun."""
        ...


@dataclass(frozen=True, slots=True)
class PlannerOutput:
    """What one look gave."""

    plan: Plan | None
    """To be delivered at its `issued_ns`, which may lie ahead."""

    state: PolicyState
    belief: SceneBelief | None
    """New when there was a new overhead picture."""


@dataclass(frozen=True, slots=True)
class _Inference:
    """One that has begun; how long it takes is told when it has taken that long."""

    began_ns: int
    took_s: float

    @property
    def ends_ns(self) -> int:
        return self.began_ns + round(self.took_s * 1e9)


class PlannerStage:
    """System 2 of one cell. Hand it pictures and states as they come; `tick` when something may be due.

    Raises `PolicyUnavailable` at construction when the first policy cannot be loaded.
    """

    def __init__(
        self,
        cell: CellDescription,
        registry: Registry,
        *,
        policy: str,
        seam: PolicySeam | None = None,
        loader: PolicyLoader | None = None,
        clock: Clock | None = None,
        latency_s: float = MODELLED_LATENCY_S,
    ) -> None:
        """`clock` measures inference; without one every inference takes `latency_s`."""
        self._registry = registry
        self._seam = NoFaults() if seam is None else seam
        self._clock = clock
        self._latency_s = latency_s
        self._arm = Arm(cell.robot)
        self._observations = ObservationBuilder(cell, self._arm)
        self._finder = shared_finder(cell)
        first = Seat(registry.manifest(policy), registry.load_policy(policy, cell))
        self._bay = PolicyBay(registry, loader or SynchronousLoader(registry, cell), first=first)
        self._newest: Observation | None = None
        self._begun: tuple[int, int] | None = None
        self._under_way: _Inference | None = None
        self._plans = 0
        self._failures = 0
        self._begin_trouble = ""
        self._state = self._first_state()

    def take_robot(self, robot: RobotState) -> None:
        """A measured state of the arm, 100 Hz."""
        self._observations.take_robot(robot)

    def take_pictures(self, pictures: Sequence[Picture]) -> None:
        """Pictures as the cameras deliver them."""
        self._observations.take_pictures(pictures)

    def close(self) -> None:
        """Let go of what the policies hold: connections and threads."""
        self._bay.close()

    def tick(self, now_ns: int, *, orders: Orders | None = None) -> PlannerOutput:
        """Follow the orders, and infer when there is a new observation and the last inference is over."""
        assignment = None if orders is None else orders.assignment
        if orders is not None:
            self._bay.follow(orders, self._newest)
        observation = self._observations.next(assignment)
        belief = None if observation is None else self._believe(observation)
        plan: Plan | None = None
        if observation is not None:
            self._newest = observation
            self._tell_latency(now_ns)
            if self._under_way is None:
                plan = self._infer(observation, now_ns)
        self._tell_latency(now_ns if self._clock is None else self._clock.now_ns())
        self._state = replace(
            self._state,
            stamp_ns=now_ns,
            active=self._bay.active.manifest.name,
            active_version=self._bay.active.manifest.version,
            candidate=self._bay.candidate,
            previous="" if self._bay.previous is None else self._bay.previous.manifest.name,
            entries=self._bay.entries(),
            swaps=self._bay.swaps,
            last_swap_ns=self._bay.last_swap_ns,
            swap_refusal=self._bay.refusal,
        )
        return PlannerOutput(plan, self._state, belief)

    def _believe(self, observation: Observation) -> SceneBelief | None:
        view = observation.views.get(OVERHEAD)
        if view is None:
            return None
        return self._finder.believe(
            view, arm_frames=self._arm.frames(observation.q_rad), gripper_in_base=observation.gripper_in_base
        )

    def _infer(self, observation: Observation, now_ns: int) -> Plan | None:
        """One inference: this is the chunk border, so a ready candidate takes over here."""
        swapped = self._bay.change_at_border(now_ns)
        stall_s = max(0.0, self._seam.stall_s(now_ns))
        began_ns = now_ns if self._clock is None else self._clock.now_ns()
        self._begin_if_new(observation.assignment, swapped=swapped)
        proposal = self._propose(observation)
        took_s = self._latency_s if self._clock is None else (self._clock.now_ns() - began_ns) * 1e-9
        inference = self._under_way = _Inference(now_ns, took_s + stall_s)
        proposal = self._seam.proposal(proposal, now_ns)
        self._note(observation, proposal, began_ns=now_ns)
        return self._plan(observation, proposal, inference.ends_ns)

    def _tell_latency(self, now_ns: int) -> None:
        """Of an inference that is over; of one that is not, how long it takes already once that is the longer one."""
        inference = self._under_way
        if inference is None:
            return
        if now_ns < inference.ends_ns:
            so_far_s = (now_ns - inference.began_ns) * 1e-9
            self._state = replace(self._state, inference_s=max(self._state.inference_s, so_far_s))
            return
        self._under_way = None
        late = inference.took_s > DEADLINE_S
        self._state = replace(
            self._state,
            inference_s=inference.took_s,
            inferences=self._state.inferences + 1,
            deadline_misses=self._state.deadline_misses + late,
        )

    def _begin_if_new(self, assignment: Assignment | None, *, swapped: bool) -> None:
        key = None if assignment is None else (assignment.task_id, assignment.attempt)
        if assignment is not None and (swapped or key != self._begun):
            self._begin_trouble = ""
            policy = self._bay.active.policy
            try:
                if swapped and key == self._begun and isinstance(policy, Resuming):
                    policy.resume(assignment)
                else:
                    policy.begin(assignment)
            except (Exception, SystemExit) as trouble:  # noqa: BLE001 - a plugin may fail in any way; the next inference reports it
                self._begin_trouble = self._failed(trouble)
        self._begun = key

    def _propose(self, observation: Observation) -> Proposal:
        seat = self._bay.active
        if obstacle := self._registry.obstacle(seat.manifest.name):
            return _no_answer(f"policy {seat.manifest.name} is quarantined: {obstacle}")
        if self._begin_trouble:
            return _no_answer(self._begin_trouble)
        try:
            proposal = checked(seat.policy.infer(observation))
        except (Exception, SystemExit) as trouble:  # noqa: BLE001 - a plugin may fail in any way
            return _no_answer(self._failed(trouble))
        self._failures = 0
        return proposal

    def _failed(self, trouble: BaseException) -> str:
        """Count a failure of the active policy; returns it in words."""
        manifest = self._bay.active.manifest
        words = presentable(str(trouble))
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            self._registry.quarantine(manifest.plugin, f"raised {self._failures} times in a row, last: {words}")
        return f"policy {manifest.name} raised {type(trouble).__name__}: {words}"

    def _note(self, observation: Observation, proposal: Proposal, *, began_ns: int) -> None:
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
            observation_age_s=(began_ns - observation.stamp_ns) * 1e-9,
        )

    def _plan(self, observation: Observation, proposal: Proposal, issued_ns: int) -> Plan | None:
        horizon = max(len(proposal.gripper_in_base), len(proposal.joints_rad))
        if horizon == 0:
            return None
        self._plans += 1
        manifest = self._bay.active.manifest
        length_ns = round(horizon * proposal.step_period_s * 1e9)
        return Plan(
            plan_id=self._plans,
            policy=manifest.name,
            policy_version=manifest.version,
            task_id=-1 if observation.assignment is None else observation.assignment.task_id,
            observation_id=observation.observation_id,
            observation_stamp_ns=observation.stamp_ns,
            issued_ns=issued_ns,
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

    def _first_state(self) -> PolicyState:
        manifest = self._bay.active.manifest
        return PolicyState(
            stamp_ns=0,
            active=manifest.name,
            active_version=manifest.version,
            candidate="",
            previous="",
            entries=self._bay.entries(),
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


def _no_answer(reason: str) -> Proposal:
    return Proposal(status=PolicyStatus.FAILED, phase="failed", confidence=0.0, signals=(), reason=reason)
