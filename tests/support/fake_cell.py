"""A cell that exists on paper only: it moves, answers requests and can be silenced, for tests of the console."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from runtime.messages.camera import Detection, Frame, SceneBelief
from runtime.messages.card import PolicyCards
from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultPhase, FaultReport, FaultState
from runtime.messages.geometry import Pose
from runtime.messages.orders import Heartbeat
from runtime.messages.plan import Plan
from runtime.messages.reasons import asked_back
from runtime.messages.requests import (
    AcknowledgeAlarm,
    AddTask,
    Body,
    CancelTask,
    ClearFaults,
    InjectFault,
    Pause,
    PromoteShadow,
    Receipt,
    ReceiptPhase,
    Reset,
    RestartProcess,
    ReturnFromFallback,
    SetFallback,
    SetShadow,
    Start,
    Stop,
    SwapBack,
    SwapPolicy,
    TryPolicy,
)
from runtime.messages.state import ControlState, Mode, PlanExecution, RobotState
from runtime.messages.system import (
    Alarm,
    AlarmList,
    AlarmPhase,
    Event,
    Priority,
    ProcessPhase,
    ProcessState,
    SystemState,
)
from runtime.messages.tasks import Task, TaskCounts, TaskList, TaskStatus
from tests.support.fake_cards import CARDS
from tests.support.fake_catalogue import CAMERAS_DEAD, CATALOGUE, picture
from tests.support.fake_policies import change_policies, policy_state

SECOND_NS = 1_000_000_000
FIRST_TASKS = ("put the red cube in the left tote", "put the blue flat box in the right tote")
UNKNOWN_PART = "pyramid"
DECLINED = "no part is called pink pyramid; known parts: red cube, blue flat box, green cube, yellow cylinder"
SLIP, MEANT = "kube", "put the red cube in the left tote"
HOME = (0.0, -0.6, 0.0, -2.2, 0.0, 1.7, 0.78)
DOWN = (1.0, 0.0, 0.0, 0.0)


@dataclass
class FakeCell:
    """State of the made-up cell; `messages(now_ns)` says everything it would publish at that moment."""

    cell: CellDescription
    mode: Mode = Mode.AUTO
    mode_since_ns: int = 0
    mode_reason: str = ""
    policy: str = "programmed"
    previous: str = ""
    swaps: int = 0
    last_swap_ns: int = 0
    shadow: str = ""
    fallback: str = "programmed"
    stands_in_for: str = ""
    freed: set[str] = field(default_factory=set)
    """Policies that were released from quarantine."""

    tasks: list[Task] = field(default_factory=list)
    finished: list[Task] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    injections: list[FaultReport] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    asked: list[Body] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)
    """Topics that nobody publishes any more."""

    has_task: bool = True
    """Whether the policy has one; without it its confidence reads 0 and its old marks stay in its message."""

    sees_heat: bool = False
    """Whether the policy tells where it looks, as a learned one does."""

    pulls: bool = False
    """Whether it tells what its signals do to its confidence."""

    count: int = 0
    missed: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self._noise = [picture(k) for k in range(4)]
        for number, words in enumerate(FIRST_TASKS):
            self._add(words, number=number + 1, now_ns=0)

    def messages(self, now_ns: int) -> list[tuple[str, Struct, bytes | None]]:
        """Robot state every call, slower topics at their own share of calls (100 Hz assumed)."""
        self.count += 1
        said: list[tuple[str, Struct, bytes | None]] = []
        if "plant" in self.dead:  # the fast loop waits for the arm: it beats and measures nothing
            said.append(("health/control", Heartbeat("control", 1, now_ns, self.count), None))
        else:
            said.append(("robot", self._robot(now_ns), None))
            if self.count % 5 == 1:
                said.append(("control", self._control(now_ns), None))
        if self.count % 10 == 1:
            said += [("policy", policy_state(self, now_ns), None), ("belief", self._belief(now_ns), None)]
            said += [("plans", self._plan(now_ns), None)]
            said += [self._frame("overhead", now_ns), self._frame("wrist", now_ns)]
        if self.count % 20 == 1:
            self._work(now_ns)
            said += [("system", self._system(now_ns), None), ("tasks", self._tasks(now_ns), None)]
            said += [("alarms", AlarmList(now_ns, tuple(self.alarms)), None)]
            said += [("faults", FaultState(now_ns, CATALOGUE, tuple(self.injections)), None)]
        if self.count % 100 == 1:
            said += [("cell", self.cell, None), ("cards", PolicyCards(now_ns, CARDS), None)]
        said += [("events", event, None) for event in self.events]
        self.events = []
        return [entry for entry in said if entry[0] not in self.muted]

    def take(self, body: Body, request_id: str, now_ns: int) -> list[Receipt]:
        """Act on a request; the receipts it would give."""
        self.asked.append(body)
        tag = str(type(body).__struct_config__.tag)
        reason = self._act(body, now_ns)
        self.events.append(Event(now_ns, "command", "info", f"{tag}: {reason or 'accepted'}"))
        if reason:
            return [Receipt(request_id, ReceiptPhase.REFUSED, now_ns, tag, reason=reason)]
        if isinstance(body, AddTask) and UNKNOWN_PART in body.instruction:
            return self._decline(request_id, now_ns, DECLINED)
        if isinstance(body, AddTask) and SLIP in body.instruction:
            return self._decline(request_id, now_ns, asked_back(MEANT))
        phases = (ReceiptPhase.ACCEPTED, ReceiptPhase.EFFECTIVE, ReceiptPhase.CONFIRMED)
        phases = phases[:1] if "plant" in self.dead else phases
        return [Receipt(request_id, phase, now_ns + 40_000_000 * step, tag) for step, phase in enumerate(phases)]

    def _decline(self, request_id: str, now_ns: int, reason: str) -> list[Receipt]:
        task = replace(
            self.tasks.pop(), status=TaskStatus.DECLINED, reason=reason, started_ns=now_ns, finished_ns=now_ns
        )
        self.finished.insert(0, task)
        number = str(task.task_id)
        return [
            Receipt(request_id, ReceiptPhase.ACCEPTED, now_ns, "add_task", detail=number),
            Receipt(request_id, ReceiptPhase.FAILED, now_ns + 1, "add_task", reason=reason, detail=number),
        ]

    def enter(self, mode: Mode, now_ns: int) -> None:
        """Change mode, with the event that tells it."""
        if mode is not self.mode:
            self.mode, self.mode_since_ns = mode, now_ns
            self.events.append(Event(now_ns, "mode", "info", f"mode {mode.value}"))

    def raise_alarm(self, now_ns: int, *, priority: Priority = Priority.HIGH) -> None:
        """An alarm as the supervisor would raise it."""
        self.alarms.append(replace(CAMERAS_DEAD, priority=priority, since_ns=now_ns))
        self.events.append(Event(now_ns, "alarm", "error", "cameras process has ended"))

    def _act(self, body: Body, now_ns: int) -> str:
        match body:
            case Stop():
                self.enter(Mode.PROTECTIVE_STOP, now_ns)
            case Reset():
                if self.mode not in (Mode.PROTECTIVE_STOP, Mode.FAULT):
                    return "nothing is latched"
                self.enter(Mode.IDLE, now_ns)
            case Start():
                if self.mode is not Mode.IDLE:
                    return f"start is possible from idle; the mode is {self.mode.value}"
                self.enter(Mode.AUTO, now_ns)
            case Pause():
                self.enter(Mode.IDLE, now_ns)
            case AddTask():
                self._add(body.instruction, number=1 + len(self.tasks) + len(self.finished), now_ns=now_ns)
            case CancelTask():
                self.tasks = [task for task in self.tasks if task.task_id != body.task_id]
            case SwapPolicy() | SwapBack() | SetShadow() | PromoteShadow() | SetFallback() | TryPolicy():
                change_policies(self, body, now_ns)
            case ReturnFromFallback():
                change_policies(self, body, now_ns)
                self.enter(Mode.AUTO, now_ns)
            case AcknowledgeAlarm():
                self.alarms = [replace(alarm, phase=AlarmPhase.ACKNOWLEDGED) for alarm in self.alarms]
            case RestartProcess():
                self.dead.discard(body.process)
            case InjectFault() | ClearFaults():
                self._change_faults(body, now_ns)
            case _:
                pass
        return ""

    def _change_faults(self, body: InjectFault | ClearFaults, now_ns: int) -> None:
        if isinstance(body, InjectFault):
            phase, shows_ns = FaultPhase.EFFECTIVE, now_ns + SECOND_NS // 2
            wish = (len(self.injections) + 1, body.fault_id, body.severity)
            report = FaultReport(*wish, phase, "residual", 0.4, 6.2, 3.0, "N·m", now_ns, shows_ns, 0)
            self.injections.insert(0, report)
            self.events.append(Event(now_ns, "fault", "warning", f"{body.fault_id} {body.severity.value} injected"))
            return
        self.injections = [
            replace(report, phase=FaultPhase.CLEARED, cleared_ns=now_ns)
            if body.fault_id in ("", report.fault_id) and report.phase is not FaultPhase.CLEARED
            else report
            for report in self.injections
        ]

    def _add(self, words: str, *, number: int, now_ns: int) -> None:
        self.tasks.append(Task(number, words, 0, 60.0, 1, 1, TaskStatus.QUEUED, "", now_ns, 0, 0))

    def _work(self, now_ns: int) -> None:
        if self.mode is not Mode.AUTO or not self.tasks:
            return
        first = self.tasks[0]
        if first.status is TaskStatus.QUEUED:
            self.tasks[0] = replace(first, status=TaskStatus.RUNNING, started_ns=now_ns)
        elif now_ns - first.started_ns > 6 * SECOND_NS:
            done = replace(
                first, status=TaskStatus.SUCCEEDED, finished_ns=now_ns, reason="width 38 mm, seen in the tote"
            )
            self.finished.insert(0, done)
            self.tasks.pop(0)
            if not self.tasks:
                self._add("put the green cube in the left tote", number=len(self.finished) + 1, now_ns=now_ns)

    @property
    def moving(self) -> bool:
        return self.mode in (Mode.AUTO, Mode.FALLBACK)

    def _robot(self, now_ns: int) -> RobotState:
        time_s = now_ns * 1e-9
        swing = 1.0 if self.moving else 0.0
        joints = len(self.cell.robot.joints)
        q = tuple(HOME[i % 7] + 0.25 * math.sin(time_s * 0.7 + i) for i in range(joints))
        dq = tuple(swing * 0.17 * math.cos(time_s * 0.7 + i) for i in range(joints))
        hot = any(item.fault_id == "F26" and item.phase is FaultPhase.EFFECTIVE for item in self.injections)
        residual = self._random.normal(0.0, 0.35, joints) + np.eye(joints)[3] * (5.5 * math.sin(time_s) if hot else 0.0)
        warm = tuple(38.0 + 7.0 * i % 23 + 2.0 * math.sin(time_s * 0.05 + i) for i in range(joints))
        return RobotState(
            now_ns,
            now_ns // 1_000_000,
            q,
            dq,
            tuple((residual * 3).tolist()),
            tuple(residual.tolist()),
            q,
            Pose((0.45, 0.1 * math.sin(time_s), 0.25), DOWN),
            0.04,
            0.0,
            0.04,
            warm,
            warm,
            0,
        )

    def _control(self, now_ns: int) -> ControlState:
        late_s = abs(float(self._random.normal(12e-6, 4e-6)))
        self.missed += int(self._random.random() < 0.004)
        owner = {Mode.AUTO: "policy", Mode.FALLBACK: "fallback", Mode.MANUAL: "operator"}.get(self.mode, "nobody")
        return ControlState(
            now_ns,
            self.mode,
            self.mode_since_ns,
            self.mode_reason,
            owner,
            PlanExecution.FOLLOWING if self.moving else PlanExecution.NONE,
            1,
            f"{self.policy} 1.0",
            0.12,
            0.001,
            self.count * 10,
            self.missed,
            late_s,
            late_s * 3,
            late_s * 9,
            8e-5,
            1000.0,
            True,
            1.0,
            0,
            0,
            self.count // 10,
            0,
        )

    def _belief(self, now_ns: int) -> SceneBelief:
        detections = tuple(
            Detection(
                part.name,
                Pose((0.4 + 0.06 * (i % 3), -0.1 + 0.09 * (i // 3) * 2, 0.02)),
                (40.0 + 9 * i, 60.0),
                180.0,
                0.9,
                "tray",
            )
            for i, part in enumerate(self.cell.parts)
        )
        return SceneBelief(now_ns, detections, occluded=False)

    def _plan(self, now_ns: int) -> Plan:
        time_s = now_ns * 1e-9
        side_m = 0.1 * math.sin(time_s)
        poses = tuple(Pose((0.45 + 0.01 * k, side_m + 0.012 * k, 0.25 - 0.015 * k), DOWN) for k in range(10))
        return Plan(
            self.count,
            self.policy,
            "1.0",
            1,
            self.count,
            now_ns - 100_000_000,
            now_ns,
            now_ns + SECOND_NS,
            0.1,
            10,
            poses,
            (),
            (0.04,) * 10,
            30.0,
            0.9,
            (),
        )

    def _frame(self, camera: str, now_ns: int) -> tuple[str, Struct, bytes]:
        frame = Frame(camera, self.count, now_ns - 20_000_000, 128, 128, "egl")
        return f"camera/{camera}", frame, bytes(memoryview(self._noise[self.count // 10 % 4]))

    def _tasks(self, now_ns: int) -> TaskList:
        return TaskList(
            now_ns, tuple(self.tasks), tuple(self.finished[:50]), TaskCounts(len(self.finished), 0, 0, 0, 5.2)
        )

    def _system(self, now_ns: int) -> SystemState:
        names = ("plant", "control", "cameras", "planner", "recorder")
        processes = tuple(
            ProcessState(
                name,
                4000 + i,
                ProcessPhase.DEAD if name in self.dead else ProcessPhase.RUNNING,
                0,
                0,
                0.04,
                "signal 9" if name in self.dead else "",
            )
            for i, name in enumerate(names)
        )
        why = {
            Mode.AUTO: "moving",
            Mode.IDLE: "idle: Hold to start lets programmed drive",
            Mode.PROTECTIVE_STOP: "protective stop is latched: Reset, then Hold to start",
        }.get(self.mode, f"mode {self.mode.value}")
        return SystemState(
            now_ns,
            "session-1",
            "pick-place-1",
            "tray",
            "low",
            1,
            0,
            not self.dead,
            why,
            processes,
            "2026-11-21-pick-place-1.mcap",
            48_000_000 + self.count * 900,
            "",
            {},
            "none (simulated cell)",
            "127.0.0.1:9464",
        )
