"""Signals while Qt runs: whatever callback they fall into, the event loop ends and the signal is raised afterwards."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from twin_app.assembly.ending import Ended
from twin_app.assembly.interruption import interruptible
from twin_app.assembly.verify.console_witness import ConsoleWitness

EXPECTED = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Ended, signal.SIGHUP: Ended}


@pytest.fixture(params=EXPECTED, ids=lambda number: number.name)
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    before = signal.getsignal(request.param)
    if before is signal.SIG_IGN:  # as under nohup, where the program, too, does not heed it
        signal.signal(request.param, signal.SIG_DFL)
    yield request.param
    signal.signal(request.param, before)


class Struck(QObject):
    """Gets the signal inside a virtual method that Qt calls."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.User:
            signal.raise_signal(self._number)
        return super().event(event)


def run_loop(application: QApplication, *, before: Callable[[], object] = lambda: None) -> None:
    with interruptible():
        before()
        application.exec()


def test_a_signal_inside_a_slot_ends_the_loop(number: signal.Signals, qapp: QApplication) -> None:
    before = signal.getsignal(number)
    QTimer.singleShot(0, qapp, lambda: os.kill(os.getpid(), number))
    with pytest.raises(EXPECTED[number]):
        run_loop(qapp)
    assert signal.getsignal(number) is before


def test_a_signal_inside_a_virtual_method_ends_the_loop(number: signal.Signals, qapp: QApplication) -> None:
    struck = Struck(number)
    QApplication.postEvent(struck, QEvent(QEvent.Type.User))
    with pytest.raises(EXPECTED[number]):
        run_loop(qapp)


def test_a_signal_before_the_loop_ends_it(number: signal.Signals, qapp: QApplication) -> None:
    with pytest.raises(EXPECTED[number]):
        run_loop(qapp, before=lambda: signal.raise_signal(number))


def test_what_comes_of_an_interruption_does_not_hide_it(qapp: QApplication) -> None:
    def fail() -> None:
        signal.raise_signal(signal.SIGTERM)
        raise IndexError("nothing was measured")

    with pytest.raises(Ended, match="SIGTERM"):
        run_loop(qapp, before=fail)


def test_a_loop_without_a_signal_ends_as_it_was_told(qapp: QApplication, qtbot: QtBot) -> None:
    with interruptible():
        QTimer.singleShot(0, qapp, lambda: qapp.exit(3))
        assert qapp.exec() == 3


def test_the_watched_console_is_out_of_reach_of_a_ctrl_c_at_the_terminal() -> None:
    told = json.dumps({"stamp_ns": sys.maxsize, "connected": True, "losses": []})
    witness = ConsoleWitness("none", "nowhere")
    witness._command = ["sh", "-c", f"echo '{told}'; exec cat"]
    witness.start()
    try:
        assert witness._process is not None
        assert os.getsid(witness._process.pid) != os.getsid(0)
    finally:
        witness.close()
