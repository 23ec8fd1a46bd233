"""The cell in which a fault is tried: kept picking without end, asked as a console asks, seen as telemetry sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from runtime.link.session import SessionFolder
from runtime.messages import topics
from runtime.messages.faults import FaultReport, FaultState
from runtime.messages.requests import AddTask, Body, Receipt, Refill
from runtime.messages.state import ControlState, RobotState
from runtime.messages.system import AlarmList, AlarmPhase, ProcessPhase, SystemState
from runtime.messages.tasks import Task, TaskList
from runtime.mistakes import UserMistake
from twin_app.assembly.live import LiveCell
from twin_app.assembly.lockstep import TASK_TIME_LIMIT_S, LockStepCell
from twin_app.assembly.setup import CellSetup, SessionSetup, read_scene
from twin_app.assembly.workload import Order, orders

STEP_TICKS = 50
RETRIES = 1


@dataclass(frozen=True, slots=True)
class Sight:
    """What telemetry tells at one moment."""

    now_s: float
    control: ControlState | None
    robot: RobotState | None
    tasks: TaskList | None
    alarms: frozenset[str]
    """Those whose condition holds."""

    reports: tuple[FaultReport, ...]
    dead: frozenset[str]
    """Processes that are gone; none in lock-step, where an error ends the row."""


class FaultBench(Protocol):
    """A cell under trial, on either clock."""

    clock: str

    def advance(self) -> Sight:
        """Go on by a twentieth of a second, and keep the queue filled."""
        ...

    def ask(self, body: Body) -> Receipt:
        """Ask the supervisor; raises `UserMistake` when it refuses."""
        ...

    def close(self) -> None:
        """End the cell."""
        ...


class LockStepBench:
    """One process, simulated time."""

    clock = "lock-step"

    def __init__(self, setup: CellSetup) -> None:
        self._cell = LockStepCell(setup)
        self._orders = orders(read_scene(setup).cell, seed=setup.seed)
        self._cell.start()

    def advance(self) -> Sight:
        """50 ticks."""
        cell = self._cell
        now_ns = cell.loop.now_ns
        if not cell.oversight.desk.queue.open:
            order = next(self._orders)
            if order.refill_id != cell.plant.refill_id:
                cell.plant.refill(order.refill_id)
            cell.ask(_task(order))
        for _ in range(STEP_TICKS):
            cell.loop.tick()
        over = cell.oversight
        return Sight(
            now_s=cell.loop.now_ns * 1e-9,
            control=over.telemetry.control,
            robot=over.telemetry.robot,
            tasks=over.desk.task_list(now_ns),
            alarms=_holding(over.alarms.alarm_list(now_ns=now_ns)),
            reports=over.injections.fault_state(now_ns).injections,
            dead=frozenset(),
        )

    def ask(self, body: Body) -> Receipt:
        """Answered at once."""
        return self._cell.ask(body)

    def close(self) -> None:
        """Free engine and renderer."""
        self._cell.close()


class LiveBench:
    """All processes on the wall clock."""

    clock = "live"
    _HEARD = (
        topics.SYSTEM,
        topics.TASKS,
        topics.CONTROL,
        topics.ROBOT,
        topics.ALARMS,
        topics.FAULTS,
        topics.RECEIPTS,
        topics.EVENTS,
    )

    def __init__(self, setup: CellSetup, *, data_folder: str) -> None:
        self._live = LiveCell(
            SessionSetup(cell=setup, data_folder=data_folder, autostart=True, ends_with_parent=True), listen=self._HEARD
        )
        self._orders: Iterator[Order] = orders(read_scene(setup).cell, seed=setup.seed)
        self._layout = 0
        self._task_id = 0
        self._live.start()
        try:
            self._live.await_ready()
        except UserMistake:
            self._live.close()
            raise

    @property
    def session(self) -> SessionFolder:
        """The running session."""
        return self._live.session

    def advance(self) -> Sight:
        """Listen for a twentieth of a second."""
        self._live.poll()
        if self._task_done():
            self._order_next()
        heard = self._live.heard
        control, system = heard.get(topics.CONTROL.name), heard.get(topics.SYSTEM.name)
        faults = heard.get(topics.FAULTS.name)
        alarms = heard.get(topics.ALARMS.name)
        return Sight(
            now_s=time.monotonic(),
            control=control if isinstance(control, ControlState) else None,
            robot=heard.get(topics.ROBOT.name),
            tasks=heard.get(topics.TASKS.name),
            alarms=_holding(alarms) if isinstance(alarms, AlarmList) else frozenset(),
            reports=faults.injections if isinstance(faults, FaultState) else (),
            dead=_dead(system) if isinstance(system, SystemState) else frozenset(),
        )

    def ask(self, body: Body) -> Receipt:
        """Over the link."""
        return self._live.ask(body)

    def close(self) -> None:
        """Shut the session down."""
        self._live.close()

    def _task_done(self) -> bool:
        known = self._live.heard.get(topics.TASKS.name)
        return self._task_id == 0 or (
            isinstance(known, TaskList) and any(task.task_id == self._task_id for task in known.finished)
        )

    def _order_next(self) -> None:
        order = next(self._orders)
        if order.refill_id != self._layout:
            self._live.ask_until_confirmed(Refill(), timeout_s=10.0)
            self._layout = order.refill_id
        self._task_id = int(self._live.ask(_task(order)).detail)


def newest_finished(sight: Sight) -> Task | None:
    """The task that ended last."""
    return sight.tasks.finished[0] if sight.tasks is not None and sight.tasks.finished else None


def _task(order: Order) -> AddTask:
    return AddTask(order.instruction, time_limit_s=TASK_TIME_LIMIT_S, retries=RETRIES)


def _holding(alarms: AlarmList) -> frozenset[str]:
    shown = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.ACKNOWLEDGED)
    return frozenset(alarm.alarm_id for alarm in alarms.alarms if alarm.phase in shown)


def _dead(system: SystemState) -> frozenset[str]:
    return frozenset(one.name for one in system.processes if one.phase is ProcessPhase.DEAD or one.restarts)
