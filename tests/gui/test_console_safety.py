"""STOP, Reset, Start, and what the bar says: by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from runtime.messages.requests import Pause, Reset, Start, Stop
from runtime.messages.state import Mode
from tests.support.console import LEFT, Console
from twin_app.model.settings import PERSPECTIVES


def test_the_stop_button_acts_on_the_press_and_sets_the_flag_before_the_request(console: Console) -> None:
    stop = console.window.header.bar.stop_button
    QTest.mousePress(stop, LEFT)
    assert len(console.source.stops_ns) == 1
    QTest.mouseRelease(stop, LEFT)
    console.advance(0.3)
    assert console.mode == "STOPPED"
    assert console.asked(Stop)


@pytest.mark.parametrize("perspective", PERSPECTIVES)
def test_stop_is_at_the_same_place_in_every_perspective(console: Console, perspective: str) -> None:
    stop = console.window.header.bar.stop_button
    place = stop.mapTo(console.window, stop.rect().topLeft())
    console.window.show_perspective(perspective)
    console.advance(0.2)
    assert stop.mapTo(console.window, stop.rect().topLeft()) == place
    console.click(stop)
    assert console.source.stops_ns


def test_the_stop_key_acts_wherever_the_keyboard_is(console: Console) -> None:
    window = console.window
    window.show_perspective("test")
    places: tuple[QWidget, ...] = (
        window.faults.search,
        window.trends.canvas,
        window.faults.catalogue,
        window.faults.severity,
    )
    for number, place in enumerate(places, start=1):
        place.setFocus()
        console.key(Qt.Key.Key_F12)
        assert len(console.source.stops_ns) == number, place.accessibleName()


def test_the_stop_key_acts_while_a_menu_is_open(console: Console) -> None:
    menu = console.window.header.line.menu
    menu.popup(console.window.mapToGlobal(console.window.rect().center()))
    QApplication.processEvents()
    console.key(Qt.Key.Key_F12)
    menu.close()
    assert len(console.source.stops_ns) == 1


def test_a_stop_is_latched_until_reset_and_reset_starts_nothing(console: Console) -> None:
    bar, line = console.window.header.bar, console.window.header.line
    assert not bar.reset_button.isEnabled()
    console.click(bar.stop_button)
    console.advance(1.0)
    assert console.mode == "STOPPED"
    assert not line.start_button.isEnabled()
    console.click(bar.reset_button)
    console.advance(0.5)
    assert console.asked(Reset)
    assert console.mode == "IDLE"
    assert not console.asked(Start)
    assert "hold Start" in line.why.text()


def test_a_click_on_start_does_nothing_and_holding_it_starts(console: Console, qtbot: QtBot) -> None:
    console.cell.enter(Mode.IDLE, console.now_ns)
    console.advance(0.5)
    start = console.window.header.line.start_button
    console.click(start)
    qtbot.wait(50)
    assert not console.asked(Start)
    QTest.mousePress(start, LEFT)
    qtbot.waitUntil(lambda: bool(console.asked(Start)), timeout=4000)
    QTest.mouseRelease(start, LEFT)
    console.advance(0.5)
    assert console.mode == "AUTO"


def test_start_can_be_held_by_keyboard_and_letting_go_early_does_nothing(console: Console, qtbot: QtBot) -> None:
    console.cell.enter(Mode.IDLE, console.now_ns)
    console.advance(0.5)
    start = console.window.header.line.start_button
    start.setFocus()
    QTest.keyPress(start, Qt.Key.Key_Return)
    qtbot.wait(50)
    QTest.keyRelease(start, Qt.Key.Key_Return)
    assert not console.asked(Start)
    QTest.keyPress(start, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(console.asked(Start)), timeout=4000)
    QTest.keyRelease(start, Qt.Key.Key_Return)


def test_pause_by_enter_on_its_button(console: Console) -> None:
    pause = console.window.header.line.pause_button
    pause.setFocus()
    console.key(Qt.Key.Key_Return)
    assert console.asked(Pause)


def test_space_presses_no_button(console: Console) -> None:
    console.window.header.line.pause_button.setFocus()
    console.key(Qt.Key.Key_Space)
    assert not console.asked(Pause)


def test_every_mode_is_shown_by_name_and_the_line_is_never_empty(console: Console) -> None:
    for mode in Mode:
        console.cell.enter(mode, console.now_ns)
        console.advance(0.5)
        assert console.mode.lower() in {mode.value, "stopped"}
        assert console.window.header.line.why.text()


def test_a_lost_connection_is_said_within_two_seconds_and_its_end_too(console: Console) -> None:
    notice = console.window.header.connection
    console.source.silent = True
    console.advance(2.0)
    assert "NO CONNECTION" in notice.text
    assert console.window.header.bar.link.text == "✕ LOST"
    assert not console.window.header.line.pause_button.isEnabled()
    assert console.window.header.bar.stop_button.isEnabled()
    console.click(console.window.header.bar.stop_button)
    assert console.source.stops_ns, "the flag reaches the cell without a connection"
    console.source.silent = False
    console.advance(0.5)
    assert "Connected again" in notice.text
    console.advance(6.0)
    assert notice.text == ""
