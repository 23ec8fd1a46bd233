"""Judges what is asked of the supervisor: a receipt and the effects it allows. Pure; carries nothing out."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime.messages import requests as ask
from runtime.messages.joint import PlantFlag
from runtime.messages.robot import RobotDescription
from runtime.messages.state import Mode
from runtime.messages.system import ProcessPhase
from runtime.modes import ModeEvent, Refusal, transition
from runtime.supervision.alarms import AlarmBook
from runtime.supervision.desk import TaskDesk
from runtime.supervision.injections import Injections
from runtime.supervision.policy_requests import POLICY_BODIES, PolicyBody, policy_refusal
from runtime.supervision.tasks import FINAL
from runtime.supervision.telemetry import Telemetry, fresh

RETRIES_LIMIT = 20
TIME_LIMIT_S = 3600.0
OPEN_TASKS_LIMIT = 1000
REMEMBERED = 1000
FUTURE_NS = 1_000_000_000
"""How far ahead of our clock a request's issue stamp may lie."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the judgement depends on."""

    telemetry: Telemetry
    desk: TaskDesk
    injections: Injections
    alarms: AlarmBook
    processes: dict[str, ProcessPhase]
    ready: bool
    not_ready_because: str
    recording: str
    simulated: bool
    robot: RobotDescription
    shutting_down: bool
    now_ns: int


def tag_of(body: ask.Body) -> str:
    """The request's tag, e.g. `swap_policy`."""
    return str(body.__struct_config__.tag)


def refusal(request: ask.Request, facts: Facts) -> str:
    """Why a request is refused, and what to do; empty when it is accepted. A stop is never refused."""
    body = request.body
    if isinstance(body, ask.Stop):
        return ""
    if facts.now_ns > request.deadline_ns:
        late_s = (facts.now_ns - request.deadline_ns) * 1e-9
        return f"too late: it was to be carried out {late_s:.2f} s earlier; ask again"
    if request.issued_ns > facts.now_ns + FUTURE_NS:
        return "its issue stamp lies in the future: the asker's clock is not this machine's"
    if facts.shutting_down and not isinstance(body, ask.Shutdown):
        return "the cell is shutting down"
    return _JUDGES[type(body)](body, facts)


def mode_event_for(body: ask.Body, mode: Mode | None) -> ModeEvent | None:
    """The mode event that a request means in this mode."""
    if isinstance(body, ask.Reset):
        return ModeEvent.CLEAR_FAULT if mode is Mode.FAULT else ModeEvent.RESET
    if isinstance(body, ask.Start):
        return ModeEvent.START
    return ModeEvent.PAUSE if isinstance(body, ask.Pause) else None


class Answered:
    """Receipts already given, by request id: the same id twice gets the first answer and no second effect."""

    def __init__(self) -> None:
        self._receipts: OrderedDict[str, ask.Receipt] = OrderedDict()

    def recall(self, request_id: str) -> ask.Receipt | None:
        """The first receipt of this id."""
        return self._receipts.get(request_id)

    def remember(self, receipt: ask.Receipt) -> None:
        """Keep the newest thousand."""
        self._receipts.setdefault(receipt.request_id, receipt)
        while len(self._receipts) > REMEMBERED:
            self._receipts.popitem(last=False)


# ── one judge a kind of request ──────────────────────────────────────────────────────────────────


def _too_hot(facts: Facts) -> str:
    """Why a fault of temperature cannot be cleared yet; empty when it can."""
    robot = facts.telemetry.robot
    if robot is None or not robot.flags & PlantFlag.TRIPPED:
        return ""
    hottest = max(robot.winding_celsius)
    name = facts.robot.joints[robot.winding_celsius.index(hottest)].name
    limit = facts.robot.thermal.derate_celsius
    return f"the motor of {name} is still at {hottest:.0f} °C: it has to cool below {limit:.0f} °C first"


def _mode_request(body: ask.Reset | ask.Start | ask.Pause, facts: Facts) -> str:
    mode = facts.telemetry.mode(facts.now_ns)
    if mode is None:
        return "the control process is silent: restart it first"
    event = mode_event_for(body, mode)
    if event is None:
        return "this request means no mode event"
    following = transition(mode, event)
    if isinstance(following, Refusal):
        return following.reason
    if isinstance(body, ask.Reset) and not fresh(facts.telemetry.robot, facts.now_ns):
        return "no measurement comes from the arm: restart the plant first, then reset"
    if event is ModeEvent.CLEAR_FAULT and (heat := _too_hot(facts)):
        return heat
    if isinstance(body, ask.Start) and not facts.ready:
        return f"not ready: {facts.not_ready_because}"
    return ""


def _add_task(body: ask.AddTask, facts: Facts) -> str:
    if not body.instruction.strip():
        return "the instruction is empty: say what to put where"
    if len(body.instruction) > ask.TEXT_LIMIT or len(body.key) > ask.TEXT_LIMIT:
        longest = max(len(body.instruction), len(body.key))
        return f"instruction or key has {longest} letters, at most {ask.TEXT_LIMIT} are taken"
    if not math.isfinite(body.time_limit_s) or not 0.0 < body.time_limit_s <= TIME_LIMIT_S:
        return f"time_limit_s is {body.time_limit_s:g}; it has to be above 0 and at most {TIME_LIMIT_S:g}"
    if not 0 <= body.retries <= RETRIES_LIMIT:
        return f"retries is {body.retries}; it has to be 0 to {RETRIES_LIMIT}"
    if abs(body.priority) > 1_000_000:
        return f"priority is {body.priority}; it has to be within ±1000000"
    if len(facts.desk.queue.open) >= OPEN_TASKS_LIMIT:
        return f"the queue is full ({OPEN_TASKS_LIMIT} open tasks)"
    return ""


def _cancel_task(body: ask.CancelTask, facts: Facts) -> str:
    task = facts.desk.queue.get(body.task_id)
    if task is None:
        return f"task {body.task_id} is not known"
    return f"task {body.task_id} is already {task.status.value}" if task.status in FINAL else ""


def _about_policies(body: PolicyBody, facts: Facts) -> str:
    if reason := policy_refusal(body, facts.telemetry.policy):
        return reason
    return "" if facts.processes.get("planner") in (None, ProcessPhase.RUNNING) else "the planner is not running"


def _inject(body: ask.InjectFault, facts: Facts) -> str:
    for name, value in (("delay_s", body.delay_s), ("duration_s", body.duration_s)):
        if not math.isfinite(value) or not 0.0 <= value <= TIME_LIMIT_S:
            return f"{name} is {value:g}; it has to be 0 to {TIME_LIMIT_S:g}"
    return facts.injections.obstacle(body.fault_id)


def _clear(body: ask.ClearFaults, facts: Facts) -> str:
    on = {order.fault_id for order in facts.injections.orders()}
    if body.fault_id and body.fault_id not in on:
        return f"{body.fault_id} is not injected"
    return ""


def _acknowledge(body: ask.AcknowledgeAlarm, facts: Facts) -> str:
    standing = {alarm.alarm_id for alarm in facts.alarms.alarm_list(now_ns=facts.now_ns).alarms}
    return "" if body.alarm_id in standing else f"no alarm {body.alarm_id!r} stands"


def _restart(body: ask.RestartProcess, facts: Facts) -> str:
    phase = facts.processes.get(body.process)
    if phase is None:
        return f"process {body.process!r} is unknown; there are {', '.join(facts.processes)}"
    if phase in (ProcessPhase.RUNNING, ProcessPhase.STARTING):
        return f"process {body.process} is {phase.value}"
    return ""


def _refill(body: ask.Refill, facts: Facts) -> str:
    if not facts.simulated:
        return "this cell is real: a person fills the tray"
    return "" if facts.processes.get("plant") in (None, ProcessPhase.RUNNING) else "the plant is not running"


def _start_recording(body: ask.StartRecording, facts: Facts) -> str:
    if "recorder" not in facts.processes:
        return "this session has no recorder"
    return f"already recording to {facts.recording}" if facts.recording else ""


def _stop_recording(body: ask.StopRecording, facts: Facts) -> str:
    return "" if facts.recording else "nothing is being recorded"


def _fine(body: ask.Body, facts: Facts) -> str:
    return ""


_JUDGES: dict[type, Callable[[Any, Facts], str]] = {  # each judge takes its own kind of body
    ask.Stop: _fine,
    ask.Reset: _mode_request,
    ask.Start: _mode_request,
    ask.Pause: _mode_request,
    ask.AddTask: _add_task,
    ask.CancelTask: _cancel_task,
    **dict.fromkeys(POLICY_BODIES, _about_policies),
    ask.InjectFault: _inject,
    ask.ClearFaults: _clear,
    ask.AcknowledgeAlarm: _acknowledge,
    ask.RestartProcess: _restart,
    ask.Refill: _refill,
    ask.StartRecording: _start_recording,
    ask.StopRecording: _stop_recording,
    ask.Shutdown: _fine,
}
