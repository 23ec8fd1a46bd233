"""Where a loaded policy runs: in this process or in one of its own. Asking never waits; the answer is fetched."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from runtime.messages.tasks import Assignment
from runtime.mistakes import presentable
from runtime.ports import Observation, Policy, Proposal, Remote
from runtime.system2.answers import checked

ANYHOW = (Exception, SystemExit, GeneratorExit)
"""What a plugin may raise, which then is its failure and nobody else's; Ctrl-C stays the person's."""


class Opening(Enum):
    """What a policy is told before it looks."""

    NONE = "none"
    BEGIN = "begin"
    RESUME = "resume"
    """Another policy has begun the task."""


@dataclass(frozen=True, slots=True)
class Question:
    """One look that a policy is asked to take."""

    number: int
    """The answer repeats it, so that a late one is never taken for that to a newer question."""

    observation: Observation
    opening: Opening = Opening.NONE


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question."""

    number: int
    proposal: Proposal | None
    trouble: str = ""
    """Why there is no proposal: what the policy raised, or what the check refused."""


@dataclass(frozen=True, slots=True)
class Collapse:
    """The policy is gone for good: its process died or had to be killed."""

    reason: str


class PolicyRunner(Protocol):
    """One loaded policy. Handed the time; belongs to one thread."""

    def ask(self, question: Question, now_ns: int) -> None:
        """Put a question; only when the last one was answered."""
        ...

    def poll(self, now_ns: int) -> Answer | Collapse | None:
        """The answer, once, when it is there."""
        ...

    def close(self) -> None:
        """Let the policy go, whatever it is doing; never waits."""
        ...

    def gone(self) -> bool:
        """Whether nothing is left of it after `close`."""
        ...

    def wait(self, timeout_s: float = 5.0) -> None:
        """For the very end, after `close`: wait until nothing is left of it."""
        ...

    @property
    def descriptor(self) -> int:
        """Becomes readable when there may be an answer; -1 where none comes by itself."""
        ...

    @property
    def pid(self) -> int:
        """Of its own process; 0 where it has none."""
        ...

    @property
    def memory_mib(self) -> float:
        """Resident, of its own process."""
        ...

    @property
    def obstacle(self) -> str:
        """Why it could not drive now, in words, as far as that shows unasked; empty when nothing speaks against it."""
        ...


@runtime_checkable
class Resuming(Protocol):
    """What a policy may offer beyond the port, to take over a task in the middle; without it the task begins anew."""

    def resume(self, assignment: Assignment) -> None:
        """Go on with what another policy has begun."""
        ...


class PolicyCaller:
    """Calls a policy, in whatever process; whatever goes wrong becomes words."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._begin_trouble = ""

    def answer(self, question: Question) -> Answer:
        """Tell what there is to tell, look once, and check what comes out."""
        try:
            self._open(question)
        except ANYHOW as trouble:
            self._begin_trouble = words_of(trouble)
        if self._begin_trouble:
            return Answer(question.number, None, self._begin_trouble)
        try:
            return Answer(question.number, checked(self._policy.infer(question.observation)))
        except ANYHOW as trouble:
            return Answer(question.number, None, words_of(trouble))

    def _open(self, question: Question) -> None:
        assignment = question.observation.assignment
        if question.opening is Opening.NONE or assignment is None:
            return
        self._begin_trouble = ""
        if question.opening is Opening.RESUME and isinstance(self._policy, Resuming):
            self._policy.resume(assignment)
        else:
            self._policy.begin(assignment)


class InlineRunner:
    """A policy in this process: it is called when it is asked, and has answered when it is polled."""

    descriptor = -1
    pid = 0
    memory_mib = 0.0

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._caller = PolicyCaller(policy)
        self._answer: Answer | None = None
        self._leaving: threading.Thread | None = None

    def ask(self, question: Question, now_ns: int) -> None:
        """See `PolicyRunner`; takes as long as the policy does."""
        del now_ns
        self._answer = self._caller.answer(question)

    def poll(self, now_ns: int) -> Answer | Collapse | None:
        """See `PolicyRunner`."""
        del now_ns
        answer, self._answer = self._answer, None
        return answer

    def close(self) -> None:
        """Close a policy that holds a connection in a thread, as that may take seconds; others hold nothing."""
        if isinstance(self._policy, Remote):
            self._leaving = threading.Thread(target=self._policy.close, name="policy that leaves", daemon=True)
            self._leaving.start()

    def gone(self) -> bool:
        """See `PolicyRunner`."""
        return self._leaving is None or not self._leaving.is_alive()

    def wait(self, timeout_s: float = 5.0) -> None:
        """See `PolicyRunner`."""
        if self._leaving is not None:
            self._leaving.join(timeout_s)

    @property
    def obstacle(self) -> str:
        """See `PolicyRunner`: how a policy that holds a connection stands."""
        if not isinstance(self._policy, Remote):
            return ""
        try:
            return self._policy.await_ready(0.0)
        except ANYHOW as trouble:
            return words_of(trouble)


def said_by(trouble: BaseException) -> str:
    """What was raised, in its own words; also of one that fails to say them."""
    try:
        return presentable(str(trouble))
    except Exception:  # noqa: BLE001 - a plugin's exception may fail in any way, too
        return "it cannot be told"


def words_of(trouble: BaseException) -> str:
    """The same with the name of its kind in front."""
    return f"{type(trouble).__name__}: {said_by(trouble)}"
