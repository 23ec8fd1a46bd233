"""What a confidence is made of: as a table in the policy panel and as trends."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt

from tests.support.console import Console
from twin_app.model.lanes import Lane
from twin_app.panels.policy import PolicyPanel


@pytest.fixture
def panel(console: Console) -> PolicyPanel:
    console.cell.pulls = True
    console.window.show_panel("policy")
    console.window.policy.tabs.setCurrentWidget(console.window.policy.parts)
    console.advance(0.5)
    return console.window.policy


def lanes(console: Console) -> dict[str, Lane]:
    return {lane.key: lane for lane in console.window.pump.trends.lanes}


def test_the_table_marks_the_signal_that_pulls_down_most(panel: PolicyPanel) -> None:
    assert [row.cells for row in panel.parts.table.rows] == [
        ("unseen", "1.400 s", "-1.3 ▼▼▼"),
        ("peak overhead", "0.810", "+0.6 ▲▲"),
        ("strangeness", "2.200", "0.0"),
    ]
    marked = [row.key for row in panel.parts.table.rows if row.sign and row.sign.text]
    assert marked == ["unseen"]
    assert panel.parts.sentence.text().endswith("Most pulled down by unseen.")


def test_the_words_say_on_which_side_of_its_limit_it_is(console: Console, panel: PolicyPanel) -> None:
    console.cell.shadow = "programmed_careful"  # with it the made-up policy has a limit of 0.4
    console.advance(0.5)
    assert "above its limit of 0.40" in panel.parts.sentence.text()
    assert panel.confidence.caption == "confidence · limit 0.40"


def test_a_silent_policy_has_no_parts(console: Console, panel: PolicyPanel) -> None:
    console.cell.muted.add("policy")
    console.advance(2.0)
    assert panel.parts.table.rows == ()
    assert panel.parts.sentence.text() == "The policy is silent."


def test_the_tabs_are_reached_and_turned_by_keyboard(console: Console, panel: PolicyPanel) -> None:
    panel.tabs.tabBar().setFocus()
    panel.tabs.setCurrentIndex(0)
    console.key(Qt.Key.Key_Right)
    assert panel.parts.isVisible()
    assert not panel.table.isVisible()
    console.key(Qt.Key.Key_Tab)
    assert console.window.focusWidget() is panel.parts.table


def test_the_pulls_share_a_lane_and_each_signal_has_one_for_the_asking(console: Console, panel: PolicyPanel) -> None:
    trends = console.window.trends
    shown = lanes(console)
    assert shown["pulls"].labels[3:] == ("peak overhead", "unseen", "strangeness"), "after those heard at the start"
    row = console.window.pump.trends.blocks["signals"].last_known(console.now_ns)
    assert row is not None
    assert row[1][shown["pulls"].columns][3:].tolist() == [0.62, -1.3, -0.02]
    assert "pulls" in [lane.key for lane in trends.canvas.lanes]
    assert "signal unseen_s" not in [lane.key for lane in trends.canvas.lanes]
    trends.show_lane("signal unseen_s", shown=True)
    (lane,) = [lane for lane in trends.canvas.lanes if lane.key == "signal unseen_s"]
    assert (lane.unit, row[1][lane.columns].tolist()) == ("s", [1.4])


def test_signals_of_another_policy_keep_columns_of_their_own(console: Console, panel: PolicyPanel) -> None:
    console.cell.pulls = False
    console.advance(0.5)
    row = console.window.pump.trends.blocks["signals"].last_known(console.now_ns)
    assert row is not None
    assert row[1][0] == 0.93
    assert math.isnan(row[1][3])


def test_a_policy_that_tells_no_pulls_has_no_lane_for_them(console: Console) -> None:
    console.advance(0.5)
    assert "pulls" not in lanes(console)
