"""The policy panel: the shadow beside the active policy, and every wish about policies by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from runtime.messages.requests import (
    PromoteShadow,
    ReturnFromFallback,
    SetFallback,
    SetShadow,
    SwapBack,
    SwapPolicy,
    TryPolicy,
)
from runtime.messages.state import Mode
from tests.support.console import Console
from twin_app.panels.policy import PolicyPanel


@pytest.fixture
def panel(console: Console) -> PolicyPanel:
    console.window.show_panel("policy")
    console.advance(0.3)
    return console.window.policy


def cells(panel: PolicyPanel) -> dict[str, tuple[str, ...]]:
    return {row.key: row.cells[1:] for row in panel.beside.rows}


def state_of(panel: PolicyPanel, name: str) -> str:
    return next(row.cells[2] for row in panel.table.rows if row.key == name)


def test_a_policy_is_put_in_shadow_compared_and_promoted(console: Console, panel: PolicyPanel) -> None:
    assert panel.beside.isHidden()
    assert not panel.promote_button.isEnabled()
    assert panel.table.choose("programmed_careful")
    console.click(panel.shadow_button)
    console.advance(1.0)
    assert console.asked(SetShadow) == [SetShadow("programmed_careful")]
    assert state_of(panel, "programmed_careful") == "shadow"
    assert panel.beside.isVisible()
    assert set(cells(panel)) == {"does", "confidence", "inference", "apart", "part", "ahead"}
    assert cells(panel)["does"] == ("approaching", "searching")
    assert cells(panel)["confidence"][1] == "0.35 of 0.50 ▼"
    assert cells(panel)["inference"][1] == "61.0 ms, 3 skipped"
    assert cells(panel)["apart"][1] == "mean 14, worst 52 mm"
    assert cells(panel)["part"] == ("same", "same in 398 of 412")
    assert cells(panel)["ahead"] == ("+0.10 s", "mean 0.07 s")
    console.click(panel.promote_button)
    console.advance(1.0)
    assert console.asked(PromoteShadow) == [PromoteShadow()]
    assert state_of(panel, "programmed_careful") == "active"
    assert panel.beside.isHidden()


def test_the_shadow_is_ended_with_the_same_button(console: Console, panel: PolicyPanel) -> None:
    console.cell.shadow = "programmed_careful"
    console.advance(1.0)
    assert panel.table.choose("programmed_careful")
    assert panel.shadow_button.text() == "End shadow"
    console.click(panel.shadow_button)
    console.advance(1.0)
    assert console.asked(SetShadow) == [SetShadow("")]


def test_a_quarantined_policy_says_why_and_is_tried_again(console: Console, panel: PolicyPanel) -> None:
    assert state_of(panel, "flow_vla") == "quarantined"
    assert not panel.try_button.isVisible()
    assert panel.table.choose("flow_vla")
    console.advance(0.1)
    assert "its weights are not installed" in panel.why_not.text()
    assert not panel.shadow_button.isEnabled()
    console.click(panel.try_button)
    console.advance(1.0)
    assert console.asked(TryPolicy) == [TryPolicy("flow_vla")]
    assert state_of(panel, "flow_vla") == "available"
    assert not panel.try_button.isVisible()


def test_the_fallback_is_chosen_and_switched_off(console: Console, panel: PolicyPanel) -> None:
    assert panel.table.choose("programmed_careful")
    console.click(panel.fallback_button)
    console.advance(1.0)
    assert state_of(panel, "programmed_careful") == "fallback"
    assert panel.fallback_button.text() == "No fallback"
    console.click(panel.fallback_button)
    console.advance(1.0)
    assert console.asked(SetFallback) == [SetFallback("programmed_careful"), SetFallback("")]
    assert state_of(panel, "programmed_careful") == "ready"


def test_a_second_enter_after_a_swap_does_not_undo_it(console: Console, panel: PolicyPanel) -> None:
    assert panel.table.choose("programmed_careful")
    console.advance(0.1)
    panel.swap_button.setFocus()
    for _ in range(2):
        console.key(Qt.Key.Key_Space)
        console.key(Qt.Key.Key_Return)
        console.advance(1.0)
    assert console.asked(SwapPolicy) == [SwapPolicy("programmed_careful")]
    assert console.asked(SwapBack) == []
    assert console.asked(SetFallback) == []


def stand_in(console: Console) -> None:
    console.cell.policy, console.cell.stands_in_for = "programmed", "programmed_careful"
    console.cell.shadow = "programmed_careful"
    console.cell.enter(Mode.FALLBACK, console.now_ns)
    console.cell.mode_reason = "policy programmed_careful: late; programmed stands in"
    console.advance(1.0)


def test_a_standing_in_is_seen_in_every_place_and_ended_by_hand(console: Console, panel: PolicyPanel) -> None:
    assert not panel.return_button.isVisible()
    stand_in(console)
    bar = console.window.header.bar
    assert console.mode == "FALLBACK"
    assert bar.owner.text == "fallback"
    assert (bar.policy.text, bar.policy.caption) == ("programmed", "policy · stands in for programmed_careful")
    assert "programmed stands in for programmed_careful" in panel.why_not.text()
    assert (state_of(panel, "programmed"), state_of(panel, "programmed_careful")) == (
        "stands in",
        "stood in for, shadow",
    )
    assert not panel.promote_button.isVisible()
    assert panel.reason.isVisible()
    assert panel.reason.text() == console.cell.mode_reason
    console.click(panel.return_button)
    console.advance(1.0)
    assert console.asked(ReturnFromFallback) == [ReturnFromFallback()]
    assert console.mode == "AUTO"
    assert not panel.return_button.isVisible()


def test_a_press_aimed_at_a_button_that_has_just_given_way_to_another_does_nothing(
    console: Console, panel: PolicyPanel
) -> None:
    stand_in(console)
    panel.table.choose("programmed")
    console.advance(1.0)
    console.cell.policy, console.cell.stands_in_for = "programmed_careful", ""
    console.cell.enter(Mode.AUTO, console.now_ns)
    console.advance(0.1)
    assert not panel.return_button.isVisible()
    assert panel.fallback_button.text() == "No fallback"
    console.click(panel.fallback_button)
    assert console.asked(SetFallback) == []
    console.advance(0.1)
    assert "press again" in panel.why_not.text()
    console.advance(0.5)
    console.click(panel.fallback_button)
    assert console.asked(SetFallback) == [SetFallback("")]


def test_a_button_that_goes_while_it_has_the_keyboard_hands_it_to_no_neighbour(
    console: Console, panel: PolicyPanel
) -> None:
    stand_in(console)
    panel.return_button.setFocus()
    console.cell.policy, console.cell.stands_in_for = "programmed_careful", ""
    console.advance(1.0)
    console.key(Qt.Key.Key_Return)
    assert console.cell.asked == []


def test_every_wish_is_reached_by_keyboard(console: Console, panel: PolicyPanel) -> None:
    stand_in(console)
    assert panel.table.choose("flow_vla")
    console.advance(0.1)
    panel.table.setFocus()
    reached: set[str] = set()
    for _ in range(12):
        console.key(Qt.Key.Key_Tab)
        focus = console.window.focusWidget()
        reached.add(getattr(focus, "text", lambda: "")())
    assert {"Try again", "Return to programmed_careful"} <= reached
    panel.return_button.setFocus()
    console.key(Qt.Key.Key_Return)
    console.advance(0.3)
    assert console.asked(ReturnFromFallback) == [ReturnFromFallback()]


def test_the_trends_show_limit_shadow_and_distance_once_there_is_one(console: Console, panel: PolicyPanel) -> None:
    trends = console.window.trends.canvas.trends
    assert [lane.key for lane in trends.lanes if lane.key == "apart"] == []
    console.cell.shadow = "programmed_careful"
    console.advance(1.0)
    lanes = {lane.key: lane for lane in trends.lanes}
    row = trends.blocks["policy"].last_known(console.now_ns)
    assert row is not None
    confidence = dict(zip(lanes["confidence"].labels, row[1][lanes["confidence"].columns], strict=True))
    assert confidence["limit"] == 0.4
    assert confidence["shadow"] == 0.35
    assert 4.0 <= row[1][lanes["apart"].columns][0] <= 20.0


def test_nothing_can_be_wished_of_a_cell_that_is_not_heard(console: Console, panel: PolicyPanel) -> None:
    console.cell.shadow = "programmed_careful"
    console.advance(1.0)
    console.source.silent = True
    console.advance(4.0)
    buttons = (panel.swap_button, panel.shadow_button, panel.promote_button, panel.fallback_button)
    assert not any(button.isEnabled() for button in buttons)


@pytest.mark.parametrize("size_px", [(1280, 720), (1440, 900)])
def test_a_shadow_leaves_several_rows_of_both_tables_to_be_seen(
    console: Console, panel: PolicyPanel, size_px: tuple[int, int]
) -> None:
    console.window.resize(*size_px)
    console.cell.shadow = "programmed_careful"
    console.window.show_perspective("operate")
    console.window.show_panel("policy")
    console.advance(1.0)
    for table in (panel.beside, panel.table):
        row_px = table.visualRect(table.model().index(0, 0)).height()
        assert table.viewport().height() >= 3 * row_px
    assert panel.table.visibleRegion().boundingRect().width() > 0
