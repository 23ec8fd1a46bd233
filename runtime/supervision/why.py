"""Why is it not moving: always one line, with the condition that is not met and what to do.

A reason of any length comes last: where room is short the line ends early, and the way out has to be there still.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.joint import PlantFlag
from runtime.messages.policy import PolicyStatus
from runtime.messages.reasons import SAY_IT_OTHERWISE, why_declined
from runtime.messages.state import ControlState, Mode, PlanExecution
from runtime.messages.system import ProcessPhase, ProcessState
from runtime.messages.tasks import Task, TaskStatus
from runtime.supervision.telemetry import Telemetry, fresh

MOVING = "moving"
MOVING_RAD_S = 0.02


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the answer depends on."""

    telemetry: Telemetry
    processes: tuple[ProcessState, ...]
    running: Task | None
    queued: int
    desk_obstacle: str
    person_needed: bool
    shutting_down: bool
    now_ns: int


def why_not_moving(situation: Situation) -> str:
    """The first condition that keeps the arm from moving, or `moving`."""
    for ask in (_processes, _latched, _mode, _arm, _task, _execution):
        answer = ask(situation)
        if answer:
            return answer
    return "waiting for the policy's next action chunk"


def _processes(now: Situation) -> str:
    if now.shutting_down:
        return "the cell is shutting down"
    vital = [process for process in now.processes if process.name != "recorder"]
    for phase, words in (
        (ProcessPhase.DEAD, "process {name} died: restart it, then Reset and Hold to start"),
        (ProcessPhase.STOPPED, "process {name} is not running: restart it"),
        (ProcessPhase.SILENT, "process {name} gives no sign of life: restart it, then Reset and Hold to start"),
        (ProcessPhase.STARTING, "process {name} is starting: wait a moment"),
    ):
        for process in vital:
            if process.phase is phase:
                return words.format(name=process.name)
    if now.telemetry.mode(now.now_ns) is None:
        return "the control process reports nothing: wait a moment, or restart control"
    return ""


def _latched(now: Situation) -> str:
    control = _control(now)
    if control.mode is Mode.PROTECTIVE_STOP:
        return f"Reset, then Hold to start · protective stop: {control.mode_reason or 'pressed'}"
    if control.mode is Mode.FAULT:
        return f"remove the cause, Reset twice, then Hold to start · fault: {control.mode_reason or 'unknown'}"
    return ""


def _mode(now: Situation) -> str:
    control = _control(now)
    if now.person_needed:
        return "five tasks failed in a row: look at them, then Hold to start"
    if control.mode is Mode.IDLE:
        return "idle: Hold to start" + ("" if now.queued or now.running else ", and add a task")
    if control.mode is Mode.ASSIST and (declined := why_declined(control.mode_reason)):
        return f"{SAY_IT_OTHERWISE}. Declined: {declined}"
    if control.mode is Mode.ASSIST:
        return f"Hold to start, or swap the policy · asks for a person: {control.mode_reason or 'no reason given'}"
    if control.mode is Mode.MANUAL:
        return MOVING if _moves(now) else "manual: the operator has control; hold a jog button to move"
    return ""


def _arm(now: Situation) -> str:
    robot = now.telemetry.robot
    if robot is None or not fresh(robot, now.now_ns):
        return "no measured state of the arm: wait a moment, or restart the plant"
    if robot.flags & PlantFlag.TRIPPED:
        return "a motor tripped on temperature: let it cool, then reset"
    if robot.flags & PlantFlag.COMMUNICATION_LOSS:
        return "the arm braked by itself after missed commands: reset"
    if _moves(now):
        return MOVING
    if robot.flags & PlantFlag.BRAKED:
        return "the brakes are closed: wait a moment; if it stays, stop and reset"
    return ""


def _task(now: Situation) -> str:
    task = now.running
    if task is None:
        if now.desk_obstacle:
            return f"the next task waits: {now.desk_obstacle}"
        return "no task is queued: add one" if not now.queued else "the next task is about to start"
    if task.status is TaskStatus.VERIFYING:
        return f"task {task.task_id}: looking whether it succeeded"
    policy = now.telemetry.policy
    if policy is None or policy.task_id != task.task_id:
        return f"task {task.task_id}: waiting for the policy to begin"
    if policy.status is PolicyStatus.WAITING:
        return f"task {task.task_id}: the policy waits ({policy.reason or policy.phase or 'no reason given'})"
    return ""


def _execution(now: Situation) -> str:
    control = _control(now)
    policy = now.telemetry.policy
    phase = policy.phase if policy is not None else ""
    if control.execution is PlanExecution.SILENT:
        return "the policy is silent: look at its latency, or swap it"
    if control.execution is PlanExecution.HOLDING:
        return f"holding: the last action chunk is used up and the next is late ({phase or 'no phase given'})"
    if control.execution in (PlanExecution.FOLLOWING, PlanExecution.OVERDUE):
        return f"standing still for a moment: {phase or 'following the plan'}"
    return ""


def _control(now: Situation) -> ControlState:
    control = now.telemetry.control
    if control is None:
        raise ValueError("asked before any control state came")
    return control


def _moves(now: Situation) -> bool:
    robot = now.telemetry.robot
    return robot is not None and max(map(abs, robot.dq_rad_s), default=0.0) > MOVING_RAD_S
