"""A live cell that does not come up is given up at once, in words, with nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryFile
from typing import cast

import pytest
from msgspec.structs import replace

from runtime.link.requests import RequestClient
from runtime.messages import topics
from runtime.messages.requests import CancelTask
from runtime.messages.system import ProcessPhase, ProcessState, SystemState
from runtime.messages.tasks import Task, TaskCounts, TaskList, TaskStatus
from runtime.mistakes import UserMistake
from twin_app.assembly import live as live_module
from twin_app.assembly import run_command
from twin_app.assembly.ending import Ended, ends_in_order, put_off
from twin_app.assembly.live import SILENCE_PATIENCE_NS, LiveCell
from twin_app.assembly.setup import CellSetup, SessionSetup

NOW_NS = 100_000_000_000


class HeardCell(LiveCell):
    """Hears one thing and nothing else."""

    def poll(self, timeout_s: float = 0.05) -> list[object]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return []


def starting(folder: Path, process: ProcessState) -> HeardCell:
    cell = HeardCell(SessionSetup(CellSetup(cell="one"), data_folder=str(folder)))
    cell.heard[topics.SYSTEM.name] = SystemState(
        NOW_NS, "s", "one", "tray", "low", 1, 0, False, "…", (process,), "", 0, "", {}, "none", ""
    )
    return cell


@pytest.mark.parametrize(
    ("process", "what"),
    [
        (ProcessState("planner", 0, ProcessPhase.DEAD, NOW_NS, 0, 0.1, "exit code 0"), "died"),
        (ProcessState("planner", 7, ProcessPhase.SILENT, NOW_NS, 0, 0.0, "no sign of life"), "hangs"),
        (ProcessState("planner", 7, ProcessPhase.SILENT, NOW_NS - SILENCE_PATIENCE_NS - 1, 0, 12.0, "silent"), "hangs"),
    ],
)
def test_a_lost_worker_is_named_with_its_last_words(process: ProcessState, what: str, tmp_path: Path) -> None:
    log = tmp_path / "one" / "logs" / "planner.log"
    log.parent.mkdir(parents=True)
    log.write_text("Traceback\nValueError: a bad policy\n", encoding="utf-8")
    with pytest.raises(UserMistake, match=f"planner {what} .*a bad policy") as given_up:
        starting(tmp_path, process).await_ready(timeout_s=30.0)
    assert str(log) in given_up.value.remedy


def test_what_was_said_in_an_earlier_run_is_no_cause_of_this_death(tmp_path: Path) -> None:
    log = tmp_path / "one" / "logs" / "planner.log"
    log.parent.mkdir(parents=True)
    log.write_text("ValueError: a bad policy\n", encoding="utf-8")
    cell = starting(tmp_path, ProcessState("planner", 0, ProcessPhase.DEAD, NOW_NS, 0, 0.1, "killed by SIGKILL"))
    cell._logs_begin = {"planner.log": log.stat().st_size}
    with pytest.raises(UserMistake, match="planner died before the cell was ready: killed by SIGKILL\n"):
        cell.await_ready(timeout_s=30.0)


def test_a_worker_that_is_silent_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    briefly = ProcessState("planner", 7, ProcessPhase.SILENT, NOW_NS - 1, 0, 2.5, "no heartbeat for 2 s")
    with pytest.raises(UserMistake, match="not ready after"):
        starting(tmp_path, briefly).await_ready(timeout_s=0.01)


class Canceller:
    """Cancels what it is asked to, in the cell's own telemetry."""

    def __init__(self, cell: LiveCell) -> None:
        self.cell = cell

    def ask(self, body: CancelTask, timeout_s: float) -> None:
        known = self.cell.heard[topics.TASKS.name]
        left = tuple(task for task in known.open if task.task_id != body.task_id)
        self.cell.heard[topics.TASKS.name] = replace(known, open=left)


def waiting(folder: Path) -> HeardCell:
    """A cell in whose queue two tasks wait."""
    cell = HeardCell(SessionSetup(CellSetup(cell="one"), data_folder=str(folder)))
    tasks = tuple(Task(number, "put it there", 0, 60.0, 1, 0, TaskStatus.QUEUED, "", 1, 0, 0) for number in (3, 4))
    cell.heard[topics.TASKS.name] = TaskList(NOW_NS, tasks, (), TaskCounts(0, 0, 0, 0, 0.0))
    cell.client = cast(RequestClient, Canceller(cell))
    return cell


def test_a_run_cancels_what_an_earlier_run_has_left_in_its_own_queue(tmp_path: Path) -> None:
    cell = waiting(tmp_path)
    cell.clear_queue(ours=True)
    assert cell.heard[topics.TASKS.name].open == ()


def test_a_run_leaves_the_tasks_of_somebody_else_alone(tmp_path: Path) -> None:
    cell = waiting(tmp_path)
    with pytest.raises(UserMistake, match="2 tasks wait in the queue of .*one") as refused:
        cell.clear_queue(ours=False)
    assert "--data" in refused.value.remedy
    assert len(cell.heard[topics.TASKS.name].open) == 2


def test_an_interrupted_start_tells_the_supervisor_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    said = TemporaryFile()  # noqa: SIM115 - the cell closes it
    monkeypatch.setattr(live_module, "start_supervisor", lambda setup: (subprocess.Popen(["sleep", "60"]), said))
    monkeypatch.setattr(live_module, "await_session", interrupted)
    cell = LiveCell(SessionSetup(CellSetup()))
    with pytest.raises(KeyboardInterrupt):
        cell.start()
    assert cell.process.returncode == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_of_the_terminal_is_like_ctrl_c(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Ended, match=number.name), ends_in_order():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_ctrl_c_while_modules_load_waits_until_they_have() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it runs behind
    done: list[str] = []

    def load() -> None:
        with put_off():
            signal.raise_signal(signal.SIGINT)  # to this thread: others of a test run do not wait
            done.append("loaded")

    try:
        with pytest.raises(KeyboardInterrupt):
            load()
    finally:
        signal.signal(signal.SIGINT, before)
    assert done == ["loaded"]


@pytest.mark.parametrize(
    ("asked", "file", "trouble", "said"),
    [
        ("", "", "", ""),
        ("/a/x.mcap", "/a/x.mcap", "", ""),
        ("/a/x.mcap", "", "the disk is nearly full", "the disk is nearly full"),
        ("/a/x.mcap", "", "", "/a/x.mcap is not being written"),
    ],
)
def test_a_recording_that_was_asked_for_and_is_not_written_fails_the_run(
    asked: str, file: str, trouble: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    system = SystemState(NOW_NS, "s", "one", "tray", "low", 1, 0, True, "", (), file, 0, trouble, {}, "none", "")
    found = run_command._recording_trouble(LiveCell(SessionSetup(CellSetup(), record=asked)), system)
    assert found == said
    status = run_command._status({"trouble": "", "succeeded": 1, "recording_trouble": found})
    assert status == int(bool(said))
    assert said in capsys.readouterr().err
