"""The stop flag: set by anyone, latched, cleared only by the one who saw the press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.link.session import SessionFolder
from runtime.link.shared import BlockTrouble
from runtime.link.stop_flag import StopCause, StopFlag


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionFolder]:
    folder = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    yield folder
    folder.close()


def test_a_new_flag_is_not_set(session: SessionFolder) -> None:
    with StopFlag.create(session) as flag:
        assert not flag.is_set()
        assert flag.pressed_ns() == 0
        assert flag.pressed_by() == 0


def test_a_press_is_seen_by_all_and_stays_until_it_is_cleared(session: SessionFolder) -> None:
    with StopFlag.create(session) as control, StopFlag.attach(session) as console:
        console.set(100)
        assert control.is_set()
        assert control.pressed_ns() == 100
        assert control.pressed_by() > 0
        control.clear(100)
        assert not console.is_set()
        assert console.pressed_ns() == 0


def test_a_press_during_the_clearing_of_an_older_one_is_not_lost(session: SessionFolder) -> None:
    with StopFlag.create(session) as control, StopFlag.attach(session) as console:
        console.set(100)
        seen = control.pressed_ns()
        console.set(200)
        control.clear(seen)
        assert control.is_set()
        assert control.pressed_ns() == 200


def test_clearing_nothing_clears_nothing(session: SessionFolder) -> None:
    with StopFlag.create(session) as flag:
        flag.clear(flag.pressed_ns())
        flag.set(7)
        flag.clear(0)
        assert flag.is_set()


@given(stamps=st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_a_press_sets_the_flag_whatever_its_stamp_and_whatever_was_cleared(
    tmp_path_factory: pytest.TempPathFactory, stamps: list[int]
) -> None:
    folder = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path_factory.mktemp("s"))
    with StopFlag.create(folder) as flag:
        for stamp in stamps:
            flag.set(stamp)
            assert flag.is_set()
            flag.clear(flag.pressed_ns())
            assert not flag.is_set() or flag.pressed_ns() == 0
    folder.close()


@pytest.mark.parametrize("content", [b"", b"x" * 64, b"\0" * 64, b"x" * 65])
def test_a_file_that_is_no_stop_flag_is_refused(session: SessionFolder, content: bytes) -> None:
    session.block("stop").write_bytes(content)
    with pytest.raises(BlockTrouble, match="no stop flag"):
        StopFlag.attach(session)


def test_the_first_press_gives_the_reason(session: SessionFolder) -> None:
    with StopFlag.create(session) as flag:
        flag.set(100, StopCause.ARM_SILENT)
        flag.set(200)
        assert "arm" in flag.reason()
        flag.clear(flag.pressed_ns())
        flag.set(300)
        assert flag.reason() == "stop pressed"


@pytest.mark.parametrize("cause", [StopCause.PROCESS_ENDED, StopCause.PROCESS_SILENT])
def test_a_process_that_is_lost_is_named_with_what_became_of_it(session: SessionFolder, cause: StopCause) -> None:
    with StopFlag.create(session) as flag, StopFlag.attach(session) as console:
        flag.set(100, cause, process="planner")
        what = "ended" if cause is StopCause.PROCESS_ENDED else "gives no sign of life"
        assert console.reason() == f"process planner {what}"
        flag.clear(flag.pressed_ns())
        flag.set(200, cause, process="plant")
        assert "arm" in console.reason()


def test_a_person_who_presses_after_another_cause_is_told_too_and_forgotten_with_the_reset(
    session: SessionFolder,
) -> None:
    with StopFlag.create(session) as flag:
        flag.set(100, StopCause.SUPERVISOR_SILENT)
        flag.set(200)
        assert flag.reason() == "no orders came from the supervisor; stop pressed"
        flag.clear(flag.pressed_ns())
        flag.set(300, StopCause.ARM_SILENT)
        assert "pressed" not in flag.reason()
