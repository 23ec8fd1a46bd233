"""The policy without one of its parts still is a policy, and is really without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from plugins.flow_vla.ablation.attending import SIZE, STATE, attended
from plugins.flow_vla.model import Build, FlowVla, load_card, load_model, save_model
from plugins.flow_vla.policy import MODEL, FlowVlaPolicy
from plugins.flow_vla.ready import ready
from plugins.flow_vla.slots import asked_for
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.ports import Proposal
from tests.support.policy_servers import CELL, observation

WITHOUT = (
    Build(wrist=False),
    Build(regression=True),
    Build(relative=False),
    Build(grounded=False),
)


def rebuilt(build: Build) -> FlowVla:
    """Shipped eyes and reader, a head that has learned nothing."""
    shipped = load_model(MODEL)
    torch.manual_seed(1)
    model = FlowVla(build)
    model.reader, model.grounding = shipped.reader, shipped.grounding
    return model.eval()


def answers(build: Build, looks: int = 3) -> list[Proposal]:
    policy = FlowVlaPolicy(CELL, ready(rebuilt(build)))
    policy.begin(Assignment(7, 1, "put the red cube in the left tote"))
    return [policy.infer(observation(number + 1)) for number in range(looks)]


@pytest.mark.parametrize("build", WITHOUT, ids=str)
def test_a_build_is_kept_with_the_weights(build: Build, tmp_path: Path) -> None:
    save_model(rebuilt(build), tmp_path, version="0", facts={})
    assert load_card(tmp_path).build == build
    assert load_model(tmp_path).build == build


@pytest.mark.parametrize("build", WITHOUT, ids=str)
def test_every_build_answers_with_finite_chunks(build: Build) -> None:
    for proposal in answers(build):
        assert np.isfinite([pose.position_m for pose in proposal.gripper_in_base]).all()


def test_without_the_wrist_camera_nothing_is_seen_through_it() -> None:
    assert {heat.camera for heat in answers(Build())[0].heat} == {"overhead", "wrist"}
    assert {heat.camera for heat in answers(Build(wrist=False))[0].heat} == {"overhead"}


def test_without_grounding_the_head_acts_at_the_first_look_and_believes_in_no_place() -> None:
    first = answers(Build(grounded=False), looks=1)[0]
    assert first.status is PolicyStatus.WORKING
    assert first.signals
    assert first.targets == ()


def test_attention_depends_on_picture_and_sentence_and_the_loss_of_actions_reaches_the_eyes() -> None:
    model = rebuilt(Build(grounded=False))
    pictures = {camera: torch.rand(2, 3, 128, 128) for camera in ("overhead", "wrist")}
    red, blue = (torch.from_numpy(asked_for(colour, "cube"))[None].expand(2, -1) for colour in ("red", "blue"))
    state = torch.zeros(2, STATE)
    conditions = attended(model.grounding, pictures, red, state)
    assert conditions.shape == (2, SIZE)
    assert not torch.allclose(conditions[0], conditions[1])
    assert not torch.allclose(conditions, attended(model.grounding, pictures, blue, state))
    model.head.loss(conditions, torch.zeros(2, 40), torch.ones(2)).backward()
    stem = next(model.grounding.overhead.parameters())
    assert stem.grad is not None
    assert stem.grad.abs().max() > 0.0
