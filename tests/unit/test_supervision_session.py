"""The supervisor with five worker processes that only talk: requests, deaths, restarts, the orderly end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from runtime.link.requests import RequestClient
from runtime.link.session import SessionFolder, clear_leftovers
from runtime.link.stop_flag import StopFlag
from runtime.link.subscriber import Subscriber
from runtime.messages import requests as ask
from runtime.messages import topics
from runtime.messages.requests import Body, Receipt, ReceiptPhase
from runtime.messages.state import Mode
from runtime.messages.system import ProcessPhase, SystemState
from runtime.messages.tasks import TaskList, TaskStatus
from runtime.mistakes import UserMistake
from runtime.supervision.metrics import CellCollector, MetricsPage
from runtime.supervision.processes import ProcessSpec
from runtime.supervision.store import TaskStore
from runtime.supervision.supervisor import Supervisor, SupervisorOptions
from tests.support.supervised import WORKERS, catalogue, supervised_cell

pytestmark = pytest.mark.live

PATIENCE_S = 25.0
EASY = "put the red cube in the left tote"


class Watcher:
    """What a console sees of the session."""

    def __init__(self, session: SessionFolder, folder: Path) -> None:
        self.session = session
        self.folder = folder
        heard = (topics.SYSTEM, topics.TASKS, topics.CONTROL, topics.ALARMS, topics.EVENTS, topics.RECEIPTS)
        self.subscriber = Subscriber(session, heard)
        self.client = RequestClient(session, "test")
        self.receipts: list[Receipt] = []
        self.events: list[str] = []
        self.troubles: list[UserMistake] = []
        """With which the session ended."""

    def newest(self, topic: topics.Topic) -> Any:  # of the topic's type
        for received in self.subscriber.poll(0.005):
            if isinstance(received.message, Receipt):
                self.receipts.append(received.message)
            elif received.topic is topics.EVENTS:
                self.events.append(received.message.text)
        newest = self.subscriber.newest(topic)
        return None if newest is None else newest.message

    def until(self, topic: topics.Topic, condition: Callable[[Any], bool]) -> Any:  # of the topic's type
        deadline = time.monotonic() + PATIENCE_S
        while (newest := self.newest(topic)) is None or not condition(newest):
            assert time.monotonic() < deadline, f"waited in vain: {newest}; {self.events[-10:]}"
        return newest

    def accepted(self, body: Body) -> Receipt:
        receipt = self.client.ask(body, 5.0)
        assert receipt.phase is ReceiptPhase.ACCEPTED, receipt
        return receipt

    def confirmed(self, body: Body) -> Receipt:
        receipt = self.accepted(body)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.newest(topics.SYSTEM)
            for later in self.receipts:
                if later.request_id == receipt.request_id:
                    assert later.phase is not ReceiptPhase.FAILED, later
                    if later.phase is ReceiptPhase.CONFIRMED:
                        return later
            assert time.monotonic() < deadline, self.receipts

    def mode(self, mode: Mode) -> None:
        self.until(topics.CONTROL, lambda control: control.mode is mode)

    def pid(self, name: str) -> int:
        state: SystemState = self.until(topics.SYSTEM, lambda system: phase_of(system, name) is ProcessPhase.RUNNING)
        return next(one.pid for one in state.processes if one.name == name)

    def close(self) -> None:
        self.client.close()
        self.subscriber.close()


def phase_of(system: SystemState, name: str) -> ProcessPhase:
    return next(one.phase for one in system.processes if one.name == name)


def toy_workers(session: SessionFolder) -> tuple[ProcessSpec, ...]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return tuple(
        ProcessSpec(
            name,
            (sys.executable, "-m", "tests.support.toy_worker", name, str(session.path)),
            heartbeat_limit_s=1.0,
            stops_cell=name != "recorder",
            environment=environment,
        )
        for name in WORKERS
    )


@contextmanager
def running_session(folder: Path, **choices: Any) -> Iterator[Watcher]:  # any field of the options
    session = SessionFolder.create("test", now_wall_ns=time.time_ns())
    options = SupervisorOptions(
        policy="programmed",
        data_folder=folder / "data",
        recordings_folder=folder,
        log_folder=folder / "log",
        mismatch="low",
        seed=1,
        **choices,
    )
    built: list[Supervisor] = []
    watcher = Watcher(session, folder)

    def serve() -> None:
        supervisor = Supervisor(supervised_cell(), session, toy_workers(session), catalogue(), options)
        built.append(supervisor)
        try:
            supervisor.run()
        except UserMistake as trouble:
            watcher.troubles.append(trouble)

    thread = threading.Thread(target=serve, name="supervisor")
    thread.start()
    try:
        watcher.until(topics.SYSTEM, lambda system: system.ready)
        yield watcher
    finally:
        built[0].ask_to_end()
        thread.join()
        watcher.close()
        session.close()


def test_a_queued_task_waits_for_the_start_and_is_then_done_and_confirmed(tmp_path: Path) -> None:
    with running_session(tmp_path, first_tasks=(ask.AddTask(EASY),)) as watcher:
        tasks: TaskList = watcher.until(topics.TASKS, lambda tasks: bool(tasks.open))
        assert tasks.open[0].status is TaskStatus.QUEUED
        watcher.until(topics.SYSTEM, lambda system: "idle: Hold to start" in system.why_not_moving)
        watcher.confirmed(ask.Start())
        done = watcher.confirmed(ask.AddTask(EASY))
        assert "seen in the left tote" in done.detail
        watcher.confirmed(ask.Pause())
        watcher.confirmed(ask.Refill())
        watcher.confirmed(ask.StartRecording())
        watcher.confirmed(ask.SwapPolicy("programmed_careful"))
    store = TaskStore(tmp_path / "data")
    assert [task.status for task in store.recover(wall_ns=0)] == [TaskStatus.SUCCEEDED] * 2
    store.close()


def test_whoever_joins_later_is_told_what_happened_before(tmp_path: Path) -> None:
    with running_session(tmp_path) as watcher:
        watcher.accepted(ask.AddTask(EASY))
        with Subscriber(watcher.session, (topics.HISTORY,)) as late:
            deadline = time.monotonic() + PATIENCE_S
            told: list[str] = []
            while not any("add_task" in text for text in told):
                assert time.monotonic() < deadline, told
                told += [event.text for one in late.poll(0.05) for event in one.message.events]


@pytest.mark.parametrize("victim", ["control", "planner"])
def test_a_killed_worker_stops_the_cell_and_restart_reset_start_bring_it_back(tmp_path: Path, victim: str) -> None:
    with running_session(tmp_path, autostart=True) as watcher:
        watcher.mode(Mode.AUTO)
        task = watcher.accepted(ask.AddTask(EASY + " slowly", retries=2))
        watcher.until(topics.TASKS, lambda tasks: tasks.open and tasks.open[0].status is TaskStatus.RUNNING)
        pid = watcher.pid(victim)
        with StopFlag.attach(watcher.session) as stop_flag:
            os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + PATIENCE_S
            while not stop_flag.is_set():
                assert time.monotonic() < deadline
        dead = watcher.until(
            topics.ALARMS, lambda alarms: any(a.alarm_id == f"process.{victim}.dead" for a in alarms.alarms)
        )
        assert any("SIGKILL" in alarm.cause for alarm in dead.alarms)
        watcher.until(topics.SYSTEM, lambda system: f"process {victim} died" in system.why_not_moving)
        watcher.confirmed(ask.RestartProcess(victim))
        watcher.mode(Mode.PROTECTIVE_STOP)
        watcher.confirmed(ask.Reset())
        watcher.until(topics.SYSTEM, lambda system: system.ready)
        watcher.confirmed(ask.Start())
        again: TaskList = watcher.until(
            topics.TASKS,
            lambda tasks: tasks.open and tasks.open[0].status is TaskStatus.RUNNING and tasks.open[0].attempt == 2,
        )
        assert str(again.open[0].task_id) == task.detail


def test_in_headless_runs_a_dead_worker_comes_back_by_itself_but_does_not_move_anything(tmp_path: Path) -> None:
    with running_session(tmp_path, autostart=True, auto_restart=True) as watcher:
        watcher.mode(Mode.AUTO)
        old = watcher.pid("cameras")
        os.kill(old, signal.SIGKILL)
        watcher.mode(Mode.PROTECTIVE_STOP)
        watcher.until(topics.SYSTEM, lambda s: any(p.name == "cameras" and p.restarts == 1 for p in s.processes))
        assert watcher.pid("cameras") != old
        watcher.mode(Mode.PROTECTIVE_STOP)
        watcher.confirmed(ask.Reset())
        watcher.mode(Mode.IDLE)


def test_a_hanging_worker_stops_the_cell_too(tmp_path: Path) -> None:
    with running_session(tmp_path, autostart=True) as watcher:
        watcher.mode(Mode.AUTO)
        hung = watcher.pid("plant")
        os.kill(hung, signal.SIGSTOP)
        watcher.until(topics.SYSTEM, lambda system: phase_of(system, "plant") is ProcessPhase.SILENT)
        watcher.mode(Mode.PROTECTIVE_STOP)
        watcher.confirmed(ask.RestartProcess("plant"))
        assert watcher.pid("plant") != hung


def test_a_cell_that_was_left_stopped_waits_for_a_person_when_it_is_started_anew(tmp_path: Path) -> None:
    choices = {"autostart": True, "heeds_last_stop": True}
    with running_session(tmp_path, **choices) as watcher:
        watcher.mode(Mode.AUTO)
        watcher.confirmed(ask.Stop())
        watcher.mode(Mode.PROTECTIVE_STOP)
    for _ in range(2):  # also when nobody touched it in between
        with running_session(tmp_path, **choices) as watcher:
            watcher.until(topics.ALARMS, lambda alarms: any(a.alarm_id == "cell.left_stopped" for a in alarms.alarms))
            alarm = next(a for a in watcher.newest(topics.ALARMS).alarms if a.alarm_id == "cell.left_stopped")
            assert "protective stop: stop flag" in alarm.cause
            assert watcher.newest(topics.CONTROL).mode is Mode.IDLE
    with running_session(tmp_path, **choices) as watcher:
        watcher.mode(Mode.IDLE)
        watcher.until(topics.SYSTEM, lambda system: all(p.phase is ProcessPhase.RUNNING for p in system.processes))
        watcher.confirmed(ask.Start())
        watcher.mode(Mode.AUTO)
    with running_session(tmp_path, **choices) as watcher:
        watcher.mode(Mode.AUTO)


def test_the_same_request_twice_has_one_effect_and_foreign_wishes_are_refused_with_a_reason(tmp_path: Path) -> None:
    with running_session(tmp_path) as watcher:
        refused = [
            watcher.client.ask(body, 5.0)
            for body in (
                ask.SwapPolicy("nobody"),
                ask.InjectFault("F99", ask.FaultSeverity.MILD),
                ask.InjectFault("F20", ask.FaultSeverity.MILD, delay_s=-1.0),
                ask.AddTask("   "),
                ask.AddTask(EASY, time_limit_s=float("nan")),
                ask.AddTask(EASY, retries=-1),
                ask.CancelTask(77),
                ask.Reset(),
                ask.RestartProcess("plant"),
                ask.RestartProcess("nobody"),
                ask.AcknowledgeAlarm("nothing"),
                ask.StopRecording(),
                ask.SwapBack(),
                ask.ClearFaults("F01"),
            )
        ]
        assert all(receipt.phase is ReceiptPhase.REFUSED and receipt.reason for receipt in refused)
        for _ in range(3):
            watcher.accepted(ask.AddTask(EASY, key="order 7"))
        tasks: TaskList = watcher.until(topics.TASKS, lambda tasks: bool(tasks.open))
        assert len(tasks.open) == 1
        watcher.confirmed(ask.Stop())
        watcher.mode(Mode.PROTECTIVE_STOP)


def test_a_shutdown_request_ends_every_process_and_the_page_is_there_before(tmp_path: Path) -> None:
    with running_session(tmp_path, autostart=True, metrics_port=0) as watcher:
        system: SystemState = watcher.until(topics.SYSTEM, lambda system: bool(system.metrics_address))
        assert system.metrics_address.startswith("http://127.0.0.1:")
        names = (
            "robot_task_success_total",
            "robot_task_failure_total",
            "robot_task_duration_seconds_bucket",
            "robot_uptime_seconds",
            "policy_inference_latency_ms",
            "control_loop_lateness_seconds",
            "missed_ticks_total",
            "policy_confidence",
            "task_queue_length",
        )
        deadline = time.monotonic() + PATIENCE_S
        text = ""
        while not all(f"\n{name}" in text for name in names):  # each appears with its first telemetry
            assert time.monotonic() < deadline, text
            with urlopen(system.metrics_address, timeout=5.0) as page:
                text = page.read().decode()
        assert 'motor_temperature_celsius{joint="1"}' in text
        watcher.accepted(ask.Shutdown())


@pytest.mark.parametrize("loss", ["all of it", "replaced", "the stop flag"])
def test_a_session_folder_that_is_taken_away_ends_the_cell_in_order_with_the_reason(tmp_path: Path, loss: str) -> None:
    with running_session(tmp_path, autostart=True) as watcher:
        watcher.mode(Mode.AUTO)
        if loss == "the stop flag":
            watcher.session.block("stop").unlink()
        else:
            shutil.rmtree(watcher.session.path)
        following = SessionFolder.create("test", now_wall_ns=2) if loss == "replaced" else None
        deadline = time.monotonic() + PATIENCE_S
        while not watcher.troubles:
            watcher.newest(topics.CONTROL)
            assert time.monotonic() < deadline
        assert watcher.newest(topics.CONTROL).mode is Mode.PROTECTIVE_STOP
    assert "was removed or replaced while the cell ran" in str(watcher.troubles[0])
    assert any("the cell ends: the session folder" in event for event in watcher.events)
    if following is not None:
        assert following.is_current()
        following.close()


def test_a_metrics_port_in_use_is_told_in_words() -> None:
    page = MetricsPage(CellCollector(), port=0)
    port = int(page.address.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(UserMistake, match="cannot be used"):
        MetricsPage(CellCollector(), port=port)
    page.close()


def test_workers_leave_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from tests.unit.test_supervision_session import running_session\n"
        "with running_session(Path(sys.argv[1])) as watcher:\n"
        "    print(*[watcher.pid(name) for name in ('plant', 'control', 'recorder')], flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    owner = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, env=environment)
    assert owner.stdout is not None
    pids = [int(word) for word in owner.stdout.readline().split()]
    assert len(pids) == 3, f"the owner ended with {owner.wait()}"
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(clear_leftovers()) == 1  # what the killed supervisor could not take away
