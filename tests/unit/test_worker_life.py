"""When the processes of a cell end by themselves: the one that started them is gone, even before they looked."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from twin_app.assembly.live import how_it_ended
from twin_app.assembly.setup import PLUGIN_FOLDER, CellSetup, SessionSetup
from twin_app.assembly.workers import supervisor
from twin_app.assembly.workers.life import Life

pytestmark = pytest.mark.live
PR_SET_PDEATHSIG = 1
"""prctl(2); 0 asks for no signal."""

SETUP = SessionSetup(CellSetup(cell="orphan"), ends_with_parent=True)


@pytest.fixture
def signals_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, 0)
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_as_before")
def test_a_worker_whose_supervisor_died_while_it_was_starting_ends() -> None:
    assert not Life(supervisor_pid=os.getppid()).over()
    assert Life(supervisor_pid=os.getpid()).over()


@pytest.mark.usefixtures("signals_as_before")
def test_a_supervisor_whose_runner_died_while_it_was_starting_makes_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    orphan = msgspec.structs.replace(SETUP, parent_pid=os.getpid(), data_folder=str(tmp_path))  # ours is another's
    assert supervisor.run_supervisor(orphan) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("told", [signal.SIGHUP, signal.SIGTERM])
def test_a_starting_supervisor_that_is_told_to_end_leaves_nothing(tmp_path: Path, told: signal.Signals) -> None:
    setup = msgspec.structs.replace(SETUP, parent_pid=os.getpid(), data_folder=str(tmp_path / "data"))
    process = subprocess.Popen(
        [sys.executable, "-m", "twin_app.assembly.workers", "supervisor", msgspec.json.encode(setup).decode()],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        cwd=PLUGIN_FOLDER.parent,
        start_new_session=True,
    )
    end_s = time.monotonic() + 30.0
    while not list(tmp_path.glob("celltwin-*")):
        assert time.monotonic() < end_s
        time.sleep(0.001)
    process.send_signal(told)
    process.wait(30.0)
    assert process.returncode >= 0  # ended by itself, in order
    assert list(tmp_path.glob("celltwin-*")) == []


def test_a_supervisor_that_is_gone_is_told_with_its_signal_and_no_empty_words() -> None:
    assert how_it_ended(-1, "") == "the supervisor ended unexpectedly (killed by SIGHUP)"
    assert how_it_ended(2, "no room").endswith("(exit code 2): no room")
