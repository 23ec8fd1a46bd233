"""The policy without one of its parts still is a policy, and is really without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from plugins.flow_vla.ablation.attending import SIZE, STATE, attended
from plugins.flow_vla.ablation.attending_mind import AttendingMind
from plugins.flow_vla.model import Build, FlowVla, load_card, load_model, save_model
from plugins.flow_vla.policy import MODEL, FlowVlaPolicy
from plugins.flow_vla.ready import ready
from plugins.flow_vla.slots import asked_for
from plugins.flow_vla.training import attending
from plugins.flow_vla.training.attending import Frames
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.picking.funnel import HandState
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


def test_the_head_learns_from_what_attention_shows_it_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    model = rebuilt(Build(grounded=False))
    seen = observation(1)
    mind = AttendingMind(CELL, ready(model), "put the red cube in the left tote")
    hand = HandState(0.4, 0.0, 0.3, 0.0)
    asked, state = mind.words_and_state(seen, hand)
    pictures = {camera: seen.views[camera].picture.image[None] for camera in ("overhead", "wrist")}
    one = Frames(pictures, asked[None], state[None], np.zeros((1, 40), np.float32), np.zeros(1, np.float32))
    monkeypatch.setattr(attending, "_lessons", lambda *_, **__: iter([one, one]))
    examples = attending.attending_examples(model, CELL, [], progress=lambda done, total: None)
    at_work = AttendingMind(CELL, ready(model), "put the red cube in the left tote").think(seen, hand).condition
    assert len(examples) == 2
    assert at_work is not None
    np.testing.assert_allclose(examples.conditions[1], at_work, rtol=1e-5, atol=1e-5)


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
