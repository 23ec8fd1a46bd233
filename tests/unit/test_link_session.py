"""One cell, one folder, one supervisor: claiming, joining, leaving and clearing up."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.link.session import (
    SecondInstance,
    SessionFolder,
    SessionMissing,
    SessionTrouble,
    clear_leftovers,
    default_root,
    found_sessions,
)
from runtime.link.shared import BlockTrouble
from runtime.link.stop_flag import StopFlag

_OWNER = """
import sys
from pathlib import Path
from runtime.link.session import SessionFolder
session = SessionFolder.create("cell", now_wall_ns=1, root=Path(sys.argv[1]))
print(session.session_id, flush=True)
sys.stdin.read()
"""


def _start_owner(root: Path) -> tuple[subprocess.Popen[str], str]:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, owner.stdout.readline().strip()


def _kill(owner: subprocess.Popen[str]) -> None:
    owner.send_signal(signal.SIGKILL)
    owner.communicate()


def _no_space(path: Path, content: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def test_the_folder_is_private_and_goes_with_its_owner(tmp_path: Path) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    assert session.path.stat().st_mode & 0o777 == 0o700
    session.close()
    assert not session.path.exists()
    session.close()


def test_a_second_supervisor_is_refused_with_the_process_id_of_the_first(tmp_path: Path) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    with pytest.raises(SecondInstance, match=f"already running .process {os.getpid()}.") as refused:
        SessionFolder.create("cell", now_wall_ns=2, root=tmp_path)
    assert refused.value.remedy
    session.close()


def test_two_cells_run_side_by_side(tmp_path: Path) -> None:
    sessions = [SessionFolder.create(name, now_wall_ns=1, root=tmp_path) for name in ("a", "b")]
    assert [found.info.cell for found in found_sessions(tmp_path)] == ["a", "b"]
    for session in sessions:
        session.close()


def test_others_join_the_running_session_and_leave_it_standing(tmp_path: Path) -> None:
    owner = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    guest = SessionFolder.find("cell", root=tmp_path)
    assert guest.session_id == owner.session_id
    guest.close()
    assert owner.path.exists()
    assert guest.is_current()
    owner.close()
    assert not guest.is_current()


def test_joining_a_cell_that_does_not_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(SessionMissing, match="no cell is running"):
        SessionFolder.find("cell", root=tmp_path)


def test_what_a_killed_supervisor_left_is_recognised_cleared_and_claimed_again(tmp_path: Path) -> None:
    owner, session_id = _start_owner(tmp_path)
    guest = SessionFolder.find("cell", root=tmp_path)
    assert guest.session_id == session_id
    assert [found.running for found in found_sessions(tmp_path)] == [True]
    assert clear_leftovers(tmp_path) == ()
    _kill(owner)
    assert [found.running for found in found_sessions(tmp_path)] == [False]
    assert not guest.is_current()
    (guest.path / "control.ipc").touch()
    (guest.path / "left").mkdir()
    following = SessionFolder.create("cell", now_wall_ns=2, root=tmp_path)
    assert sorted(path.name for path in following.path.iterdir()) == ["lock", "session.json"]
    assert not guest.is_current()
    following.close()


def test_leftovers_of_killed_supervisors_are_removed_on_request(tmp_path: Path) -> None:
    owner, _ = _start_owner(tmp_path)
    _kill(owner)
    assert clear_leftovers(tmp_path) == (tmp_path / "celltwin-cell",)
    assert list(tmp_path.iterdir()) == []


def test_somebody_who_looks_does_not_keep_a_supervisor_from_starting(tmp_path: Path) -> None:
    SessionFolder.create("cell", now_wall_ns=1, root=tmp_path).close()
    for _ in range(50):
        session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
        assert session.is_owned()
        session.close()


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "a" * 33, "ä", "a b"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SessionTrouble, match="is no name for a cell"):
        SessionFolder.create(name, now_wall_ns=1, root=tmp_path)


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "celltwin-cell").mkdir(mode=0o755)
    (tmp_path / "celltwin-cell").chmod(0o755)
    with pytest.raises(SessionTrouble, match="mode 0700"):
        SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "celltwin-cell").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SessionTrouble, match="mode 0700"):
        SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)


def test_a_file_in_place_of_the_root_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "root").touch()
    with pytest.raises(SessionTrouble, match="XDG_RUNTIME_DIR"):
        SessionFolder.create("cell", now_wall_ns=1, root=tmp_path / "root")


def test_a_full_file_system_is_told_with_what_to_do_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", _no_space)
        with pytest.raises(SessionTrouble, match="celltwin-cell cannot be written: No space left") as refused:
            SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    assert "XDG_RUNTIME_DIR" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_stop_flag_for_which_there_is_no_room_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", _no_space)
        with pytest.raises(BlockTrouble, match="the stop flag .*stop.block cannot be made: No space left"):
            StopFlag.create(session)
    session.close()


def test_a_path_too_long_for_a_socket_is_refused_with_what_to_do(tmp_path: Path) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path / ("x" * 100))
    with pytest.raises(SessionTrouble, match="107 bytes"):
        session.endpoint("control")
    session.close()


def test_the_root_is_in_memory_where_there_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_root() == tmp_path
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    assert default_root() != tmp_path / "missing"
    assert default_root().is_dir()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"cell": 1}', b"[]"])
def test_a_spoilt_session_file_counts_as_no_session(tmp_path: Path, content: bytes) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    (session.path / "session.json").write_bytes(content)
    with pytest.raises(SessionMissing):
        SessionFolder.find("cell", root=tmp_path)
    assert not session.is_current()
    session.close()


def test_a_console_finds_the_stop_flag_of_the_session_that_follows(tmp_path: Path) -> None:
    first = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    StopFlag.create(first).close()
    console = StopFlag.attach(SessionFolder.find("cell", root=tmp_path))
    assert console.renew()
    first.close()
    assert not console.is_current()
    assert not console.renew()
    second = SessionFolder.create("cell", now_wall_ns=2, root=tmp_path)
    control = StopFlag.create(second)
    assert console.renew()
    console.set(5)
    assert control.is_set()
    for flag in (console, control):
        flag.close()
    second.close()


def test_joining_a_stop_flag_that_is_not_there_says_so(tmp_path: Path) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    with pytest.raises(BlockTrouble, match="stop flag"):
        StopFlag.attach(session)
    session.close()


def test_an_owner_whose_folder_was_taken_away_leaves_that_of_the_next_one_alone(tmp_path: Path) -> None:
    first = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    shutil.rmtree(first.path)  # as a logout clears the runtime folder
    second = SessionFolder.create("cell", now_wall_ns=2, root=tmp_path)
    first.close()
    assert second.is_current()
    second.close()
    assert not second.path.exists()
