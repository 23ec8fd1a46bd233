"""The fixtures that watch every test see each kind of thing left behind, and are patient with what is ending."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.support import leaks
from tests.support.leaks import left_behind, take_stock


def kinds_left(before: leaks.Holdings, *, with_timers: bool = False) -> list[str]:
    return list(left_behind(before, with_timers=with_timers, patience_s=0.0))


def test_nothing_left_is_nothing_said() -> None:
    assert kinds_left(take_stock(with_timers=False)) == []


def test_a_thread_is_seen_and_waited_for() -> None:
    before = take_stock(with_timers=False)
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="left over")
    thread.start()
    assert kinds_left(before) == ["threads"]
    release.set()
    assert left_behind(before, with_timers=False) == {}
    thread.join()


def test_a_child_process_is_seen() -> None:
    before = take_stock(with_timers=False)
    with _sleeping_child():
        assert kinds_left(before) == ["processes"]


@contextmanager
def _sleeping_child() -> Iterator[None]:
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.DEVNULL)
    child.kill()  # a killed child that nobody has waited for is left behind, too
    try:
        yield
    finally:
        child.wait()


def test_a_file_and_a_socket_are_seen(tmp_path: Path) -> None:
    before = take_stock(with_timers=False)
    descriptor = os.open(tmp_path / "open", os.O_CREAT | os.O_WRONLY)
    assert kinds_left(before) == ["descriptors"]
    os.close(descriptor)
    with socket.socket():
        assert kinds_left(before) == ["descriptors"]
    assert kinds_left(before) == []


def test_a_session_folder_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        before = take_stock(with_timers=False)
        (tmp_path / "celltwin-cell-1").mkdir()
        assert kinds_left(before) == ["shared"]


def test_a_running_timer_is_seen(qtbot: QtBot) -> None:
    from PySide6.QtCore import QTimer

    before = take_stock(with_timers=True)
    timer = QTimer()
    timer.start(100_000)
    assert kinds_left(before, with_timers=True) == ["timers"]
    timer.stop()
    assert kinds_left(before, with_timers=True) == []
