"""A recording in the same window: marked as replay, moved about in, commands impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from runtime.messages.requests import Stop
from runtime.recording.reader import UnreadableRecording
from tests.support.fake_policies import heat_maps
from tests.support.recorded_session import control_state
from tests.support.recording_file import write_recording
from twin_app.bridge.replay import ReplaySource
from twin_app.bridge.source import CommandsImpossible
from twin_app.model.arrival import Arrival, Samples
from twin_app.model.settings import SettingsStore
from twin_app.model.state import ConsoleState, Playhead, SourceKind
from twin_app.model.trends import Trends
from twin_app.model.update import rewound, update
from twin_app.model.wording import Tone
from twin_app.theme.tokens import LIGHT
from twin_app.widgets.mode_band import draw_band
from twin_app.window import ConsoleWindow

SECONDS = 4.0


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("recording") / "session.mcap"
    return write_recording(file, seconds=SECONDS, heat=heat_maps())


@pytest.fixture
def window(qtbot: QtBot, recording: Path, tmp_path: Path) -> Iterator[ConsoleWindow]:
    opened = ConsoleWindow(ReplaySource(recording, playing=False), settings=SettingsStore(tmp_path), load_twin=False)
    qtbot.addWidget(opened)
    opened.show()
    opened.activateWindow()
    QTest.qWaitForWindowActive(opened)
    qtbot.waitUntil(lambda: head_of(opened).loaded == 1.0 and opened.transport.isEnabled(), timeout=10_000)
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


def test_where_a_learned_policy_looked_is_drawn_over_the_recorded_pictures(window: ConsoleWindow, qtbot: QtBot) -> None:
    window.show_panel("cameras")
    window.pump.seek(int(head_of(window).start_ns + 0.5 * SECONDS * 1e9))
    views = window.cameras.views
    drawn = {heat.camera: heat for heat in heat_maps()}
    qtbot.waitUntil(lambda: all(name in views and views[name].heat == heat for name, heat in drawn.items()))
    assert window.cameras.heat_switch.isVisible()


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


def test_arrow_keys_turn_the_tabs_that_have_the_keyboard_and_time_elsewhere(
    window: ConsoleWindow, qtbot: QtBot
) -> None:
    window.show_panel("policy")
    window.pump.show_everything()
    bar = window.policy.tabs.tabBar()
    bar.setFocus()
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Left)
    assert bar.currentIndex() == 1
    window.policy.setFocus()
    window.setFocus()
    press(Qt.Key.Key_Right)
    qtbot.waitUntil(moved(window, 0.1))
    assert bar.currentIndex() == 1


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


@pytest.mark.parametrize("share", [0.8, 0.3])
def test_a_press_in_the_groove_of_the_time_slider_goes_there(window: ConsoleWindow, qtbot: QtBot, share: float) -> None:
    slider = window.transport.slider
    place = slider.rect().center()
    place.setX(int(share * slider.width()))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    qtbot.waitUntil(lambda: abs(head_of(window).now_ns - head_of(window).start_ns - share * SECONDS * 1e9) < 1e8)
    place.setX(slider.width() // 2)
    QTest.mouseMove(slider, place)
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    qtbot.waitUntil(lambda: abs(head_of(window).now_ns - head_of(window).start_ns - 0.5 * SECONDS * 1e9) < 1e8)


def test_after_a_jump_the_history_tells_everything_before_it_and_nothing_twice(
    window: ConsoleWindow, qtbot: QtBot
) -> None:
    window.show_panel("history")
    window.pump.show_everything()
    assert window.history.events.isVisible()
    assert not window.history.commands.isVisible()
    for share, events in ((1.0, 8), (0.5, 5), (0.9, 8)):
        moment_ns = int(head_of(window).start_ns + share * SECONDS * 1e9)
        window.pump.seek(moment_ns)
        qtbot.waitUntil(lambda events=events: len(window.history.events.rows) == events)
        stamps = [event.stamp_ns for event in window.pump.state.events]
        assert stamps == sorted(set(stamps), reverse=True)
        assert stamps[0] <= moment_ns


def test_a_jump_past_what_has_been_read_is_told_of_what_came_before_once_it_has_been_read(
    recording: Path, qtbot: QtBot
) -> None:
    source = ReplaySource(recording, playing=False)
    state = ConsoleState(kind=SourceKind.REPLAY)
    source.seek(200_000_000_000)
    source.start()

    def told() -> int:
        nonlocal state
        delivery = source.collect()
        state = rewound(state) if delivery.rewound else state
        state = update(state, delivery.arrivals, now_ns=delivery.now_ns)
        return len(state.events)

    qtbot.waitUntil(lambda: told() == 8)
    source.close()


def test_playing_again_from_the_end_tells_no_event_twice(window: ConsoleWindow, qtbot: QtBot) -> None:
    press(Qt.Key.Key_End)
    qtbot.waitUntil(lambda: head_of(window).now_ns == head_of(window).end_ns)
    qtbot.waitUntil(lambda: len(window.pump.state.events) == 8)
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: 0 < len(window.pump.state.events) < 4)


def test_the_mode_lane_is_painted_only_as_far_as_the_recording_has_been_read(qapp: QApplication) -> None:
    del qapp
    trends, second_ns = Trends(), 1_000_000_000
    stamps_ns = np.arange(1, 51, dtype=np.int64) * second_ns // 10
    trends.feed([Arrival("modes", control_state(stamps_ns[0], 1), 0, historic=True)])
    trends.feed([Arrival("control", Samples(stamps_ns, np.zeros((50, 6))), 0, historic=True)])
    image = QImage(400, 44, QImage.Format.Format_RGB32)
    image.fill(LIGHT.field)
    painter = QPainter(image)
    bounds_ns = (0, 10 * second_ns)
    draw_band(painter, QRectF(0, 0, 400, 44), trends, bounds_ns, edge_ns=bounds_ns[1], theme=LIGHT)
    painter.end()
    painted = [image.pixelColor(x, 5) == LIGHT.grounds[Tone.ACTIVE] for x in (100, 190, 210, 390)]
    assert painted == [True, True, False, False]


def test_a_click_in_the_trends_goes_there(window: ConsoleWindow, qtbot: QtBot) -> None:
    window.show_perspective("diagnose")
    window.pump.show_everything()
    canvas = window.trends.canvas
    moment_ns = head_of(window).start_ns + 2_000_000_000
    place = canvas.rect().center()
    place.setX(int(canvas.column_of(moment_ns)))
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    qtbot.waitUntil(lambda: abs(head_of(window).now_ns - moment_ns) < 3e7)
    assert canvas.cursor_words == "at 2.0 s"


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
