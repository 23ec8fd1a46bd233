"""Which buttons about policies can be pressed, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runtime.messages.policy import PolicyEntry, PolicyState, Readiness, ShadowState
from runtime.messages.requests import SwapPolicy
from runtime.supervision.policy_requests import policy_refusal
from tests.support.supervised import MadeUpCell
from twin_app.model.policy_wishes import first_choice, policy_wishes

ENTRIES = (
    PolicyEntry("learned", "1.2", "learned", Readiness.ACTIVE),
    PolicyEntry("stock", "1.0", "stock", Readiness.READY),
)


def standing_in(readiness: Readiness = Readiness.READY, *, took_s: float = 0.02) -> PolicyState:
    """`stock` stands in for `learned`, which answers in shadow."""
    state = MadeUpCell(active="stock").policy()
    shadow = ShadowState("learned", "1.2", readiness, inference_s=took_s)
    return replace(
        state,
        entries=ENTRIES,
        fallback="stock",
        stands_in_for="learned",
        shadow=shadow,
        deadline_s=0.1,
        inference_s=0.0,
    )


def test_the_policy_that_drives_cannot_be_its_own_fallback() -> None:
    state = replace(MadeUpCell(active="learned").policy(), entries=ENTRIES, fallback="")
    own = policy_wishes(state, "learned", commandable=True).fallback
    assert not own.possible
    assert own.hint == "learned drives: choose another one to stand in for it"
    assert policy_wishes(state, "stock", commandable=True).fallback.possible


def test_a_policy_that_is_being_loaded_cannot_be_returned_to_yet() -> None:
    offer = policy_wishes(standing_in(Readiness.LOADING), "", commandable=True).come_back
    assert (offer.possible, offer.hint) == (False, "learned is loading")


def test_what_stands_in_can_be_made_the_policy_that_drives() -> None:
    state = standing_in()
    offer = policy_wishes(state, "stock", commandable=True).swap
    assert (offer.words, offer.possible) == ("Swap to stock", True)
    assert offer.hint == "stock stands in now; it becomes the policy that drives, in place of learned"
    assert policy_refusal(SwapPolicy("stock"), state) == ""
    without = replace(state, stands_in_for="", active="stock")
    assert not policy_wishes(without, "stock", commandable=True).swap.possible
    assert policy_refusal(SwapPolicy("stock"), without)


def test_before_a_return_to_a_slow_policy_it_is_told_how_slow() -> None:
    assert policy_wishes(standing_in(), "", commandable=True).come_back.hint == "learned drives again, at once"
    offer = policy_wishes(standing_in(took_s=5.0), "", commandable=True).come_back
    assert offer.possible
    assert offer.hint == "learned drives again, at once; it answers in 5.0 s, its limit is 0.1 s"


def test_the_row_to_begin_with_is_one_that_is_here_and_could_take_over() -> None:
    entries = (
        PolicyEntry("flow_vla", "0.6", "", Readiness.ACTIVE),
        PolicyEntry("groot", "1.0", "", Readiness.AVAILABLE, served=True),
        PolicyEntry("broken", "1.0", "", Readiness.REFUSED, "its weights are missing"),
        PolicyEntry("programmed", "1.0", "", Readiness.AVAILABLE),
    )
    state = replace(MadeUpCell(active="flow_vla").policy(), entries=entries)
    assert first_choice(state) == "programmed"
    assert first_choice(replace(state, entries=entries[:3])) == "groot"
    assert first_choice(replace(state, candidate="groot")) == "groot"
    assert first_choice(replace(state, entries=())) == ""


ROLES = [
    {"candidate": "stock", "previous": "stock"},
    {"shadow": ShadowState("stock", "1.0", Readiness.LOADING)},
    {"shadow": ShadowState("stock", "1.0", Readiness.REFUSED, "its weights are missing")},
    {"shadow": ShadowState("stock", "1.0", Readiness.READY), "candidate": "stock"},
    {"fallback": "stock", "stands_in_for": "learned", "active": "stock"},
    {},
]


@pytest.mark.parametrize("roles", ROLES)
@pytest.mark.parametrize("chosen", ["", "learned", "stock", "broken"])
@pytest.mark.parametrize("commandable", [True, False])
def test_every_button_says_what_it_does_or_why_it_cannot_be_used(
    roles: dict[str, Any], chosen: str, *, commandable: bool
) -> None:
    broken = PolicyEntry("broken", "1.0", "", Readiness.REFUSED, "its weights are missing")
    state = replace(MadeUpCell(active="learned").policy(), **{"entries": (*ENTRIES, broken), "fallback": "", **roles})
    wishes = policy_wishes(state, chosen, commandable=commandable)
    for offer in (wishes.swap, wishes.back, wishes.shadow, wishes.promote, wishes.fallback, wishes.come_back):
        assert offer.hint or not offer.shown, offer


@pytest.mark.parametrize(
    ("roles", "back", "promote"),
    [
        ({}, "There was no swap that could be undone", "No policy runs in shadow"),
        (ROLES[0], "stock is being prepared: wait until it has taken over", "No policy runs in shadow"),
        (ROLES[2], "There was no swap that could be undone", "stock is refused: its weights are missing"),
    ],
)
def test_a_button_that_cannot_be_used_says_why_and_not_what_it_would_do(
    roles: dict[str, Any], back: str, promote: str
) -> None:
    state = replace(MadeUpCell(active="learned").policy(), entries=ENTRIES, **roles)
    wishes = policy_wishes(state, "learned", commandable=True)
    assert (wishes.back.hint, wishes.promote.hint) == (back, promote)
    assert wishes.swap.hint == "learned drives already: choose another one"
    assert not any(offer.possible for offer in (wishes.back, wishes.promote, wishes.swap))
