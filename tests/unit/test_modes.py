"""The mode table, enumerated: every mode with every event, and what no sequence of events can do."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messages.state import Mode
from runtime.modes import (
    LATCHED_MODES,
    MOTION_MODES,
    POLICY_MODES,
    ModeEvent,
    Refusal,
    event_named,
    may_move,
    owner_of,
    transition,
)

# one row a mode, one column an event; "." is refused. Written out apart from the program's own table.
EXPECTED = """
                START PAUSE STOP  RESET FAULT CLEAR_FAULT POLICY_FAULT FALLBACK_READY POLICY_BACK ASSIST_ASKED TAKE   GIVE_BACK
IDLE            AUTO  IDLE  PS    .     FAULT .           .            .              .           ASSIST       MANUAL .
AUTO            .     IDLE  PS    .     FAULT .           ASSIST       FALLBACK       .           ASSIST       MANUAL .
FALLBACK        .     IDLE  PS    .     FAULT .           ASSIST       .              AUTO        ASSIST       MANUAL .
ASSIST          AUTO  IDLE  PS    .     FAULT .           .            .              .           ASSIST       MANUAL .
MANUAL          .     IDLE  PS    .     FAULT .           .            .              .           .            .      IDLE
PROTECTIVE_STOP .     .     PS    IDLE  FAULT .           .            .              .           .            .      .
FAULT           .     .     FAULT .     FAULT PS          .            .              .           .            .      .
"""  # noqa: E501 - a table
PERSONS_EVENTS = {ModeEvent.START, ModeEvent.TAKE}


def _expected() -> dict[tuple[Mode, ModeEvent], Mode | None]:
    header, *rows = [line.split() for line in EXPECTED.strip().splitlines()]
    return {
        (Mode[row[0]], ModeEvent[event]): None if cell == "." else Mode["PROTECTIVE_STOP" if cell == "PS" else cell]
        for row in rows
        for event, cell in zip(header, row[1:], strict=True)
    }


def test_expected_table_names_every_mode_and_every_event() -> None:
    assert set(_expected()) == set(product(Mode, ModeEvent))


@pytest.mark.parametrize(("mode", "event"), list(product(Mode, ModeEvent)), ids=lambda part: part.name)
def test_every_pair_of_mode_and_event_gives_what_the_table_says(mode: Mode, event: ModeEvent) -> None:
    following = transition(mode, event)
    expected = _expected()[mode, event]
    if expected is None:
        assert isinstance(following, Refusal)
        assert (following.mode, following.event) == (mode, event)
        assert following.reason
    else:
        assert following is expected


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("event", [ModeEvent.STOP, ModeEvent.FAULT])
def test_stop_and_fault_latch_in_one_step_from_every_mode(mode: Mode, event: ModeEvent) -> None:
    assert transition(mode, event) in LATCHED_MODES


@pytest.mark.parametrize("mode", Mode)
def test_a_reset_never_leads_to_motion(mode: Mode) -> None:
    assert transition(mode, ModeEvent.RESET) not in MOTION_MODES


@pytest.mark.parametrize(
    ("mode", "event"), list(product(sorted(LATCHED_MODES, key=str), ModeEvent)), ids=lambda part: part.name
)
def test_no_single_event_leads_from_a_latched_stop_to_motion(mode: Mode, event: ModeEvent) -> None:
    assert transition(mode, event) not in MOTION_MODES


@pytest.mark.parametrize(("mode", "event"), list(product(Mode, ModeEvent)), ids=lambda part: part.name)
def test_only_a_person_brings_a_resting_cell_into_motion(mode: Mode, event: ModeEvent) -> None:
    if not may_move(mode) and transition(mode, event) in MOTION_MODES:
        assert event in PERSONS_EVENTS


@pytest.mark.parametrize("mode", Mode)
def test_a_fault_is_left_only_by_clearing_it(mode: Mode) -> None:
    leaving = (
        {event for event in ModeEvent if transition(Mode.FAULT, event) is mode} if mode is not Mode.FAULT else set()
    )
    assert leaving <= {ModeEvent.CLEAR_FAULT}


def test_every_mode_is_reached_from_idle_and_idle_from_every_mode() -> None:
    for start in Mode:
        reached = {start}
        while True:
            further = {
                after for mode in reached for event in ModeEvent if isinstance(after := transition(mode, event), Mode)
            }
            if further <= reached:
                break
            reached |= further
        assert reached == set(Mode)


@given(st.lists(st.sampled_from(ModeEvent), max_size=40))
def test_after_a_stop_nothing_moves_before_a_reset_and_then_a_person(events: list[ModeEvent]) -> None:
    mode: Mode = Mode.PROTECTIVE_STOP
    was_reset = by_person = False
    for event in events:
        following = transition(mode, event)
        if isinstance(following, Refusal):
            continue
        if event in (ModeEvent.STOP, ModeEvent.FAULT):
            was_reset = by_person = False
        was_reset |= event is ModeEvent.RESET
        by_person |= was_reset and event in PERSONS_EVENTS
        mode = following
        assert not may_move(mode) or (was_reset and by_person)


@pytest.mark.parametrize("mode", Mode)
def test_somebody_owns_the_arm_exactly_when_it_may_move(mode: Mode) -> None:
    assert (owner_of(mode) != "nobody") is may_move(mode)
    assert (owner_of(mode) in ("policy", "fallback")) is (mode in POLICY_MODES)


@pytest.mark.parametrize("event", ModeEvent)
def test_an_event_is_found_by_name_and_by_value(event: ModeEvent) -> None:
    assert event_named(event.name) is event
    assert event_named(event.value) is event


def test_an_unknown_event_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'GO' is unknown; known are START"):
        event_named("GO")
