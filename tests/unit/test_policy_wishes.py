"""Which buttons about policies can be pressed, and what they say."""

from __future__ import annotations

from msgspec.structs import replace

from runtime.messages.policy import PolicyEntry, PolicyState, Readiness, ShadowState
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
