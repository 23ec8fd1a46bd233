"""A real console on a live cell whose shadow hangs: it is killed, shown with its reason, and tried again by mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from runtime.messages.requests import AddTask
from tests.support.isolated_cell import PATIENCE_S, entry, finished, policy_of, running, until
from twin_app.bridge.live import LiveSource
from twin_app.model.settings import SettingsStore
from twin_app.panels.policy import SETTLED_S
from twin_app.window.console import ConsoleWindow

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


def test_a_shadow_that_hangs_is_killed_and_the_console_tries_it_again(tmp_path: Path, qtbot: QtBot) -> None:
    with running(tmp_path, "programmed", shadow="hanging") as live:
        window = ConsoleWindow(LiveSource(live.session), settings=SettingsStore(tmp_path / "settings"))
        qtbot.addWidget(window, before_close_func=lambda _: _close(window, qtbot))
        window.show()
        window.show_panel("policy")
        panel = window.policy
        qtbot.waitUntil(lambda: panel.beside.isVisible(), timeout=int(PATIENCE_S * 1000))
        task = live.ask(AddTask("put the cyan flat box in the right tote"))
        until(live, lambda: bool(entry(live, "hanging").obstacle))
        assert "hung: no answer within 1.5 s" in entry(live, "hanging").obstacle
        assert policy_of(live).active == "programmed"
        until(live, lambda: finished(live, int(task.detail)) == "succeeded")
        assert policy_of(live).deadline_misses <= 3
        assert panel.table.choose("hanging")
        qtbot.waitUntil(lambda: panel.try_button.isVisible() and panel.try_button.isEnabled(), timeout=5000)
        qtbot.wait(int(2000 * SETTLED_S))  # what a person needs to aim; just after a change a press does nothing
        QTest.mouseClick(panel.try_button, Qt.MouseButton.LeftButton)
        until(live, lambda: entry(live, "hanging").pid > 0)
        qtbot.waitUntil(lambda: not panel.try_button.isVisible(), timeout=5000)
        _close(window, qtbot)


def _close(window: ConsoleWindow, qtbot: QtBot) -> None:
    """Twice: the second time agrees to what the first one asked; the arm is stopped before the window goes."""
    for _ in range(2):
        if window.isVisible():
            window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    window.pump.stop()
    window.deleteLater()
    QApplication.sendPostedEvents()
