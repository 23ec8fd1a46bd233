"""STOP, Reset, Start, and what the bar says: by mouse and by keyboard."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from runtime.messages.requests import AcknowledgeAlarm, Pause, Reset, RestartProcess, Start, Stop
from runtime.messages.state import Mode
from runtime.messages.system import AlarmPhase, Priority
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


def press_at(console: Console, target: QWidget) -> None:
    """Press the left button where the person sees a widget, by way of the window system's queue."""
    handle = console.window.windowHandle()
    place = target.mapTo(console.window, target.rect().center())
    QTest.mousePress(handle, LEFT, Qt.KeyboardModifier.NoModifier, place)
    QApplication.processEvents()
    QTest.mouseRelease(handle, LEFT, Qt.KeyboardModifier.NoModifier, place)
    QApplication.processEvents()


def test_a_press_on_stop_stops_once_while_a_menu_is_open(console: Console) -> None:
    stop, menu = console.window.header.bar.stop_button, console.window.header.line.menu
    press_at(console, stop)
    assert len(console.source.stops_ns) == 1
    menu.popup(console.window.mapToGlobal(console.window.rect().center()))
    QApplication.processEvents()
    press_at(console, stop)
    assert len(console.source.stops_ns) == 2
    assert not menu.isVisible()


def test_a_press_on_stop_stops_while_a_list_is_open(console: Console) -> None:
    console.window.show_perspective("test")
    console.advance(0.2)
    console.window.faults.severity.showPopup()
    QApplication.processEvents()
    assert QApplication.activePopupWidget() is not None
    press_at(console, console.window.header.bar.stop_button)
    assert len(console.source.stops_ns) == 1
    assert QApplication.activePopupWidget() is None


def test_a_press_on_a_menu_that_covers_stop_belongs_to_the_menu(console: Console) -> None:
    stop, menu = console.window.header.bar.stop_button, QMenu(console.window)
    for number in range(6):
        menu.addAction(f"harmless {number}")
    menu.popup(stop.mapToGlobal(stop.rect().topLeft()))
    QApplication.processEvents()
    press_at(console, stop)
    menu.close()
    assert not console.source.stops_ns


def test_with_a_dead_plant_nothing_claims_that_the_arm_is_driven(console: Console) -> None:
    bar, line = console.window.header.bar, console.window.header.line
    assert console.mode == "AUTO"
    assert not bar.loop.faded
    console.cell.dead.add("plant")
    console.advance(0.7)
    assert console.mode == "UNKNOWN"
    assert "arm silent" in bar.badge.detail
    assert bar.loop.faded
    assert bar.owner.faded
    assert "ago" in bar.loop.caption
    assert not line.pause_button.isEnabled()
    assert not bar.reset_button.isEnabled()
    assert "plant died" in line.why.text()


def test_a_stop_that_nothing_confirms_is_said_on_the_button(console: Console) -> None:
    bar = console.window.header.bar
    console.cell.dead.add("plant")
    console.advance(0.7)
    console.click(bar.stop_button)
    console.advance(0.3)
    assert bar.stop_button.words[0] == "STOP"
    console.advance(0.4)
    assert bar.stop_button.words == ("STOP pressed", "not confirmed")
    assert bar.stop_button.isEnabled()


def test_a_stop_that_takes_effect_is_never_called_unconfirmed(console: Console) -> None:
    bar = console.window.header.bar
    console.click(bar.stop_button)
    for _ in range(10):
        console.advance(0.2)
        assert bar.stop_button.words[0] == "STOP"
    assert bar.stop_button.words[1] == "latched"


def test_a_dead_worker_is_restarted_from_the_banner_and_start_waits_for_it(console: Console) -> None:
    header = console.window.header
    console.cell.enter(Mode.IDLE, console.now_ns)
    console.cell.dead.add("cameras")
    console.cell.raise_alarm(console.now_ns, priority=Priority.CRITICAL)
    console.advance(0.5)
    assert not header.line.start_button.isEnabled()
    assert "cameras died" in header.line.why.text()
    again = next(button for button in header.alarm.buttons if button.text() == "Restart cameras")
    console.click(again)
    assert console.asked(RestartProcess) == [RestartProcess("cameras")]
    console.advance(0.5)
    assert header.line.start_button.isEnabled()


def test_a_dead_process_is_selected_so_that_restart_can_be_pressed(console: Console) -> None:
    console.window.show_perspective("diagnose")
    console.advance(0.3)
    processes = console.window.processes
    processes.table.choose("planner")
    console.cell.dead.add("recorder")
    console.advance(0.5)
    assert processes.table.selected == "recorder"
    assert processes.restart_button.isEnabled()
    processes.table.choose("planner")
    console.advance(0.5)
    assert processes.table.selected == "planner", "the person's choice stays"


def test_an_alarm_that_is_gone_is_said_calmly_and_can_be_acknowledged(console: Console) -> None:
    header = console.window.header
    console.cell.raise_alarm(console.now_ns)
    console.cell.alarms = [replace(alarm, phase=AlarmPhase.RETURNED_UNACKNOWLEDGED) for alarm in console.cell.alarms]
    console.advance(0.5)
    assert header.alarm.text == ""
    assert header.calm.text.startswith("gone, not acknowledged")
    assert "Restart it" not in header.calm.text
    console.key(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert console.asked(AcknowledgeAlarm)


def test_the_alarm_panel_follows_the_most_urgent_alarm_until_one_is_chosen(console: Console) -> None:
    console.window.show_perspective("diagnose")
    alarms = console.window.alarms
    console.cell.raise_alarm(console.now_ns, priority=Priority.LOW)
    console.advance(0.5)
    worse = replace(console.cell.alarms[0], alarm_id="worse", priority=Priority.HIGH, cause="worse")
    console.cell.alarms.append(worse)
    console.advance(0.5)
    assert alarms.cause.text() == "worse"
    alarms.table.choose("process.cameras.dead")
    console.cell.alarms.append(replace(worse, alarm_id="worst", priority=Priority.CRITICAL, cause="worst"))
    console.advance(0.5)
    assert alarms.table.selected == "process.cameras.dead"
    show = next(button for button in console.window.header.alarm.buttons if button.text() == "Show")
    console.click(show)
    assert alarms.table.selected == "worst"
    assert alarms.cause.text() == "worst"


def test_holding_start_leaves_the_keyboard_on_no_other_control(console: Console, qtbot: QtBot) -> None:
    console.cell.enter(Mode.IDLE, console.now_ns)
    console.advance(0.5)
    console.key(Qt.Key.Key_F7)
    start = console.window.header.line.start_button
    assert start.hasFocus()
    QTest.keyPress(start, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(console.asked(Start)), timeout=4000)
    console.advance(0.5)
    assert not start.isEnabled()
    assert QApplication.focusWidget() in (None, console.window)


def test_pause_and_reset_have_keys(console: Console) -> None:
    console.key(Qt.Key.Key_F8)
    assert console.asked(Pause)
    console.key(Qt.Key.Key_F12)
    console.advance(0.5)
    console.key(Qt.Key.Key_F9)
    assert console.asked(Reset)


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
    assert line.start_button.text in line.why.text()


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


def test_in_the_narrowest_window_mode_and_stop_are_whole_and_nothing_overlaps(console: Console) -> None:
    console.window.resize(console.window.minimumSize())
    console.cell.enter(Mode.PROTECTIVE_STOP, console.now_ns)
    console.advance(0.5)
    bar = console.window.header.bar
    row = [bar.badge, bar.owner, bar.policy, bar.link, bar.loop, bar.estop, bar.reset_button, bar.stop_button]
    assert bar.badge.width() >= bar.badge.sizeHint().width()
    assert bar.stop_button.width() >= bar.stop_button.sizeHint().width()
    for left, right in itertools.pairwise(row):
        assert left.geometry().right() < right.geometry().left()
    assert bar.stop_button.geometry().right() <= bar.width()
