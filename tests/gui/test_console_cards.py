"""The card of a policy in its panel: what it is, its figures, its weaknesses, what it was trained on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from runtime.messages.card import CardSection, PolicyCard
from tests.support.console import Console
from tests.support.fake_cards import EXAMINED
from twin_app.widgets.card_view import CardView


@pytest.fixture
def card(console: Console) -> CardView:
    console.window.show_panel("policy")
    console.advance(0.5)
    return console.window.policy.card


def open_tab(console: Console, card: CardView) -> None:
    tabs = console.window.policy.tabs
    tabs.setCurrentWidget(card)
    console.advance(0.3)


def test_the_card_of_the_active_policy_comes_first(console: Console, card: CardView) -> None:
    open_tab(console, card)
    assert card.chosen == "programmed"
    assert "Knows colours only." in card.text
    assert card.diagrams == []


def test_the_policy_chosen_in_the_table_turns_the_card(console: Console, card: CardView) -> None:
    console.window.policy.table.choose("flow_vla")
    open_tab(console, card)
    assert card.chosen == "flow_vla"
    for words in (
        "Learned: reads a sentence",
        "Trained in simulation &lt;only&gt;.",
        "96.0 %, 192 of 200 runs (95 % interval 92.3 to 98.0 %)",
        "6 missed grasp, 2 wrong part",
        "0.021: how far the confidence is off",
        "validation 200000, calibration 300000",
        "166.7 s",
    ):
        assert words in card.text
    (diagram,) = card.diagrams
    assert diagram.isVisible()
    assert "said 0.97, came true 0.99, 4100 looks" in diagram.accessibleDescription()
    holder = card.page.widget()
    assert holder is not None
    assert holder.width() <= card.page.viewport().width(), "nothing is cut off at the right"


@pytest.mark.parametrize("width_px", [420, 520])
def test_words_that_wrap_leave_no_hole_under_them_and_lose_no_line(qtbot: QtBot, width_px: int) -> None:
    card = CardView()
    qtbot.addWidget(card)
    card.resize(width_px, 500)
    rows = tuple((f"stage {number}", "the longer its words, the more lines they take " * 3) for number in range(20))
    card.show_cards({"flow_vla": replace(EXAMINED, sections=(CardSection("Recipe", rows),))})
    card.show()
    QApplication.processEvents()
    holder = card.page.widget()
    assert holder is not None
    for label in holder.findChildren(QLabel):
        needed_px = label.heightForWidth(label.width())
        assert needed_px <= label.height() <= needed_px + 30, label.text()


def test_the_diagram_shows_a_bin_off_the_diagonal(console: Console, card: CardView) -> None:
    card.choose("flow_vla")
    open_tab(console, card)
    picture = card.diagrams[0].grab().toImage()
    ground = picture.pixelColor(60, 20)
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert card.theme.series[0] in colours
    assert ground.name() == card.theme.field


def test_the_card_is_chosen_and_scrolled_by_keyboard(console: Console, card: CardView) -> None:
    open_tab(console, card)
    card.choice.setFocus()
    console.key(Qt.Key.Key_Up)
    assert card.chosen == "flow_vla"
    console.window.resize(1024, 640)
    console.advance(0.3)
    console.key(Qt.Key.Key_Tab)
    assert console.window.focusWidget() is card.page
    bar = card.page.verticalScrollBar()
    assert bar.maximum() > 0
    console.key(Qt.Key.Key_PageDown)
    assert bar.value() > 0


def test_a_card_that_is_being_read_is_not_built_anew_by_the_next_message(console: Console, card: CardView) -> None:
    open_tab(console, card)
    before = card.page.widget()
    console.advance(3.0)
    assert card.page.widget() is before


def test_figures_that_cannot_be_read_are_told(qtbot: object) -> None:
    view = CardView()
    broken = PolicyCard("x", "X", "1", "What.", trouble="card.json: Object missing required field `n`")
    view.show_cards({"x": broken, "y": EXAMINED})
    view.choose("x")
    assert "cannot be read:</b> card.json: Object missing required field `n`" in view.text
    view.deleteLater()


def test_another_version_of_a_policy_is_named_in_the_list_of_cards(qtbot: QtBot) -> None:
    view = CardView()
    qtbot.addWidget(view)
    first, other = PolicyCard("a", "First", "1.0", "Picks."), PolicyCard("b", "Other", "1.0", "Picks.")
    view.show_cards({"a": first, "b": other})
    view.choose("b")
    before = view.choice.itemText(1)
    view.show_cards({"a": first, "b": replace(other, version="2.0")})
    assert view.choice.itemText(1) == before.replace("1.0", "2.0") != before
    assert view.chosen == "b"
