"""The programmed pick, spoilt after its first looks at a task."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plugins.programmed.policy import programmed
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.ports import Observation, Policy, Proposal

GOOD_LOOKS = 12
"""With a task: a little more than a second."""

LIMIT = 0.3
Spoil = Callable[[Proposal], Any]


class Misbehaving:
    """Asks the programmed policy, and spoils its answer from the thirteenth look at a task on."""

    def __init__(self, cell: CellDescription, spoil: Spoil, *, good_looks: int = GOOD_LOOKS) -> None:
        self._policy = programmed(cell)
        self._spoil = spoil
        self._good_looks = good_looks
        self._looks = 0

    def begin(self, assignment: Assignment) -> None:
        """A new task: good again for a while."""
        self._looks = 0
        self._policy.begin(assignment)

    def resume(self, assignment: Assignment) -> None:
        """The same, in the middle."""
        self._looks = 0
        self._policy.resume(assignment)

    def infer(self, observation: Observation) -> Any:  # whatever the spoiler makes of it
        """Good, then spoilt."""
        proposal = self._policy.infer(observation)
        proposal = replace(proposal, confidence=0.9, confidence_limit=LIMIT)
        if observation.assignment is None:
            return proposal
        self._looks += 1
        return proposal if self._looks <= self._good_looks else self._spoil(proposal)


def _crash(proposal: Proposal) -> Proposal:
    os.kill(os.getpid(), signal.SIGSEGV)
    return proposal


def _leave(proposal: Proposal) -> Proposal:
    os.closerange(3, 1000)
    time.sleep(0.2)
    os._exit(7)


def _hang(proposal: Proposal) -> Proposal:
    time.sleep(3600.0)
    return proposal


def _slow(proposal: Proposal) -> Proposal:
    time.sleep(1.2)
    return proposal


def _nan(proposal: Proposal) -> Proposal:
    nowhere = Pose((float("nan"), 0.0, 0.3))
    return replace(proposal, gripper_in_base=(nowhere,) * len(proposal.gripper_in_base))


def _below(proposal: Proposal) -> Proposal:
    table = Pose((0.4, 0.0, -0.3))
    return replace(proposal, gripper_in_base=(table,) * len(proposal.gripper_in_base))


def _declined(proposal: Proposal) -> Proposal:
    return Proposal(
        PolicyStatus.DECLINED, "declined", 0.1, (), reason="nothing here is called that", confidence_limit=LIMIT
    )


def _puzzled(proposal: Proposal) -> Proposal:
    return replace(_declined(proposal), reading="put the yellow cylinder in the left tote")


def _refused(proposal: Proposal) -> Proposal:
    return replace(_declined(proposal), unanswerable=True)


def _given_up(proposal: Proposal) -> Proposal:
    return Proposal(PolicyStatus.FAILED, "failed", 0.1, (), reason="missed it", confidence_limit=LIMIT)


def steady(cell: CellDescription) -> Policy:
    return Misbehaving(cell, lambda proposal: proposal)


def crashing(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _crash)


def leaving(cell: CellDescription) -> Policy:
    """Lets everything go first, and takes its time to die."""
    return Misbehaving(cell, _leave)


def hanging(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _hang)


def leaking(cell: CellDescription) -> Policy:
    kept: list[bytearray] = []

    def leak(proposal: Proposal) -> Proposal:
        kept.append(bytearray(b"\1" * (60 << 20)))
        return proposal

    return Misbehaving(cell, leak)


def rubbish(cell: CellDescription) -> Policy:
    return Misbehaving(cell, lambda proposal: "a little more to the left")


def below(cell: CellDescription) -> Policy:
    """Through the table."""
    return Misbehaving(cell, _below)


def nan(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _nan)


def slow(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _slow)


def unsure(cell: CellDescription) -> Policy:
    return Misbehaving(cell, lambda proposal: replace(proposal, confidence=0.1))


def declining(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _declined)


def puzzled(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _puzzled, good_looks=0)


def refusing(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _refused, good_looks=0)


def giving_up(cell: CellDescription) -> Policy:
    return Misbehaving(cell, _given_up)


def absent(cell: CellDescription) -> Policy:
    raise OSError("its weights are not there")


def stillborn(cell: CellDescription) -> Policy:
    os._exit(7)
