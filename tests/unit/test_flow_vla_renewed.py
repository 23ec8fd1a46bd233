"""A server's next client gets a learned policy that has seen nothing yet, without loading weights again."""

from __future__ import annotations

import pytest

from plugins.flow_vla import policy as policy_module
from plugins.flow_vla.policy import FlowVlaPolicy, flow_vla
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.ports import Heavy, Proposal
from tests.support.policy_servers import CELL, observation


def answers(policy: FlowVlaPolicy, *, from_number: int) -> list[Proposal]:
    policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
    return [policy.infer(observation(number)) for number in range(from_number, from_number + 3)]


def test_a_renewed_policy_answers_as_one_that_was_just_built(monkeypatch: pytest.MonkeyPatch) -> None:
    used, fresh = flow_vla(CELL), flow_vla(CELL)
    assert isinstance(used, Heavy)
    answers(used, from_number=1)
    monkeypatch.setattr(policy_module, "load_ready", None)
    renewed = used.renewed()
    assert renewed.infer(observation(4)).status is PolicyStatus.WAITING
    fresh.infer(observation(4))
    assert answers(renewed, from_number=5) == answers(fresh, from_number=5)
