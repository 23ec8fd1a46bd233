"""A recording in the same window: marked as replay, moved about in, commands impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from runtime.messages.requests import Stop
from runtime.recording.reader import UnreadableRecording
from tests.support.recording_file import write_recording
from twin_app.bridge.replay import ReplaySource
from twin_app.bridge.source import CommandsImpossible
from twin_app.model.settings import SettingsStore
from twin_app.model.state import Playhead
from twin_app.window import ConsoleWindow

SECONDS = 4.0


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recording(tmp_path_factory.mktemp("recording") / "session.mcap", seconds=SECONDS)


@pytest.fixture
def window(qtbot: QtBot, recording: Path, tmp_path: Path) -> Iterator[ConsoleWindow]:
    opened = ConsoleWindow(ReplaySource(recording, playing=False), settings=SettingsStore(tmp_path), load_twin=False)
    qtbot.addWidget(opened)
    opened.show()
    opened.activateWindow()
    QTest.qWaitForWindowActive(opened)
    qtbot.waitUntil(lambda: head_of(opened).loaded == 1.0 and head_of(opened).end_ns > 0, timeout=10_000)
    yield opened
    opened.close()
    opened.deleteLater()


def head_of(window: ConsoleWindow) -> Playhead:
    head = window.pump.state.playhead
    return head or Playhead(0, 0, 0, False, 1.0, "", loaded=0.0)


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key, modifier)


def moved(window: ConsoleWindow, to_s: float) -> Callable[[], bool]:
    return lambda: abs(head_of(window).now_ns - head_of(window).start_ns - to_s * 1e9) < 2e7


def test_replay_is_written_on_the_window_and_everything_that_commands_is_off(window: ConsoleWindow) -> None:
    assert "REPLAY" in window.windowTitle()
    assert window.header.replay.text.startswith("REPLAY")
    assert window.header.bar.link.text == "REPLAY"
    assert window.edges is not None
    for button in (
        window.header.bar.reset_button,
        window.header.bar.stop_button,
        window.header.line.pause_button,
        window.header.line.start_button,
        window.tasks.add_button,
        window.tasks.instruction,
    ):
        assert not button.isEnabled()


def test_a_command_is_impossible_even_past_the_window(window: ConsoleWindow) -> None:
    with pytest.raises(CommandsImpossible):
        window.source.ask(Stop())
    press(Qt.Key.Key_F12)
    assert "replay" in window.header.remark.text
    assert window.pump.state.commands == ()


def test_the_whole_recording_is_in_the_trends(window: ConsoleWindow) -> None:
    window.show_perspective("diagnose")
    window.pump.show_everything()
    assert len(window.pump.trends.blocks["robot"]) == pytest.approx(100 * SECONDS, abs=2)
    begin, end = window.trends.canvas.window_shown.bounds_ns(0)
    assert (end - begin) * 1e-9 == pytest.approx(SECONDS, abs=0.5)


def test_keys_step_jump_and_play(window: ConsoleWindow, qtbot: QtBot) -> None:
    press(Qt.Key.Key_Right)
    qtbot.waitUntil(moved(window, 0.1))
    press(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: 0.105e9 < head_of(window).now_ns - head_of(window).start_ns < 0.118e9)
    press(Qt.Key.Key_End)
    qtbot.waitUntil(lambda: head_of(window).now_ns == head_of(window).end_ns)
    press(Qt.Key.Key_Home)
    qtbot.waitUntil(moved(window, 0.0))
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: head_of(window).playing and head_of(window).now_ns > head_of(window).start_ns)
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not head_of(window).playing)


def test_a_jump_shows_what_was_known_at_that_moment_and_nothing_later(window: ConsoleWindow, qtbot: QtBot) -> None:
    for share in (0.75, 0.25):
        moment_ns = int(head_of(window).start_ns + share * SECONDS * 1e9)
        window.pump.seek(moment_ns)

        def there(moment_ns: int = moment_ns) -> bool:
            robot = window.pump.state.robot
            return robot is not None and abs(robot.stamp_ns - moment_ns) < 2e7

        qtbot.waitUntil(there)
        robot = window.pump.state.robot
        assert robot is not None
        assert robot.stamp_ns <= moment_ns


def test_a_click_in_the_trends_goes_there(window: ConsoleWindow, qtbot: QtBot) -> None:
    window.show_perspective("diagnose")
    window.pump.show_everything()
    canvas = window.trends.canvas
    moment_ns = head_of(window).start_ns + 2_000_000_000
    place = canvas.rect().center()
    place.setX(int(canvas.column_of(moment_ns)))
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    qtbot.waitUntil(lambda: abs(head_of(window).now_ns - moment_ns) < 3e7)


def test_speed_is_chosen_and_shown(window: ConsoleWindow, qtbot: QtBot) -> None:
    window.transport.speed.setCurrentText("10 x")
    qtbot.waitUntil(lambda: head_of(window).speed == 10.0)


def test_closing_a_replay_asks_nothing(window: ConsoleWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed):
        window.close()


def test_a_file_that_is_no_recording_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "letter.mcap").write_text("Dear robot")
    with pytest.raises(UnreadableRecording, match="no MCAP file"):
        ReplaySource(tmp_path / "letter.mcap")
