"""Old values, and values that mean nothing now, are not shown as the present."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import replace

from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.state import Mode
from tests.support.arms import seven_joint_arm
from tests.support.fake_cell import SECOND_NS, FakeCell
from tests.support.pick_cell import pick_cell
from twin_app.model.arrival import Arrival
from twin_app.model.freshness import confidence_now, control_now, policy_now, robot_now, targets_now
from twin_app.model.lanes import Lane, PolicyRow
from twin_app.model.legend import fitting, legend, more_words
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.trends import Trends
from twin_app.model.update import update

MS = 1_000_000


def heard(cell: FakeCell, *, begin_s: float, seconds: float) -> list[Arrival]:
    begin_ns = int(begin_s * SECOND_NS)
    stamps = range(begin_ns, begin_ns + int(seconds * SECOND_NS), 10 * MS)
    return [Arrival(topic, message, at, pixels) for at in stamps for topic, message, pixels in cell.messages(at)]


def a_cell(**settings: Any) -> FakeCell:
    return FakeCell(pick_cell(seven_joint_arm()), **settings)


def live(cell: FakeCell) -> ConsoleState:
    return update(ConsoleState(kind=SourceKind.LIVE), heard(cell, begin_s=1, seconds=2.0), now_ns=3 * SECOND_NS)


def policy_of(state: ConsoleState, **changes: Any) -> ConsoleState:
    assert state.policy is not None
    policy = replace(state.policy, **changes)
    return update(state, [Arrival("policy", policy, state.now_ns)], now_ns=state.now_ns)


@pytest.mark.parametrize(
    ("value", "limit_s"), [(policy_now, 1.5), (confidence_now, 1.5), (control_now, 0.5), (robot_now, 0.5)]
)
def test_a_value_whose_source_is_silent_is_no_longer_the_present(value: Any, limit_s: float) -> None:
    state = live(a_cell())
    assert value(state) is not None
    state = update(state, (), now_ns=int((3 + limit_s + 0.2) * SECOND_NS))
    assert value(state) is None


def test_a_planner_that_repeats_its_last_words_without_looking_counts_as_silent() -> None:
    state = live(a_cell())
    assert state.policy is not None
    last_words = state.policy
    for step in range(1, 20):
        now_ns = 3 * SECOND_NS + step * SECOND_NS // 10
        again = replace(last_words, stamp_ns=now_ns)
        state = update(state, [Arrival("policy", again, now_ns)], now_ns=now_ns)
    assert policy_now(state) is None


def test_before_the_first_inference_there_are_no_numbers() -> None:
    state = policy_of(live(a_cell()), inferences=0)
    assert policy_now(state) is None
    assert confidence_now(state) is None


def test_without_a_task_there_is_neither_confidence_nor_target_but_a_latency() -> None:
    state = live(a_cell(has_task=False))
    assert state.policy is not None
    assert state.policy.targets
    assert confidence_now(state) is None
    assert targets_now(state) == ()
    assert policy_now(state) is not None


@pytest.mark.parametrize("status", PolicyStatus)
def test_only_a_task_that_goes_on_has_a_target(status: PolicyStatus) -> None:
    state = policy_of(live(a_cell()), status=status)
    goes_on = status in (PolicyStatus.WAITING, PolicyStatus.WORKING)
    assert bool(targets_now(state)) is goes_on


def rows(*messages: PolicyState) -> list[list[float]]:
    reader = PolicyRow()
    return [reader(message) for message in messages]


def test_the_confidence_trend_has_a_gap_without_a_task_and_every_trend_one_without_inference() -> None:
    state = live(a_cell())
    assert state.policy is not None
    working = replace(state.policy, stamp_ns=SECOND_NS)
    idle = replace(working, task_id=-1, inferences=working.inferences + 1)
    stuck = replace(working, stamp_ns=4 * SECOND_NS, inferences=working.inferences + 1)
    first, second, third = rows(working, idle, stuck)
    assert first[0] == working.confidence
    assert math.isnan(second[0])
    assert second[1] == working.inference_s * 1e3
    assert math.isnan(third[0])
    assert math.isnan(third[1])


def filled() -> tuple[Trends, Lane]:
    trends = Trends()
    trends.feed(heard(a_cell(), begin_s=1, seconds=2.0))
    return trends, next(lane for lane in trends.lanes if lane.key == "temperature")


def test_a_legend_says_for_how_long_its_source_has_been_silent() -> None:
    trends, lane = filled()
    block = trends.blocks["robot"]
    assert len(legend(lane, block, 3 * SECOND_NS).items) == 7
    late = legend(lane, block, 6 * SECOND_NS)
    assert late.items == ()
    assert late.note == "silent for 3.0 s"
    assert legend(lane, None, SECOND_NS).note == "no data yet"
    assert legend(lane, block, SECOND_NS // 2).note == "nothing known then"


def test_a_legend_without_room_keeps_every_name_before_any_value_and_never_takes_more_than_there_is() -> None:
    trends, lane = filled()
    items = legend(lane, trends.blocks["robot"], 3 * SECOND_NS).items

    def width_of(text: str) -> float:
        return 8.0 * len(text)

    names = sum(width_of(item.label) + 10 for item in items)
    for width in range(0, 500, 7):
        kept, missing = fitting(items, width_px=width, gap_px=10, measure=width_of)
        assert missing == len(items) - len(kept)
        assert missing == 0 or width < names
        taken = sum(width_of(f"{item.label} {item.value}".rstrip()) + 10 for item in kept)
        assert not kept or taken + width_of(more_words(missing)) <= width
    kept, _ = fitting(items, width_px=names + 30, gap_px=10, measure=width_of)
    hottest = max(items, key=lambda item: item.weight)
    assert [item.label for item in kept if item.value] == [hottest.label]


def test_the_mode_lane_is_empty_before_the_first_control_state_and_while_control_is_silent() -> None:
    cell = a_cell(mode=Mode.IDLE, mode_since_ns=1)
    trends = Trends()
    trends.feed(heard(cell, begin_s=50, seconds=1.0))
    assert trends.spans[0].begin_ns == 50 * SECOND_NS
    trends.feed(heard(cell, begin_s=60, seconds=1.0))
    assert [span.mode for span in trends.spans] == [Mode.IDLE, None, Mode.IDLE]
    assert trends.spans[1].begin_ns < 51 * SECOND_NS
    assert trends.spans[2].begin_ns >= 60 * SECOND_NS
