"""Closing the window: asks once while the arm may move, stops it first, leaves nothing running."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from runtime.messages.requests import Shutdown
from runtime.messages.state import Mode
from tests.support.console import Console
from twin_app.assembly.console import close_window
from twin_app.assembly.interruption import interruptible


def test_closing_at_rest_asks_nothing_and_lets_the_source_go(console: Console, qtbot: QtBot) -> None:
    console.cell.enter(Mode.IDLE, console.now_ns)
    console.advance(0.5)
    with qtbot.waitSignal(console.window.closed):
        console.window.close()
    assert console.source.closed
    assert not console.source.stops_ns


def test_closing_while_the_arm_is_driven_asks_once_and_stays_open(console: Console) -> None:
    console.window.close()
    console.advance(0.2)
    assert console.window.isVisible()
    question = console.window.header.question
    assert "Close the window?" in question.text
    console.click(question.buttons[1])
    assert question.text == ""
    assert console.window.isVisible()
    assert not console.source.stops_ns


def test_agreeing_stops_the_arm_first_and_closes_at_standstill(console: Console, qtbot: QtBot) -> None:
    console.window.close()
    with qtbot.waitSignal(console.window.closed, timeout=5000):
        console.click(console.window.header.question.buttons[0])
        assert console.source.stops_ns
        assert console.window.isVisible(), "the arm has not been seen to stand yet"
        console.advance(0.5)
    assert not console.window.isVisible()


def test_closing_a_second_time_is_an_answer(console: Console, qtbot: QtBot) -> None:
    console.window.close()
    with qtbot.waitSignal(console.window.closed, timeout=5000):
        console.window.close()
        console.advance(0.5)
    assert console.source.stops_ns


def test_the_window_that_owns_the_cell_ends_it(qtbot: QtBot, tmp_path: Path) -> None:
    console = Console(tmp_path, mode=Mode.IDLE, owns_cell=True)
    qtbot.addWidget(console.window, before_close_func=lambda _: console.close())
    console.show()
    console.window.close()
    assert console.asked(Shutdown)


def test_a_lost_cell_does_not_keep_the_window_open(console: Console, qtbot: QtBot) -> None:
    console.source.silent = True
    console.advance(2.0)
    with qtbot.waitSignal(console.window.closed):
        console.window.close()


def test_an_error_of_the_console_itself_is_shown_and_logged(console: Console, caplog: object) -> None:
    try:
        raise ZeroDivisionError("a slip")
    except ZeroDivisionError as trouble:
        console.window.report_exception(type(trouble), trouble, trouble.__traceback__)
    assert "a slip" in console.window.header.remark.text
    caplog.clear()  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_and_a_closed_terminal_close_the_window_with_the_arm_stopped_and_are_raised(
    number: signal.Signals, console: Console, qtbot: QtBot
) -> None:
    def close() -> None:
        with interruptible(partial(close_window, console.window)), qtbot.waitSignal(console.window.closed):
            signal.raise_signal(number)
            qtbot.waitUntil(lambda: bool(console.source.stops_ns))
            console.advance(0.5)

    before = signal.signal(number, signal.SIG_DFL)  # nohup and shells ignore some for what they run behind
    try:
        with pytest.raises(KeyboardInterrupt) as raised:
            close()
    finally:
        signal.signal(number, before)
    assert getattr(raised.value, "number", signal.SIGINT) == number
    assert console.source.stops_ns
