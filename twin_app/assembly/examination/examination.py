"""One examination: a fresh cell of this seed, one instruction, thirty seconds, one verdict."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from runtime.messages.cell import CellDescription
from runtime.messages.requests import AddTask
from runtime.messages.tasks import Assignment, TaskStatus
from runtime.mistakes import UserMistake, presentable
from runtime.plugin_host import Registry
from runtime.ports import Observation, Policy, Proposal
from runtime.system2.answers import checked
from sim_worlds.judge import Outcome
from twin_app.assembly.examination.paper import Question, draw_question
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup, read_scene

TIME_LIMIT_S = 30.0
VERIFY_S = 5.0
"""Beyond the limit, which counts the driving: the task is looked at before and after it."""

HELD_N = 4.0


class Result(msgspec.Struct, frozen=True):
    """What became of one seed."""

    seed: int
    instruction: str
    part: str
    """Empty: it would have been right to decline."""

    verdict: str
    """As in `_verdict`."""

    reason: str
    duration_s: float
    confidences: tuple[float, ...] = ()
    """Of every look at work."""

    limit: float = 0.0
    vectors: tuple[tuple[float, ...], ...] = ()
    """The signals behind them."""

    latencies_s: tuple[float, ...] = ()
    fallback_used: bool = False
    """Whether another policy drove at any time."""

    story: tuple[str, ...] = ()
    """What the timeline tells of the policies."""


@dataclass(slots=True)
class Watched:
    """A policy that is looked over the shoulder.

    Alone it is `unhindered`: its limit is kept from the cell, which would hold and ask a person who is not there. So
    a run ends as the policy ends it, and how sure it was can be compared with that.
    """

    policy: Policy
    unhindered: bool = False
    proposals: list[Proposal] = field(default_factory=list[Proposal])
    latencies_s: list[float] = field(default_factory=list[float])
    gripped: bool = False
    """Whether it ever had something between its fingers."""

    holding: bool = False
    """Whether it had at its newest look."""

    trouble: str = ""
    """What it raised first, or what was wrong with its answer."""

    def begin(self, assignment: Assignment) -> None:
        """See `Policy`."""
        with self._noted():
            self.policy.begin(assignment)

    def infer(self, observation: Observation) -> Proposal:
        """See `Policy`."""
        began_s = time.perf_counter()
        with self._noted():
            proposal = checked(self.policy.infer(observation))
        if observation.assignment is not None:
            self.latencies_s.append(time.perf_counter() - began_s)
            self.proposals.append(proposal)
            self.holding = observation.gripper_force_n >= HELD_N
            self.gripped = self.gripped or self.holding
        return replace(proposal, confidence_limit=0.0) if self.unhindered else proposal

    @contextmanager
    def _noted(self) -> Generator[None]:
        try:
            yield
        except Exception as trouble:
            self.trouble = self.trouble or f"{type(trouble).__name__}: {trouble}"
            raise


class WatchedRegistry(Registry):
    """The plugins, with one policy watched."""

    def __init__(self, inner: Registry, policy: Policy, name: str, *, unhindered: bool = False) -> None:
        super().__init__(())
        self._policies = {manifest.name: manifest for manifest in inner.policies()}
        self._inner = inner
        self._name = name
        self.watched = Watched(policy, unhindered)

    def load_policy(self, name: str, cell: CellDescription, *, model: Path | None = None) -> Policy:
        """The watched one under its name; the others as they are."""
        return self.watched if name == self._name else self._inner.load_policy(name, cell, model=model)


def examine(setup: CellSetup, *, suite: str, policy: Policy, registry: Registry) -> Result:
    """Run one seed. `policy` is the one that `setup` names; it is used again for the next seed."""
    watched = WatchedRegistry(registry, policy, setup.policy, unhindered=not setup.fallback)
    cell = LockStepCell(setup, registry=watched)
    try:
        layout = read_scene(setup).scene.place(setup.seed, 0)
        question = draw_question(cell.description, layout, suite=suite, seed=setup.seed)
        return _examined(cell, question, watched.watched, seed=setup.seed)
    finally:
        cell.close()


def _examined(cell: LockStepCell, question: Question, watched: Watched, *, seed: int) -> Result:
    cell.start()
    cell.judge.begin(part=question.part, tote=question.tote)
    began_ns = cell.loop.now_ns
    retries = int(bool(cell.setup.fallback))
    receipt = cell.ask(AddTask(question.instruction, time_limit_s=TIME_LIMIT_S, retries=retries))
    reason, status = "", None
    try:
        task = cell.run_to_end(int(receipt.detail))
        reason, status = task.reason, task.status
    except UserMistake as stuck:
        reason = stuck.what
    working = [one for one in watched.proposals if one.signals]
    duration_s = (cell.loop.now_ns - began_ns) * 1e-9
    late = duration_s > TIME_LIMIT_S + VERIFY_S
    verdict = _verdict(cell.judge.outcome(), question, status, watched, late=late)
    return Result(
        seed=seed,
        instruction=question.instruction,
        part=question.part,
        verdict=verdict,
        reason=presentable(watched.trouble) if verdict == "failed" else reason,
        duration_s=duration_s,
        confidences=tuple(one.confidence for one in working),
        limit=max((one.confidence_limit for one in working), default=0.0),
        vectors=tuple(tuple(signal.value for signal in one.signals) for one in working),
        latencies_s=tuple(watched.latencies_s),
        fallback_used=cell.oversight.fallback.used > 0,
        story=tuple(event.text for event in cell.loop.events if event.lane == "policy" and event.stamp_ns >= began_ns),
    )


def _verdict(outcome: Outcome, question: Question, status: TaskStatus | None, watched: Watched, *, late: bool) -> str:
    """The worst that can be said, but for one that is done in time.

    wrong_part: something lies elsewhere that was not asked for; declined; failed: the policy raised or answered
    nonsense; timeout: it never had anything between its fingers, or was done too late; missed_grasp: it had, and yet
    the part does not lie where it should, or is in the hand still.
    """
    if outcome.wrong_part or outcome.wrong_tote or (outcome.moved and not question.part):
        return "wrong_part"
    if outcome.succeeded and question.part and (status is TaskStatus.SUCCEEDED or not watched.holding):
        return "timeout" if late else "succeeded"
    if status is TaskStatus.DECLINED:
        return "declined"
    if watched.trouble:
        return "failed"
    return "missed_grasp" if watched.gripped else "timeout"
