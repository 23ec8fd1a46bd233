"""Questions to one loaded policy, one at a time: how long it takes, what came of it, how often it failed in a row."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.plugin_host import PolicyManifest
from runtime.ports import Clock, Observation, PolicySeam, Proposal
from runtime.system2.runner import Answer, Collapse, Opening, PolicyRunner, Question

FAILURES_MAX = 3
"""A policy that raises so often in a row is quarantined and called no more."""

TaskKey = tuple[int, int]
"""Number and attempt."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a policy has said to one observation."""

    observation: Observation
    proposal: Proposal
    asked_ns: int
    ends_ns: int
    """When it counts as said: an injected stall or a modelled latency may put that ahead of now."""


@dataclass(frozen=True, slots=True)
class _Pending:
    question: Question
    asked_ns: int
    began_ns: int
    stall_s: float
    seam: PolicySeam


class Conversation:
    """With one policy, wherever it runs. Reads no clock but the one that is handed in, and that only to measure."""

    def __init__(
        self, manifest: PolicyManifest, runner: PolicyRunner, *, clock: Clock | None, latency_s: float
    ) -> None:
        """`clock` measures what is computed in this process; without one every inference takes `latency_s`."""
        self._name = manifest.name
        self.runner = runner
        self._clock = clock
        self._latency_s = latency_s
        self._pending: _Pending | None = None
        self._count = 0
        self._asked_ns = 0
        self._ends_ns: int | None = None
        self._told_over = True
        self.begun: TaskKey | None = None
        """Task and attempt that it was told of last."""

        self.failures = 0
        self.obstacle = ""
        """Why it could not drive, as its newest answer says."""

        self.collapse = ""
        """Why it can be asked no more."""

    def busy(self, now_ns: int) -> bool:
        """Whether the newest question is still open: unanswered, or its answer not yet due."""
        return self._pending is not None or (self._ends_ns is not None and now_ns < self._ends_ns)

    def ask(self, observation: Observation, now_ns: int, *, opening: Opening, seam: PolicySeam) -> None:
        """Put a question. Not while it is busy."""
        self.begun = key_of(observation.assignment)
        self._count += 1
        stall_s = max(0.0, seam.stall_s(now_ns))
        question = Question(self._count, observation, opening)
        began_ns = now_ns if self._clock is None else self._clock.now_ns()
        self._pending = _Pending(question, now_ns, began_ns, stall_s, seam)
        self._asked_ns, self._ends_ns, self._told_over = now_ns, None, False
        self.runner.ask(question, now_ns)

    def poll(self, now_ns: int) -> Told | None:
        """What it has said, once. An answer to an older question is dropped; a collapse is kept in `collapse`."""
        while (news := self.runner.poll(now_ns)) is not None:
            if isinstance(news, Collapse):
                self.collapse, self._pending = news.reason, None
                return None
            if self._pending is not None and news.number == self._pending.question.number:
                return self._take(news, self._pending, now_ns)
        return None

    def over_s(self, now_ns: int) -> float | None:
        """How long the newest inference took, once, when it is over."""
        if self._told_over or self._ends_ns is None or now_ns < self._ends_ns:
            return None
        self._told_over = True
        return (self._ends_ns - self._asked_ns) * 1e-9

    def so_far_s(self, now_ns: int) -> float:
        """How long the one under way takes already; 0 when none is."""
        return (now_ns - self._asked_ns) * 1e-9 if self.busy(now_ns) else 0.0

    def _take(self, answer: Answer, pending: _Pending, now_ns: int) -> Told:
        self._pending = None
        took_s = self._took_s(pending, now_ns) + pending.stall_s
        self._ends_ns = pending.asked_ns + round(took_s * 1e9)
        if answer.proposal is None:
            self.failures += 1
            proposal = no_answer(f"policy {self._name} raised {answer.trouble}")
        else:
            self.failures = 0
            self.obstacle = answer.proposal.obstacle
            proposal = pending.seam.proposal(answer.proposal, pending.asked_ns)
        return Told(pending.question.observation, proposal, pending.asked_ns, self._ends_ns)

    def _took_s(self, pending: _Pending, now_ns: int) -> float:
        if self._clock is None:
            return self._latency_s
        if self.runner.pid:
            return max(0, now_ns - pending.asked_ns) * 1e-9
        return (self._clock.now_ns() - pending.began_ns) * 1e-9


def key_of(assignment: Assignment | None) -> TaskKey | None:
    """Task and attempt; None without a task."""
    return None if assignment is None else (assignment.task_id, assignment.attempt)


def no_answer(reason: str) -> Proposal:
    """What stands for the answer of a policy that gave none."""
    return Proposal(status=PolicyStatus.FAILED, phase="failed", confidence=0.0, signals=(), reason=reason)
