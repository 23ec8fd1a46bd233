"""A live cell that survives its killings: picking, recording, with a queue; started again piece by piece or whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from runtime.link.plant_blocks import StateBlock
from runtime.link.stop_flag import StopFlag
from runtime.messages import topics
from runtime.messages.orders import Orders
from runtime.messages.requests import AcknowledgeAlarm, AddTask, Refill, Reset, RestartProcess, Start
from runtime.messages.state import ControlState, Mode, PlanExecution, RobotState
from runtime.messages.system import AlarmList, AlarmPhase, ProcessPhase, ProcessState, SystemState
from runtime.messages.tasks import TaskList
from runtime.mistakes import UserMistake
from twin_app.assembly.live import LiveCell
from twin_app.assembly.lockstep import TASK_TIME_LIMIT_S
from twin_app.assembly.setup import CellSetup, SessionSetup, read_scene
from twin_app.assembly.verify.task_ledger import TaskLedger
from twin_app.assembly.workload import orders

QUEUED = 3
MOVING_RAD_S = 0.02
RECOVERY_PATIENCE_S = 90.0
ORPHAN_PATIENCE_S = 10.0
_HEARD = (
    topics.SYSTEM,
    topics.TASKS,
    topics.CONTROL,
    topics.ROBOT,
    topics.ALARMS,
    topics.ORDERS,
    topics.RECEIPTS,
)
_UNSEEN = (AlarmPhase.UNACKNOWLEDGED, AlarmPhase.RETURNED_UNACKNOWLEDGED)


class KilledCell:
    """The sessions of one cell, one after another, over one task store."""

    def __init__(self, setup: CellSetup, *, folder: Path) -> None:
        self._setup = setup
        self.folder = folder
        self.recordings = folder / "recordings"
        self.ledger = TaskLedger(folder / setup.cell / "tasks.sqlite")
        cell = read_scene(setup).cell
        self._joints = len(cell.robot.joints)
        self._orders = orders(cell, seed=setup.seed)
        self._sessions = 0
        self.live: LiveCell | None = None
        self.states: StateBlock | None = None
        self.stop_flag: StopFlag | None = None

    def start(self) -> None:
        """Start a session and wait until it is ready."""
        self._sessions += 1
        record = str(self.recordings / f"session-{self._sessions}.mcap")
        session_setup = SessionSetup(
            cell=self._setup, data_folder=str(self.folder), record=record, autostart=True, ends_with_parent=True
        )
        live = self.live = LiveCell(session_setup, listen=_HEARD)
        live.start()
        live.await_ready()
        self.states = StateBlock.attach(live.session, joints=self._joints)
        self.stop_flag = StopFlag.attach(live.session)

    def close(self) -> None:
        """End the session; also one whose supervisor has been killed."""
        for block in (self.states, self.stop_flag):
            if block is not None:
                block.close()
        self.states = self.stop_flag = None
        live, self.live = self.live, None
        if live is not None:
            pids = [process.pid for process in self._processes(live)]
            live.close()
            self._await_gone(pids)

    def poll(self, timeout_s: float = 0.05) -> None:
        """Listen; note which tasks are being run."""
        live = self._running()
        for received in live.poll(timeout_s):
            if isinstance(received.message, Orders) and received.message.assignment is not None:
                self.ledger.assigned(received.message.assignment, session=self._sessions)
            elif isinstance(received.message, TaskList):
                self.ledger.told(received.message)

    def add_task(self) -> None:
        """Queue the next order; it counts as acknowledged from now on."""
        order = next(self._orders)
        key = self.ledger.new_key()
        task = AddTask(order.instruction, time_limit_s=TASK_TIME_LIMIT_S, retries=0, key=key)
        self.ledger.acknowledged(key, int(self._running().ask(task).detail), task)

    def ask_again(self) -> None:
        """Ask for the newest acknowledged task once more, with its key: it has to be known, not added."""
        newest = self.ledger.newest()
        if newest is not None:
            key, task = newest
            self.ledger.asked_again(key, int(self._running().ask(task).detail))

    def pid_of(self, process: str) -> int:
        """By the supervisor's own list; the supervisor's by ours."""
        live = self._running()
        if process == "supervisor":
            return live.process.pid
        return next(one.pid for one in self._processes(live) if one.name == process)

    def control(self) -> ControlState | None:
        """The fast loop's newest word."""
        heard = self._running().heard.get(topics.CONTROL.name)
        return heard if isinstance(heard, ControlState) else None

    def moves(self) -> bool:
        """Whether the policy moves the arm at this moment."""
        control, robot = self.control(), self._running().heard.get(topics.ROBOT.name)
        driven = control is not None and control.mode is Mode.AUTO and control.execution is PlanExecution.FOLLOWING
        return driven and isinstance(robot, RobotState) and max(map(abs, robot.dq_rad_s)) > MOVING_RAD_S

    def recording(self) -> str:
        """File being written."""
        system = self._running().heard.get(topics.SYSTEM.name)
        return system.recording if isinstance(system, SystemState) else ""

    def restart(self, process: str) -> None:
        """Ask for the restart of a dead worker until it runs again; raises `UserMistake` when it does not."""
        self._until(lambda: self._phase(process) is ProcessPhase.DEAD, f"{process} is not seen dead")
        self._running().ask(RestartProcess(process))
        self._until(lambda: self._phase(process) is ProcessPhase.RUNNING, f"{process} does not run again")

    def drive(self) -> None:
        """Reset and start as a person would, with a fresh tray, until the policy moves the arm again."""
        due_s = 0.0
        filled = False

        def help_it() -> bool:
            nonlocal due_s, filled
            self._keep_queue()
            control = self.control()
            if control is not None and time.monotonic() >= due_s:
                due_s = time.monotonic() + 0.5
                if not filled and control.mode is not Mode.AUTO:
                    filled = self._asked(Refill())
                if control.mode in (Mode.PROTECTIVE_STOP, Mode.FAULT):
                    self._asked(Reset())
                elif control.mode in (Mode.IDLE, Mode.ASSIST):
                    self._asked(Start())
            return self.moves()

        self._until(help_it, "picking does not go on")

    def acknowledge_alarms(self) -> None:
        """As a person would, so that the next loss is news."""
        heard = self._running().heard.get(topics.ALARMS.name)
        for alarm in heard.alarms if isinstance(heard, AlarmList) else ():
            if alarm.phase in _UNSEEN:
                self._asked(AcknowledgeAlarm(alarm.alarm_id))

    def wait(self, seconds: float) -> None:
        """Listen for so long."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.poll()

    def _keep_queue(self) -> None:
        heard = self._running().heard.get(topics.TASKS.name)
        if isinstance(heard, TaskList) and self.ledger.open_of(heard) < QUEUED:
            self.add_task()

    def _asked(self, body: Reset | Start | Refill | AcknowledgeAlarm) -> bool:
        try:
            self._running().ask(body)
        except UserMistake:
            return False  # not yet possible; it is asked again
        return True

    def _phase(self, process: str) -> ProcessPhase | None:
        return next((one.phase for one in self._processes(self._running()) if one.name == process), None)

    def _until(self, holds: Callable[[], bool], trouble: str) -> None:
        end_s = time.monotonic() + RECOVERY_PATIENCE_S
        while time.monotonic() < end_s:
            self.poll()
            if holds():
                return
        system = self._running().heard.get(topics.SYSTEM.name)
        why = system.why_not_moving if isinstance(system, SystemState) else "no word from the supervisor"
        raise UserMistake(f"{trouble} within {RECOVERY_PATIENCE_S:g} s: {why}")

    def _await_gone(self, pids: list[int]) -> None:
        end_s = time.monotonic() + ORPHAN_PATIENCE_S
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            if time.monotonic() > end_s:
                raise UserMistake(f"processes {pids} outlived their supervisor by {ORPHAN_PATIENCE_S:g} s")
            time.sleep(0.05)

    def _running(self) -> LiveCell:
        assert self.live is not None
        return self.live

    @staticmethod
    def _processes(live: LiveCell) -> tuple[ProcessState, ...]:
        system = live.heard.get(topics.SYSTEM.name)
        return system.processes if isinstance(system, SystemState) else ()
