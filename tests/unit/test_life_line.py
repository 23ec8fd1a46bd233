"""A line that is cut when its holder begins to die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.link.life_line import VARIABLE, LifeLine, hold
from runtime.link.stop_flag import StopCause
from runtime.supervision.processes import Children, ProcessSpec

HOLDER = "from runtime.link.life_line import hold; hold(); print('held', flush=True); import time; time.sleep(60)"


def wait_until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20.0
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


def held_line() -> tuple[LifeLine, subprocess.Popen[bytes]]:
    line = LifeLine()
    process = subprocess.Popen(
        (sys.executable, "-c", HOLDER),
        stdout=subprocess.PIPE,
        env={**os.environ, VARIABLE: str(line.descriptor)},
        pass_fds=(line.descriptor,),
    )
    line.passed_on()
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return line, process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_line_is_cut_however_its_holder_ends(number: int) -> None:
    line, process = held_line()
    cut: list[bool] = []
    waiting = threading.Thread(target=lambda: cut.append(line.await_cut(over=lambda: True)))
    waiting.start()
    waiting.join(0.1)
    assert cut == []  # held: nobody but its end counts
    process.send_signal(number)
    waiting.join(20.0)
    assert cut == [True]
    process.communicate()
    line.close()


def test_a_holder_that_died_before_anybody_waited_is_told_of() -> None:
    line, process = held_line()
    process.kill()
    process.communicate()
    assert line.await_cut(over=lambda: False)
    line.close()


def test_a_line_that_nobody_took_is_given_up_when_that_is_over() -> None:
    line = LifeLine()
    assert not line.await_cut(over=lambda: True)
    line.close()
    line.close()


@pytest.mark.parametrize("word", ["", "no number", "-1", "987654"])
def test_a_process_without_a_line_goes_on(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, word)
    hold()
    assert VARIABLE not in os.environ


def test_a_worker_that_is_killed_stops_the_cell_once_and_is_buried(tmp_path: Path) -> None:
    stops: list[str] = []
    children = Children(
        specs=(ProcessSpec("planner", (sys.executable, "-c", HOLDER)),),
        log_folder=tmp_path,
        clock_ns=lambda: 1,
        stop_cell=lambda now_ns, cause, name: stops.append(f"{cause.name} {name}"),
    )
    children.start_all()
    wait_until(lambda: (tmp_path / "planner.log").read_bytes() == b"held\n")
    os.kill(children.states()[0].pid, signal.SIGKILL)
    wait_until(lambda: any("died" in event.text for event in children.tick({})))
    assert stops == [f"{StopCause.PROCESS_ENDED.name} planner"]
    children.end_all(patience_s=0.0)
    assert stops == [f"{StopCause.PROCESS_ENDED.name} planner"]
