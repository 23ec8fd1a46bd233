"""Processes that end with the one that started them, when that is killed or interrupted; and what they tell it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CREW = """
import sys, time
from pathlib import Path
from runtime.link.parentage import crew
from tests.support.crew_work import work
from twin_app.assembly.ending import Ended, ends_in_order

if __name__ == "__main__":
    try:
        with ends_in_order(), crew(1) as pool:
            pool.submit(work, sys.argv[1]).result()
    except Ended:
        sys.exit(143)
"""

TROUBLES = """
from runtime.link.parentage import crew
from runtime.mistakes import UserMistake
from tests.support.crew_work import err, work_and_be_killed

if __name__ == "__main__":
    for troubled in (err, work_and_be_killed):
        try:
            with crew(1) as pool:
                pool.submit(troubled).result()
        except UserMistake as mistake:
            print(type(mistake).__name__, mistake)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_crew_ends_at_once_with_the_process_that_it_works_for(tmp_path: Path, number: signal.Signals) -> None:
    script, told = tmp_path / "script.py", tmp_path / "pid"
    script.write_text(CREW)
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen([sys.executable, str(script), str(told)], env={**os.environ, "PYTHONPATH": root})
    worker = int(_read(told))
    process.send_signal(number)
    assert process.wait(20.0) in (-number, 143)
    _await_gone(worker)


def test_what_goes_wrong_in_a_crew_is_told_as_what_it_is(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(TROUBLES)
    root = str(Path(__file__).resolve().parents[2])
    told = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == [
        "SceneError tray.toml: height_m = 3: must be 2",
        "  → correct `height_m` in tray.toml",
        "UserMistake a process that worked for this command was killed, perhaps because memory ran out",
        "  → give the same command again, with fewer --processes: what was kept is not done again",
    ]
    assert told.stderr == ""


def _read(file: Path) -> str:
    until_s = time.monotonic() + 40.0
    while time.monotonic() < until_s:
        if file.exists() and (text := file.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError("the crew never began to work")


def _await_gone(pid: int) -> None:
    until_s = time.monotonic() + 10.0
    while time.monotonic() < until_s:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is left")
