"""Perspectives, layouts and themes: switched while running, kept as text, always to be had back."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.support.console import Console
from twin_app.model.layout import panels_of
from twin_app.model.settings import PERSPECTIVES
from twin_app.model.wording import Tone
from twin_app.widgets.field import WrappedLabel
from twin_app.window import header
from twin_app.window.docks import read_layout
from twin_app.window.focus import is_behind
from twin_app.window.perspectives import DEFAULTS


@pytest.mark.parametrize("perspective", PERSPECTIVES)
def test_a_perspective_shows_exactly_its_panels_where_its_layout_puts_them(console: Console, perspective: str) -> None:
    console.click(console.window.header.line.tabs[perspective])
    console.advance(0.2)
    found = read_layout(console.window, console.window.workspace.docks)
    assert found is not None
    assert sorted(panels_of(found.root)) == sorted(panels_of(DEFAULTS[perspective].root))
    assert type(found.root) is type(DEFAULTS[perspective].root)
    assert [panels_of(place) for place in found.root.places] == [  # type: ignore[union-attr] - a split, as checked
        panels_of(place)
        for place in DEFAULTS[perspective].root.places  # type: ignore[union-attr]
    ]


def test_perspectives_switch_by_key_while_messages_go_on(console: Console) -> None:
    for number, name in enumerate(PERSPECTIVES, start=1):
        console.key(Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
        console.advance(0.2)
        assert console.window.settings.perspective == name
        assert console.window.header.line.tabs[name].isChecked()


def test_a_saved_layout_is_readable_text_and_comes_back(console: Console) -> None:
    workspace = console.window.workspace
    workspace.docks["policy"].close()
    console.advance(0.2)
    console.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    text = console.store.layout_file("operate").read_text()
    assert "policy" not in text
    assert json.loads(text)["layout"]["across"]
    console.window.show_perspective("test")
    console.advance(0.2)
    console.window.show_perspective("operate")
    console.advance(0.2)
    assert workspace.docks["policy"].isHidden()
    console.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    names = json.loads(console.store.layout_file("operate").read_text())
    assert [place.get("tabs") for place in names["layout"]["across"]] == [["twin"], None]


def test_resetting_brings_the_default_layout_back(console: Console) -> None:
    workspace = console.window.workspace
    for name in ("policy", "cameras"):
        workspace.docks[name].close()
    console.window.save_layout()
    console.key(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    console.advance(0.2)
    assert not workspace.docks["cameras"].isHidden()
    assert not console.store.layout_file("operate").exists()


def test_a_remark_goes_by_itself_and_one_about_a_trouble_stays(
    console: Console, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    remark = console.window.header.remark
    console.key(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert "default layout is back" in remark.text
    monkeypatch.setattr(header, "REMARK_SHOWN_MS", 50)
    console.window.header.remark_on("The layout is saved")
    console.window.header.remark_on("The disk is full", tone=Tone.MEDIUM)
    qtbot.wait(150)
    assert remark.text == "The disk is full"
    console.window.reset_layout()
    qtbot.waitUntil(lambda: remark.text == "")


def test_a_broken_layout_file_is_told_and_the_default_is_used(console: Console) -> None:
    console.store.folder.mkdir(parents=True, exist_ok=True)
    console.store.layout_file("test").write_text("{ broken")
    console.window.show_perspective("test")
    console.window.save_layout()
    console.advance(0.2)
    assert console.window.faults.isVisible()


def test_the_theme_switches_by_key_and_is_remembered(console: Console) -> None:
    before = console.window.grab().toImage().pixelColor(700, 100).lightness()
    console.key(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    console.advance(0.2)
    assert console.window.settings.theme == "dark"
    assert console.window.grab().toImage().pixelColor(700, 100).lightness() < before
    console.close()
    assert console.store.load().theme == "dark"


def test_no_text_is_smaller_than_eleven_points(console: Console) -> None:
    for perspective in PERSPECTIVES:
        console.window.show_perspective(perspective)
        console.advance(0.1)
        for widget in QApplication.allWidgets():
            if isinstance(widget, (QLabel, QAbstractButton)) and widget.isVisible() and widget.text():
                assert widget.font().pointSizeF() >= 11, widget.text()


@pytest.mark.parametrize("perspective", PERSPECTIVES)
def test_nothing_is_cut_off_at_1280_by_720(console: Console, perspective: str) -> None:
    console.window.resize(1280, 720)
    console.window.show_perspective(perspective)
    console.advance(0.3)
    assert (console.window.width(), console.window.height()) == (1280, 720)
    for button in console.window.findChildren(QAbstractButton):
        if button.isVisible() and button.text():
            corner = button.mapTo(console.window, button.rect().bottomRight())
            assert corner.x() <= 1280, button.text()
            assert corner.y() <= 720, button.text()
            assert button.width() >= button.minimumSizeHint().width(), button.text()


def test_in_a_very_narrow_window_mode_stop_and_the_question_are_whole(console: Console, qtbot: QtBot) -> None:
    window = console.window
    window.setMinimumSize(640, 360)
    window.resize(640, 360)
    window.close()
    console.advance(0.3)
    assert (window.width(), window.height()) == (640, 360)
    bar, question = window.header.bar, window.header.question
    label = question.findChild(WrappedLabel)
    assert isinstance(label, WrappedLabel)
    qtbot.waitUntil(lambda: " ".join(label.broken(label.width())) == label.text())
    for widget in (bar.badge, bar.owner, bar.reset_button, bar.stop_button, *question.buttons[:2]):
        assert widget.isVisible()
        assert widget.width() >= widget.minimumSizeHint().width()
        assert widget.mapTo(window, widget.rect().topRight()).x() < 640
    window.resize(1280, 720)
    qtbot.waitUntil(bar.estop.isVisible)


def test_the_window_is_no_larger_than_the_screen(console: Console) -> None:
    room = console.window.screen().availableSize()
    assert console.window.minimumSize() == QSize(1024, 640).boundedTo(room)
    assert console.window.size() == console.window.size().boundedTo(room)


def test_a_panel_that_is_let_go_over_the_bar_is_put_below_it(console: Console, qtbot: QtBot) -> None:
    bar, panel = console.window.header.bar, console.window.workspace.docks["cameras"]
    panel.setFloating(True)
    panel.move(bar.stop_button.mapToGlobal(QPoint(-200, 10)))
    assert panel.frameGeometry().contains(bar.stop_button.mapToGlobal(bar.stop_button.rect().center()))
    qtbot.waitUntil(lambda: panel.frameGeometry().top() > bar.mapToGlobal(bar.rect().bottomLeft()).y())
    assert panel.isFloating()


def test_notices_come_and_go_without_moving_anything_below(console: Console) -> None:
    window = console.window
    window.resize(1280, 720)
    window.show_perspective("test")
    console.advance(0.3)
    watched = (
        window.header.bar.estop,
        window.faults.inject_button,
        window.twin,
        window.trends.canvas,
        window.header.line.start_button,
    )

    def places() -> list[tuple[int, int, int, int]]:
        boxes = [(widget.mapTo(window, QPoint(0, 0)), widget.size()) for widget in watched]
        return [(at.x(), at.y(), size.width(), size.height()) for at, size in boxes]

    before = places()
    console.cell.raise_alarm(console.now_ns)
    console.advance(0.5)
    assert window.header.alarm.text
    assert places() == before
    window.header.remark_on("Something worth two lines of text: " + "words " * 60)
    console.advance(0.2)
    assert places() == before
    window.close()
    console.advance(0.2)
    assert window.header.question.text
    assert places() == before
    console.source.silent = True
    console.advance(2.0)
    assert "NO CONNECTION" in window.header.connection.text
    assert window.header.bar.owner.faded
    assert places() == before


def test_the_keys_are_shown_whole_in_a_small_window(console: Console) -> None:
    console.window.resize(1280, 720)
    action = next(action for action in console.window.header.line.menu.actions() if action.text() == "Keys")
    action.trigger()
    QApplication.processEvents()
    card = console.window.keyboard.card
    assert card is not None
    assert not card.isModal()
    words = " ".join(card.lines)
    for wanted in ("F12", "STOP", "Reset", "Pause", "Hold to start", "Ctrl+Q"):
        assert wanted in words
    for label in card.findChildren(QLabel):
        assert label.width() >= label.sizeHint().width(), label.text()
        assert label.height() >= label.sizeHint().height(), label.text()
    assert card.height() <= 640
    console.key(Qt.Key.Key_F12)
    assert console.source.stops_ns, "STOP works beside it"
    card.close()


def test_a_long_notice_ends_in_an_ellipsis_and_cuts_no_line(console: Console) -> None:
    console.window.header.remark_on("words " * 200)
    console.advance(0.1)
    label = console.window.header.remark.findChild(WrappedLabel)
    assert isinstance(label, WrappedLabel)
    lines = label.broken(label.width())
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert label.height() >= 2 * label.fontMetrics().lineSpacing()


def test_everything_that_can_be_pressed_is_reached_by_tab(console: Console) -> None:
    window = console.window
    for perspective in PERSPECTIVES:
        window.show_perspective(perspective)
        console.advance(0.2)
        window.header.line.tabs[perspective].setFocus()
        reached = set()
        for _ in range(120):
            focus = QApplication.focusWidget()
            if focus is None or focus in reached:
                break
            reached.add(focus)
            console.key(Qt.Key.Key_Tab)
        wanted = [
            button
            for button in window.findChildren(QAbstractButton)
            if button.isVisible()
            and button.isEnabled()
            and button.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not is_behind(button)
        ]
        assert window.header.bar.stop_button in reached
        assert not [widget for widget in reached if widget.visibleRegion().isEmpty()], "never where nobody sees it"
        missed = [button.text() for button in wanted if button not in reached]
        assert not missed


def test_what_goes_behind_a_tab_loses_the_keyboard(console: Console) -> None:
    console.window.tasks.instruction.setFocus()
    console.window.show_panel("alarms")
    QTest.qWait(20)
    focus = QApplication.focusWidget()
    assert focus is None or not focus.visibleRegion().isEmpty()
    console.key(Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert not focus.visibleRegion().isEmpty()
