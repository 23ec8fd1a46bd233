"""What counts as a policy that cannot go on with its task: one rule each, with measured value and limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.state import ControlState, PlanExecution
from runtime.supervision.telemetry import active_entry

ILL_FORMED_LIMIT = 2
"""Answers in a row that were none; one alone is bridged by the chunk before it."""

REFUSED_LIMIT = 5
"""Chunks in a row that the guard refused: half a second at 10 Hz, while the last good chunk still runs."""

UNSURE_LIMIT_S = 1.0
SLOW_SHARE = 0.5
"""Of an attempt's time limit: the other half is for the policy that stands in."""

OBSTACLE_LIMIT_S = 2.0
"""A server that is away for a moment is waited for."""


class Rule(Enum):
    """Why a policy cannot go on."""

    QUARANTINED = "quarantined"
    OUT_OF_REACH = "out of reach"
    LATE = "late"
    SILENT = "silent"
    ILL_FORMED = "ill-formed"
    REFUSED = "refused by the guard"
    UNSURE = "unsure"
    DECLINED = "declined"
    FAILED = "failed"
    MISSED = "missed"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Cause:
    """One rule that holds, with its evidence."""

    rule: Rule
    words: str
    """What was measured against which limit, or the policy's own reason."""

    def __str__(self) -> str:
        return f"{self.rule.value}: {self.words}" if self.words else self.rule.value


@dataclass(frozen=True, slots=True)
class View:
    """What the rules look at."""

    policy: PolicyState
    control: ControlState
    task_id: int | None
    """Of the task that it works on; None where it works on none, so that only its being there counts."""

    refused_in_row: int
    unsure_s: float
    obstacle_s: float
    """For how long it has said itself that it cannot drive."""

    driven_s: float = 0.0
    """For how long this attempt of the task has been driven."""

    time_limit_s: float = math.inf
    """Of this attempt."""

    missed: str = ""
    """Why the attempt before came to nothing, as the task desk has it; empty where there was none that counts."""


def cause_of(view: View) -> Cause | None:
    """The first rule that holds; None while the policy may go on."""
    cause = _quarantined(view) or _out_of_reach(view)
    if cause is not None or view.task_id is None:
        return cause
    for look in (_late, _ill_formed, _refused, _unsure, _said_so, _missed, _slow):
        if (cause := look(view)) is not None:
            return cause
    return None


def is_unsure(policy: PolicyState) -> bool:
    """Whether it works on a task with less confidence than its own limit; one without a limit never does."""
    return policy.task_id >= 0 and policy.status is PolicyStatus.WORKING and policy.confidence < policy.confidence_limit


def _quarantined(view: View) -> Cause | None:
    entry = active_entry(view.policy)
    return Cause(Rule.QUARANTINED, entry.obstacle) if entry is not None and entry.obstacle else None


def _out_of_reach(view: View) -> Cause | None:
    if not view.policy.obstacle or view.obstacle_s < OBSTACLE_LIMIT_S:
        return None
    return Cause(Rule.OUT_OF_REACH, f"{view.policy.obstacle}, for {view.obstacle_s:.1f} s")


def _late(view: View) -> Cause | None:
    policy, execution = view.policy, view.control.execution
    took = f"inference {policy.inference_s:.2f} s, deadline {policy.deadline_s:.2f} s"
    if execution is PlanExecution.HOLDING and policy.inference_s > policy.deadline_s:
        return Cause(Rule.LATE, f"its last chunk has run out; {took}")
    if execution is PlanExecution.SILENT:
        return Cause(Rule.SILENT, f"no usable chunk for 1 s; {took}")
    return None


def _ill_formed(view: View) -> Cause | None:
    policy = view.policy
    if policy.failures < ILL_FORMED_LIMIT:
        return None
    return Cause(Rule.ILL_FORMED, f"{policy.failures} answers in a row, limit {ILL_FORMED_LIMIT}; {policy.reason}")


def _refused(view: View) -> Cause | None:
    if view.refused_in_row < REFUSED_LIMIT:
        return None
    return Cause(Rule.REFUSED, f"{view.refused_in_row} chunks in a row, limit {REFUSED_LIMIT}")


def _unsure(view: View) -> Cause | None:
    policy = view.policy
    if view.unsure_s < UNSURE_LIMIT_S:
        return None
    words = f"confidence {policy.confidence:.2f}, limit {policy.confidence_limit:.2f}, for {view.unsure_s:.1f} s"
    return Cause(Rule.UNSURE, words)


def _said_so(view: View) -> Cause | None:
    policy = view.policy
    if policy.task_id != view.task_id or policy.failures:
        return None
    if policy.status is PolicyStatus.DECLINED:
        return Cause(Rule.DECLINED, policy.reason)
    return Cause(Rule.FAILED, policy.reason) if policy.status is PolicyStatus.FAILED else None


def _missed(view: View) -> Cause | None:
    return Cause(Rule.MISSED, f"the attempt before failed: {view.missed}") if view.missed else None


def _slow(view: View) -> Cause | None:
    allowed_s = SLOW_SHARE * view.time_limit_s
    if view.driven_s < allowed_s:
        return None
    return Cause(Rule.SLOW, f"not done after {view.driven_s:.0f} s, limit {allowed_s:.0f} s")
