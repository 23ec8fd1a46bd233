"""A machine that stands still is seen, and only a live test that failed meanwhile is tried again."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.system1.missed_ticks import MissedTickLimits
from tests.support.host_stalls import TRIES, HostWatch
from tests.support.stall_loop import STALL_S

ROOT = Path(__file__).resolve().parents[2]

PLUGIN = """
from tests.support import host_stalls

class Watch:
    stalls = {stalls}
    def __enter__(self): return self
    def __exit__(self, *trouble): pass

host_stalls.HostWatch = Watch

def pytest_runtest_protocol(item, nextitem):
    return host_stalls.run_watched(item, nextitem)
"""

TEST = """
from pathlib import Path

def test_it(tmp_path_factory):
    tries = Path(__file__).with_name("tries")
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    assert len(tries.read_text()) > {failures}
"""


def tried(folder: Path, *, stalls: list[float], failures: int) -> tuple[int, bool]:
    """How often a test ran that fails so often at first, and whether the run of it was green."""
    (folder / "conftest.py").write_text(PLUGIN.format(stalls=stalls))
    (folder / "test_it.py").write_text(TEST.format(failures=failures))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ("once more (" in done.stderr) is (bool(stalls) and failures > 0)
    return len((folder / "tries").read_text()), done.returncode == 0


def test_a_test_that_failed_while_the_machine_stood_still_is_tried_again(tmp_path: Path) -> None:
    assert tried(tmp_path, stalls=[0.03], failures=1) == (2, True)


def test_a_test_that_fails_every_time_fails(tmp_path: Path) -> None:
    assert tried(tmp_path, stalls=[0.03], failures=TRIES) == (TRIES, False)


def test_a_test_that_failed_while_the_machine_ran_is_not_tried_again(tmp_path: Path) -> None:
    assert tried(tmp_path, stalls=[], failures=1) == (1, False)


def test_a_test_that_passes_is_run_once(tmp_path: Path) -> None:
    assert tried(tmp_path, stalls=[0.03], failures=0) == (1, True)


def test_a_stall_is_what_makes_the_arm_brake() -> None:
    assert MissedTickLimits().stop_in_row * 0.001 == STALL_S


def _without_permission(loop: subprocess.Popen[str], *, ended: bool) -> bool:
    """Whether it has given up; the end of its output comes a moment before its exit status."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        loop.wait(0.5 if ended else 0.0)
    return loop.returncode is not None


def _stopped_for_a_while(watch: HostWatch) -> None:
    """Until its first loop tells of a stall, which may also be one of the machine's own."""
    loop = watch.loops[0]
    assert loop.stdout is not None
    told = False
    for _ in range(10):  # a busy machine takes its time until the loop looks at the clock
        loop.send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        loop.send_signal(signal.SIGCONT)
        told = bool(select.select([loop.stdout], [], [], 1.0)[0])
        if _without_permission(loop, ended=told):
            pytest.skip("this user may not ask for real-time priority")
        if told:
            break
    assert told


def test_a_loop_that_was_not_run_for_a_while_says_for_how_long() -> None:
    longest: list[float] = []
    for _ in range(5):  # what is told first may be a shorter stall of the machine's own
        with HostWatch() as watch:
            _stopped_for_a_while(watch)
        longest.append(watch.stalls[0])
        if longest[-1] > 0.2:
            break
    assert longest[-1] > 0.2, longest
