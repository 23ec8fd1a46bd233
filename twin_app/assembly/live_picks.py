"""Picks in a live cell, headless: orders in, results out, judged from plant truth outside the runtime."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from runtime.link.array_block import ArrayBlock
from runtime.messages import topics
from runtime.messages.requests import AddTask, Refill, Start
from runtime.messages.state import ControlState, Mode
from runtime.messages.system import ProcessPhase, SystemState
from runtime.messages.tasks import Task, TaskList, TaskStatus
from runtime.mistakes import UserMistake
from runtime.modes import POLICY_MODES
from sim_worlds.judge import Judge
from sim_worlds.plant.truth import Truth, unpacked
from sim_worlds.variation import VariedScene
from twin_app.assembly.live import LiveCell
from twin_app.assembly.lockstep import TASK_TIME_LIMIT_S
from twin_app.assembly.pick_result import PickResult, judged_pick
from twin_app.assembly.setup import Drawing
from twin_app.assembly.truth_block import TRUTH, truth_shape
from twin_app.assembly.workload import orders

FINAL = (
    TaskStatus.SUCCEEDED,
    TaskStatus.FAILED,
    TaskStatus.DECLINED,
    TaskStatus.CANCELLED,
    TaskStatus.INTERRUPTED,
)
LATCHED = (Mode.PROTECTIVE_STOP, Mode.FAULT)
PICK_PATIENCE_S = 4 * TASK_TIME_LIMIT_S
OBSTACLE_PATIENCE_S = 60.0
"""How long a task that may not begin yet is waited for: its policy's server may be starting."""

STUCK_PATIENCE_S = 15.0
"""How long a latched or waiting cell is watched before the run gives up: nobody is there to help it."""


class TruthOfSession:
    """Plant truth of a live session, for the judge only."""

    def __init__(self, block: ArrayBlock, varied: VariedScene) -> None:
        self._block = block
        self._joints, self._loose = len(varied.nominal.robot.joints), len(varied.clutter.loose)

    def truth(self) -> Truth:
        """The newest poses; raises `RuntimeError` before the plant has written any."""
        stamped = self._block.read()
        if stamped is None:
            raise RuntimeError("the plant has not written its truth yet")
        return unpacked(stamped.values, joints=self._joints, loose=self._loose)


class LivePicks:
    """Feeds orders to a live cell one by one."""

    def __init__(self, live: LiveCell, drawing: Drawing, *, seed: int, own: Sequence[str] = ()) -> None:
        self._live = live
        self._block = ArrayBlock.attach(live.session, TRUTH, shape=truth_shape(drawing.varied))
        self._judge = Judge(drawing.scene, TruthOfSession(self._block, drawing.varied))
        self._orders = orders(drawing.cell, seed=seed, own=own)
        self._layout = 0
        self._declined = False
        self.results: list[PickResult] = []

    def pick(self, watch: Callable[[], None] = lambda: None) -> PickResult:
        """Run the next order to its end; `watch` is called many times meanwhile. Raises `UserMistake` when stuck."""
        order = next(self._orders)
        if order.refill_id != self._layout:
            self._live.ask_until_confirmed(Refill(), timeout_s=10.0)
            self._layout = order.refill_id
            self._wait_s(0.5)
        if self._declined:
            self._go_on_after_decline()
        self._judge.begin(part=order.part, tote=order.tote)
        began_s = time.monotonic()
        receipt = self._live.ask(AddTask(order.instruction, time_limit_s=TASK_TIME_LIMIT_S))
        task = self._await_end(int(receipt.detail), watch)
        self._declined = task.status is TaskStatus.DECLINED
        result = judged_pick(self._judge, order, task, duration_s=time.monotonic() - began_s)
        self.results.append(result)
        return result

    def close(self) -> None:
        """Let go of the truth block."""
        self._block.close()

    def _go_on_after_decline(self) -> None:
        """Who gave the instruction has the answer, and gives another one: a cell that asks for a person has had one."""
        self._wait_s(0.5)
        control = self._live.heard.get(topics.CONTROL.name)
        if isinstance(control, ControlState) and control.mode is Mode.ASSIST:
            self._live.ask(Start())

    def _await_end(self, task_id: int, watch: Callable[[], None]) -> Task:
        end_s = time.monotonic() + PICK_PATIENCE_S
        stuck_since_s = checked_since_s = 0.0
        while time.monotonic() < end_s:
            self._live.poll()
            watch()
            known = self._live.heard.get(topics.TASKS.name)
            for task in known.finished if isinstance(known, TaskList) else ():
                if task.task_id == task_id and task.status in FINAL:
                    return task
            obstacle = self._why_not_begun(task_id)
            checked_since_s = (checked_since_s or time.monotonic()) if obstacle else 0.0
            if obstacle and time.monotonic() - checked_since_s > OBSTACLE_PATIENCE_S:
                raise UserMistake(obstacle)
            why = self._why_stuck()
            stuck_since_s = (stuck_since_s or time.monotonic()) if why else 0.0
            if why and time.monotonic() - stuck_since_s > STUCK_PATIENCE_S:
                raise UserMistake(why)
        raise UserMistake(f"task {task_id} did not end within {PICK_PATIENCE_S:g} s")

    def _why_not_begun(self, task_id: int) -> str:
        """What keeps this task from beginning; empty once it has begun."""
        known = self._live.heard.get(topics.TASKS.name)
        waiting = known.open if isinstance(known, TaskList) else ()
        return next((one.reason for one in waiting if one.task_id == task_id and one.status is TaskStatus.CHECKING), "")

    def _why_stuck(self) -> str:
        """Why the cell does not drive; empty while it does. What control said last is no news once it is gone."""
        system, control = self._live.heard.get(topics.SYSTEM.name), self._live.heard.get(topics.CONTROL.name)
        for process in system.processes if isinstance(system, SystemState) else ():
            if process.name == "control" and process.phase in (ProcessPhase.DEAD, ProcessPhase.SILENT):
                return f"process {process.name} is {process.phase.value}: {process.detail or 'no sign of life'}"
        if not isinstance(control, ControlState) or control.mode in POLICY_MODES:
            return ""
        return f"the cell is in {control.mode.value}: {control.mode_reason}"

    def _wait_s(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._live.poll()
