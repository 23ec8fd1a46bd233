"""The control process without its arm, or without its supervisor: the mode goes on, is told, and says why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from runtime.link.plant_blocks import CommandBlock, StateBlock
from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.stop_flag import StopCause, StopFlag
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.joint import PlantFlag, PlantState
from runtime.messages.orders import ModeRequest, Orders
from runtime.messages.state import STOP_PRESSED, ControlState, Mode
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.workers import control

TICK_NS = 1_000_000
SETUP = CellSetup(cell="without-plant")


class StillAlive:
    """Nobody ends the process under test."""

    def __init__(self, *, supervisor_pid: int) -> None:
        self.supervisor_pid = supervisor_pid

    def over(self) -> bool:
        return False


class Bench:
    """A control process that the test ticks by hand, with the test as its plant, supervisor and person."""

    def __init__(self, root: Path) -> None:
        self.cell = read_scene(SETUP).cell
        self.session = SessionFolder.create(SETUP.cell, now_wall_ns=1, root=root)
        joints = len(self.cell.robot.joints)
        self.states = StateBlock.create(self.session, joints=joints)
        self.commands = CommandBlock.create(self.session, joints=joints)
        self.stop = StopFlag.create(self.session)
        self.supervisor = Publisher(self.session, "supervisor")
        self.loop = control.ControlLoop(self.session, SETUP)
        self.ear = Subscriber(self.session, (topics.CONTROL, topics.ROBOT))
        self.now_ns = time.monotonic_ns()
        self.plant_tick = 0
        self.orders = 0
        self.request: ModeRequest | None = None

    def tick(self, ticks: int = 1, *, plant: bool = True, supervisor: bool = True, braked: bool = False) -> None:
        for _ in range(ticks):
            self.now_ns += TICK_NS
            if plant:
                self.measure(braked=braked)
            if supervisor and self.loop._pacer.ticks % 50 == 0:
                self.order()
            self.loop._pacer.ticks += 1
            self.loop.tick(self.now_ns)

    def measure(self, *, braked: bool) -> None:
        self.plant_tick += 1
        joints = len(self.cell.robot.joints)
        home = np.array([joint.home_rad for joint in self.cell.robot.joints])
        none, warm = np.zeros(joints), np.full(joints, 30.0)
        flags = int(PlantFlag.BRAKED) if braked else 0
        self.states.write(
            PlantState(self.plant_tick, self.now_ns, home, none, none, 0.08, 0.0, warm, warm, flags, 0, 0, 0, 0)
        )

    def order(self, event: str = "") -> None:
        self.orders += 1
        if event:
            self.request = ModeRequest(self.orders, event, self.now_ns + 900 * TICK_NS)
        self.supervisor.send(topics.ORDERS, Orders(self.now_ns, self.orders, mode_request=self.request))
        time.sleep(0.01)

    def ask(self, event: str) -> None:
        self.order(event)
        while self.loop._acted_request != self.orders:
            self.tick(4, supervisor=False)

    def connect(self) -> None:
        """Until both ways are open; sockets take their time."""
        while not (self.loop._orders.sequence and self.ear.poll(0.01)):
            self.order()
            self.tick(4)

    def heard(self) -> list[ControlState]:
        time.sleep(0.05)
        return [one.message for one in self.ear.poll(0.1) if one.topic is topics.CONTROL]

    @property
    def mode(self) -> Mode:
        return self.loop._stage.modes.mode

    @property
    def reason(self) -> str:
        return self.loop._stage.modes.reason

    def close(self) -> None:
        loop = self.loop
        for thing in (loop._subscriber, loop._publisher, loop._states, loop._commands, loop._stop):
            thing.close()
        for thing in (self.ear, self.supervisor, self.states, self.commands, self.stop, self.session):
            thing.close()


@pytest.fixture
def bench(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(control, "enter_real_time", lambda priority: "")
    monkeypatch.setattr(control, "Life", StillAlive)
    monkeypatch.setattr(control, "LATE_MEASUREMENT_NS", 0)
    one = Bench(own_folders)
    yield one
    one.close()


def driving(bench: Bench) -> None:
    bench.connect()
    bench.tick(200)
    bench.ask("START")
    assert bench.mode is Mode.AUTO, bench.reason


def test_a_cell_that_has_just_started_is_idle_since_then_and_not_since_the_machine_was_started(bench: Bench) -> None:
    assert bench.mode is Mode.IDLE
    assert 0 <= bench.now_ns - bench.loop._stage.modes.since_ns < 60_000_000_000
    bench.connect()
    bench.tick(200)
    told = bench.heard()[-1]
    assert told.mode_since_ns == bench.loop._stage.modes.since_ns
    assert told.mode_since_ns > 0


def test_a_silent_arm_is_a_protective_stop_within_the_limit_and_is_told_without_it(bench: Bench) -> None:
    driving(bench)
    bench.heard()
    bench.tick(control.STALE_TICKS - 1, plant=False)
    assert bench.mode is Mode.AUTO
    bench.tick(1, plant=False)
    assert bench.mode is Mode.PROTECTIVE_STOP
    assert "arm" in bench.reason
    bench.tick(1000, plant=False)
    told = bench.heard()
    assert len(told) >= 15
    assert told[-1].mode is Mode.PROTECTIVE_STOP
    assert "arm" in told[-1].mode_reason


def test_a_stop_is_seen_in_mode_and_reason_at_once_without_an_arm(bench: Bench) -> None:
    driving(bench)
    bench.tick(10, plant=False)
    bench.stop.set(bench.now_ns)
    bench.tick(1, plant=False)
    assert (bench.mode, bench.reason) == (Mode.PROTECTIVE_STOP, STOP_PRESSED)


def test_a_person_who_stops_an_arm_that_is_gone_is_named_beside_the_first_cause(bench: Bench) -> None:
    driving(bench)
    bench.stop.set(bench.now_ns, StopCause.PROCESS_ENDED, process="plant")
    bench.tick(500, plant=False)
    bench.stop.set(bench.now_ns)
    bench.tick(1, plant=False)
    assert bench.reason == f"the arm's process (plant) ended; {STOP_PRESSED}"


def test_an_arm_that_comes_back_is_braked_keeps_the_first_cause_and_can_be_driven_again(bench: Bench) -> None:
    driving(bench)
    bench.tick(3000, plant=False)
    bench.plant_tick = 0
    bench.tick(100, braked=True)
    command = bench.commands.read()
    assert command is not None
    assert command.brake
    assert "missed" not in bench.reason
    assert bench.loop._stage.missed.total < 100
    bench.ask("RESET")
    assert bench.mode is Mode.IDLE
    bench.tick(200)
    bench.ask("START")
    assert bench.mode is Mode.AUTO


def test_a_silent_supervisor_is_a_protective_stop_that_names_it_and_ends_with_a_reset(bench: Bench) -> None:
    driving(bench)
    bench.tick(control.SUPERVISOR_SILENT_TICKS - 100, supervisor=False)
    assert bench.mode is Mode.AUTO
    bench.tick(100, supervisor=False)
    assert bench.mode is Mode.PROTECTIVE_STOP
    assert "supervisor" in bench.reason
    bench.tick(100)
    assert bench.mode is Mode.PROTECTIVE_STOP
    bench.ask("RESET")
    assert bench.mode is Mode.IDLE


def test_a_host_that_stalls_in_the_middle_of_a_tick_stops_nothing(bench: Bench) -> None:
    driving(bench)
    late_ns = bench.now_ns + TICK_NS
    bench.now_ns += 60 * TICK_NS
    bench.measure(braked=False)
    commands = bench.commands.count
    bench.loop.tick(late_ns)
    assert bench.commands.count == commands, "the tick is over; the next one serves the arm"
    bench.tick(10)
    assert bench.commands.count > commands
    assert bench.mode is Mode.AUTO, bench.reason


def test_a_host_that_stalls_as_a_whole_does_not_make_the_supervisor_silent(bench: Bench) -> None:
    driving(bench)
    bench.now_ns += 5_000 * TICK_NS
    bench.tick(10, supervisor=False)
    assert "supervisor" not in bench.reason


def test_a_cell_whose_first_orders_have_not_come_yet_is_not_stopped_for_their_absence(bench: Bench) -> None:
    bench.tick(2 * control.SUPERVISOR_SILENT_TICKS, supervisor=False)
    assert bench.mode is Mode.IDLE
