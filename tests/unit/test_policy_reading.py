"""A policy that stands in: it reads for itself, and where it cannot it does what the other one has read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugins.programmed.policy import ProgrammedPolicy, programmed
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.ports import Observation
from tests.support.policy_servers import CELL, observation


@pytest.fixture(scope="module")
def policy() -> ProgrammedPolicy:
    return programmed(CELL)


def seen(assignment: Assignment) -> Observation:
    return replace(observation(1), assignment=assignment)


@pytest.mark.parametrize(
    ("instruction", "reading", "status", "reason"),
    [
        ("golden over there", "put the red cube in the left tote", PolicyStatus.WORKING, ""),
        ("golden over there", "", PolicyStatus.DECLINED, "no tote is named"),
        ("golden over there", "put the leftmost cube in the left tote", PolicyStatus.WORKING, ""),
        ("the leftmost cube to the right", "put the red cube in the right tote", PolicyStatus.WORKING, ""),
        ("the leftmost cube to the right", "put the leftmost cube in the right tote", PolicyStatus.WORKING, ""),
        ("the leftmost cube to the right", "", PolicyStatus.DECLINED, "name its colour and shape"),
        ("put the red cube in the left tote", "put the green cube in the right tote", PolicyStatus.WORKING, ""),
    ],
)
def test_its_own_reading_comes_first(
    policy: ProgrammedPolicy, instruction: str, reading: str, status: PolicyStatus, reason: str
) -> None:
    assignment = Assignment(1, 1, instruction, reading)
    policy.resume(assignment)
    proposal = policy.infer(seen(assignment))
    assert proposal.status is status
    assert reason in proposal.reason
    assert bool(proposal.reason) is (status is PolicyStatus.DECLINED)
