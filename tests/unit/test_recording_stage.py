"""The recorder follows a wish, and no trouble of a disk ever leaves it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.recording.append_file import AppendFile
from runtime.recording.facts import Facts
from runtime.recording.reader import extent, read
from runtime.recording.recorder import RESERVE_BYTES, Recorder
from tests.support.recorded_session import SECOND_NS, START_NS, session

FACTS = Facts("s", 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recordings" / "session.mcap"


def run(recorder: Recorder, seconds: float) -> None:
    for arrival in session(seconds):
        recorder.take([arrival])
        recorder.tick(now_ns=arrival.received_ns)


def test_nothing_is_written_without_a_wish(tmp_path: Path) -> None:
    recorder = Recorder(FACTS)
    run(recorder, 0.5)
    assert recorder.state.file == ""
    assert list(tmp_path.iterdir()) == []


def test_a_wish_opens_a_file_and_its_end_closes_it(file: Path) -> None:
    recorder = Recorder(FACTS)
    recorder.follow(str(file), now_ns=START_NS)
    run(recorder, 1.5)
    assert recorder.state.file == str(file)
    assert recorder.state.size_bytes > 1000
    recorder.follow("", now_ns=START_NS + 2 * SECOND_NS)
    assert recorder.state.file == ""
    assert extent(file).complete


def test_the_same_wish_again_changes_nothing(file: Path) -> None:
    recorder = Recorder(FACTS)
    for _ in range(3):
        recorder.follow(str(file), now_ns=START_NS)
    recorder.close()
    assert list(file.parent.iterdir()) == [file]


def test_a_recording_is_never_overwritten(file: Path) -> None:
    for _ in range(3):
        recorder = Recorder(FACTS)
        recorder.follow(str(file), now_ns=START_NS)
        recorder.close()
    assert sorted(path.name for path in file.parent.iterdir()) == ["session-2.mcap", "session-3.mcap", "session.mcap"]


def test_a_disk_without_reserve_ends_the_recording_in_good_order(file: Path) -> None:
    free = iter([RESERVE_BYTES, RESERVE_BYTES - 1])
    recorder = Recorder(FACTS, free_bytes=lambda path: next(free))
    recorder.follow(str(file), now_ns=START_NS)
    run(recorder, 2.5)
    assert recorder.state.file == ""
    assert "nearly full" in recorder.state.trouble
    assert extent(file).complete


def test_a_full_disk_ends_the_recording_and_what_was_flushed_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(FACTS)
    recorder.follow(str(file), now_ns=START_NS)
    run(recorder, 1.5)
    flushed = len(list(read(file)))
    monkeypatch.setattr(os, "write", _fail_halfway(os.write))
    recorder.tick(now_ns=START_NS + 3 * SECOND_NS)
    monkeypatch.undo()
    assert "No space left" in recorder.state.trouble
    assert recorder.state.file == ""
    assert len(list(read(file))) == flushed > 100


def _fail_halfway(write: Callable[[int, memoryview], int]) -> Callable[[int, memoryview], int]:
    state = {"calls": 0}

    def limited(descriptor: int, data: memoryview) -> int:
        state["calls"] += 1
        if state["calls"] > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data[: len(data) // 2])

    return limited


def test_a_folder_that_cannot_be_made_is_told_and_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recorder = Recorder(FACTS)
    wish = str(tmp_path / "file" / "session.mcap")
    recorder.follow(wish, now_ns=START_NS)
    recorder.follow(wish, now_ns=START_NS + 1)
    assert "cannot write" in recorder.state.trouble
    run(recorder, 0.2)
    recorder.follow("", now_ns=START_NS)
    assert recorder.state.trouble == ""


def test_a_file_grows_by_whole_flushes(tmp_path: Path) -> None:
    file = AppendFile(tmp_path / "grown")
    file.write(b"one")
    assert (tmp_path / "grown").read_bytes() == b""
    file.flush()
    file.write(b"two")
    assert file.tell() == 6
    assert (tmp_path / "grown").read_bytes() == b"one"
    file.close()
    assert (tmp_path / "grown").read_bytes() == b"onetwo"


@pytest.mark.parametrize(("wish", "said"), [("", "is a folder"), ("a\0b.mcap", "zero character")])
def test_a_wish_that_is_no_file_is_told_and_leaves_nothing(wish: str, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    recorder = Recorder(FACTS)
    recorder.follow(str(folder) + (f"/{wish}" if wish else ""), now_ns=START_NS)
    assert said in recorder.state.trouble
    recorder.close()
    assert list(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []


def test_a_folder_that_takes_no_files_is_not_called_a_full_disk() -> None:
    recorder = Recorder(FACTS)
    recorder.follow("/proc/x.mcap", now_ns=START_NS)
    assert "cannot write /proc/x.mcap" in recorder.state.trouble
    recorder.close()
