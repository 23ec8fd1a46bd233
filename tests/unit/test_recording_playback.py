"""A playhead over a recording: time is handed in, nothing is lost, jumps lead up to their moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.recording.playback import CATCH_UP_NS, Playback
from runtime.recording.reader import read
from tests.support.recorded_session import SECOND_NS
from tests.support.recording_file import write_recording

SECONDS = 6.0


@pytest.fixture
def playback(tmp_path: Path) -> Iterator[Playback]:
    file = write_recording(tmp_path / "session.mcap", seconds=SECONDS)
    playback = Playback(file)
    yield playback
    playback.close()


def test_a_paused_playhead_stays(playback: Playback) -> None:
    playback.due(now_ns=0)
    before = playback.head_ns
    assert playback.due(now_ns=SECOND_NS) == []
    assert playback.head_ns == before


def test_playing_to_the_end_delivers_every_message_once(playback: Playback, tmp_path: Path) -> None:
    playback.play()
    delivered = [item for step in range(80) for item in playback.due(now_ns=step * SECOND_NS // 10)]
    assert delivered == list(read(tmp_path / "session.mcap"))
    assert playback.ended
    assert not playback.playing


@pytest.mark.parametrize("speed", [0.5, 1.0, 10.0])
def test_the_playhead_moves_at_its_speed(playback: Playback, speed: float) -> None:
    playback.speed = speed
    playback.play()
    playback.due(now_ns=7)
    playback.due(now_ns=7 + SECOND_NS // 5)
    assert playback.head_ns - playback.extent.first_ns == speed * SECOND_NS // 5


def test_a_jump_leads_up_to_its_moment(playback: Playback) -> None:
    moment = playback.extent.first_ns + 4 * SECOND_NS
    playback.seek(moment)
    delivered = playback.due(now_ns=0)
    assert moment - CATCH_UP_NS <= delivered[0].log_ns
    assert delivered[-1].log_ns <= moment
    assert {item.topic.name for item in delivered} >= {"system", "robot", "cell", "camera/wrist"}


def test_from_the_end_it_starts_over(playback: Playback) -> None:
    playback.seek(playback.extent.last_ns)
    playback.due(now_ns=0)
    assert playback.ended
    playback.play()
    assert playback.due(now_ns=0)
    assert playback.head_ns < playback.extent.last_ns


def test_a_file_that_was_cut_off_since_it_was_opened_is_said_to_be(playback: Playback, tmp_path: Path) -> None:
    file = tmp_path / "session.mcap"
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)
    playback.play()
    for step in range(80):
        playback.due(now_ns=step * SECOND_NS // 10)
    assert playback.ended
    assert playback.damage


def test_a_whole_file_is_not_said_to_be_damaged(playback: Playback) -> None:
    playback.play()
    for step in range(80):
        playback.due(now_ns=step * SECOND_NS // 10)
    playback.seek(playback.extent.last_ns)
    playback.due(now_ns=9 * SECOND_NS)
    assert playback.ended
    assert not playback.damage
