"""The task desk: which task runs, what becomes of it, and when a person has to be asked.

One attempt goes CHECKING (may the cell start?) → RUNNING (judged at every plan) → VERIFYING (what was
measured?). The clock of an attempt's time limit stands still while the cell is paused or waits for a
person. A protective stop or fault ends the attempt; whether another follows is up to the task's retries. A stop
that a person pressed costs the task nothing: it goes on after the next start.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from runtime.messages.camera import SceneBelief
from runtime.messages.cell import CellDescription
from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.state import STOP_PRESSED, ControlState, Mode, RobotState
from runtime.messages.system import Event
from runtime.messages.tasks import Assignment, Task, TaskList, TaskStatus
from runtime.modes import LATCHED_MODES, POLICY_MODES, ModeEvent
from runtime.supervision.alarms import Condition
from runtime.supervision.budget import ErrorBudget
from runtime.supervision.conditions import budget_conditions, guard_conditions
from runtime.supervision.intent import read_intent
from runtime.supervision.judging import PlanJudge
from runtime.supervision.precheck import start_obstacle
from runtime.supervision.tasks import FINAL, TaskQueue
from runtime.supervision.telemetry import fresh
from runtime.supervision.verification import PlaceMemory, Verification

SETTLE_NS = 500_000_000
"""How long a withdrawn attempt may linger in the planner before the next one is dispatched anyway."""


@dataclass(frozen=True, slots=True)
class DeskOutput:
    """What the desk wants at this moment."""

    assignment: Assignment | None
    changed: tuple[Task, ...]
    """Has to be durable before the assignment is sent."""

    events: tuple[Event, ...]
    conditions: tuple[Condition, ...]
    mode_event: ModeEvent | None
    """The mode that the budget demands: ASSIST_ASKED until the cell no longer drives."""

    obstacle: str
    """Why the next task does not start; empty when one runs or none waits."""


@dataclass(slots=True)
class _Attempt:
    """The one attempt under way."""

    task: Task
    judge: PlanJudge
    verification: Verification
    driven_ns: int = 0
    """Time spent with the policy driving."""

    last_ns: int = 0
    repeated: bool = False
    """Whether the task was begun before, so that it may be done already."""

    declined: str = ""
    """Why the policy declined a repeated attempt: perhaps the one before had succeeded after all."""


class TaskDesk:
    """State machine for both clocks: time and telemetry come in, wishes and changed tasks go out."""

    def __init__(self, cell: CellDescription, *, queue: TaskQueue | None = None, wall_offset_ns: int = 0) -> None:
        self._cell = cell
        self._wall_offset_ns = wall_offset_ns
        self.queue = TaskQueue() if queue is None else queue
        self.budget = ErrorBudget()
        self._attempt: _Attempt | None = None
        self._checking: Task | None = None
        self._withdrawn: tuple[int, int] | None = None
        self._places = PlaceMemory()
        self._evidence: tuple[int, Verification] | None = None
        self._missed: dict[int, str] = {}
        self._blocked = False
        self._person_seen = False
        self._events: list[Event] = []
        self._obstacle = ""

    def add(
        self,
        instruction: str,
        *,
        now_ns: int,
        priority: int = 0,
        time_limit_s: float = 60.0,
        retries: int = 1,
        key: str = "",
    ) -> Task:
        """Queue an instruction. The task is in the next `changed` (or in `queue.take_changed()` at once)."""
        task, new = self.queue.add(
            instruction,
            priority=priority,
            time_limit_s=time_limit_s,
            retries=retries,
            key=key,
            wall_ns=now_ns + self._wall_offset_ns,
        )
        if new:
            self._say(now_ns, "info", f"task {task.task_id} added: {instruction}")
        return task

    def cancel(self, task_id: int, *, now_ns: int) -> str:
        """End a task. Returns why not, empty when done."""
        task = self.queue.get(task_id)
        if task is None:
            return f"task {task_id} is not known"
        if task.status in FINAL:
            return f"task {task_id} is already {task.status.value}"
        if self._attempt is not None and self._attempt.task.task_id == task_id:
            self._withdraw(self._attempt.task, now_ns)
        if self._checking is not None and self._checking.task_id == task_id:
            self._checking = None
        self._end(task, TaskStatus.CANCELLED, "cancelled on request", now_ns)
        return ""

    def tick(
        self,
        now_ns: int,
        *,
        control: ControlState | None,
        policy: PolicyState | None,
        belief: SceneBelief | None,
        robot: RobotState | None,
        held: str = "",
    ) -> DeskOutput:
        """One look at everything newest; call it at 10–100 Hz. `held`: why no task is to begin now."""
        mode = control.mode if control is not None and fresh(control, now_ns) else None
        self._watch_person(mode)
        if belief is not None:
            self._places.look(belief)
        if self._attempt is not None and control is not None and mode is not None:
            self._follow(self._attempt, now_ns, control=control, policy=policy, belief=belief, robot=robot)
        if self._attempt is not None:
            self._attempt.last_ns = now_ns
        else:
            self._take_next(now_ns, control=control, policy=policy, belief=belief, robot=robot, held=held)
        return self._output(mode)

    def task_list(self, now_ns: int) -> TaskList:
        """The queue as telemetry."""
        return self.queue.task_list(now_ns=now_ns, budget=self.budget)

    @property
    def waiting_for_person(self) -> bool:
        """Whether the error budget is used up and nobody has started the cell again."""
        return self._blocked

    @property
    def running(self) -> Task | None:
        """The task under way."""
        return None if self._attempt is None else self._attempt.task

    @property
    def refused_in_row(self) -> int:
        """Chunks of the attempt under way that the guard refused since the last accepted one."""
        return 0 if self._attempt is None else self._attempt.judge.guard_refused

    @property
    def driven_s(self) -> float:
        """For how long the attempt under way has been driven."""
        return 0.0 if self._attempt is None else self._attempt.driven_ns * 1e-9

    @property
    def missed(self) -> str:
        """Why the attempt before the one under way came to nothing, where that was no stop; empty otherwise."""
        running = self.running
        return "" if running is None else self._missed.get(running.task_id, "")

    # ── one attempt ──────────────────────────────────────────────────────────────────────────────

    def _take_next(
        self,
        now_ns: int,
        *,
        control: ControlState | None,
        policy: PolicyState | None,
        belief: SceneBelief | None,
        robot: RobotState | None,
        held: str,
    ) -> None:
        if self._checking is None:
            self._checking = self.queue.next_queued()
        if self._checking is None:
            self._obstacle = ""
            return
        obstacle = start_obstacle(now_ns=now_ns, control=control, policy=policy, belief=belief, robot=robot)
        obstacle = obstacle or held
        if self._blocked:
            obstacle = "five tasks failed in a row: a person has to look, then Hold to start"
        elif not obstacle and not self._settled(self._checking, policy, now_ns):
            obstacle = "the last attempt is being withdrawn"
        self._obstacle = obstacle
        driving = control is not None and control.mode in POLICY_MODES and not self._blocked
        self._show_checking(checking=driving and bool(obstacle))
        if not obstacle:
            self._dispatch(self._checking, now_ns, control=control)
        elif not driving:
            self._checking = None

    def _show_checking(self, *, checking: bool) -> None:
        task = self._checking
        wanted = TaskStatus.CHECKING if checking else TaskStatus.QUEUED
        if task is not None and task.status is not wanted:
            self._checking = self.queue.set(task, wanted, reason=self._obstacle if checking else task.reason)

    def _dispatch(self, task: Task, now_ns: int, *, control: ControlState | None) -> None:
        wall_ns = now_ns + self._wall_offset_ns
        repeated = task.attempt > 0 or (self._evidence is not None and self._evidence[0] == task.task_id)
        task = self.queue.put(
            replace(
                task,
                status=TaskStatus.RUNNING,
                attempt=task.attempt + 1,
                reason="",
                started_ns=task.started_ns or wall_ns,
            )
        )
        self._checking = None
        self._withdrawn = None
        self._attempt = _Attempt(
            task=task,
            judge=PlanJudge(task_id=task.task_id, attempt=task.attempt, control=control),
            verification=self._evidence_for(task),
            last_ns=now_ns,
            repeated=repeated,
        )
        self._say(now_ns, "info", f"task {task.task_id} attempt {task.attempt} begins: {task.instruction}")

    def _evidence_for(self, task: Task) -> Verification:
        """What the attempts before have shown stays evidence for the next one."""
        if self._evidence is None or self._evidence[0] != task.task_id:
            intent = read_intent(task.instruction, self._cell)
            in_tray = self._places.lying_in("tray")
            self._evidence = (task.task_id, Verification(intent, self._cell, in_tray=in_tray))
        else:
            self._evidence[1].ask_again()
        return self._evidence[1]

    def _follow(
        self,
        attempt: _Attempt,
        now_ns: int,
        *,
        control: ControlState,
        policy: PolicyState | None,
        belief: SceneBelief | None,
        robot: RobotState | None,
    ) -> None:
        if control.mode in LATCHED_MODES:
            if control.mode_reason.startswith(STOP_PRESSED):
                self._interrupt(attempt.task, now_ns)
            else:
                reason = f"stopped: {control.mode_reason or control.mode.value}"
                self._fail_attempt(attempt, reason, now_ns, stopped=True)
            return
        if attempt.task.status is TaskStatus.VERIFYING:
            found = attempt.verification.look(belief, robot, now_ns=now_ns)
            if found is not None and found.succeeded:
                self._attempt = None
                self._end(attempt.task, TaskStatus.SUCCEEDED, found.evidence, now_ns)
            elif found is not None and attempt.declined:
                self._attempt = None
                self._end(attempt.task, TaskStatus.DECLINED, attempt.declined, now_ns)
            elif found is not None:
                self._fail_attempt(attempt, found.evidence, now_ns)
            return
        attempt.verification.watch(belief, robot)
        if control.mode not in POLICY_MODES:
            attempt.judge.pause(control)
            return
        attempt.driven_ns += now_ns - attempt.last_ns
        self._judge(attempt, now_ns, control=control, policy=policy)

    def _judge(self, attempt: _Attempt, now_ns: int, *, control: ControlState, policy: PolicyState | None) -> None:
        status = attempt.judge.verdict(policy)
        reason = policy.reason if policy is not None else ""
        if status is PolicyStatus.DONE or (status is PolicyStatus.DECLINED and attempt.repeated):
            attempt.declined = "" if status is PolicyStatus.DONE else reason or "the policy declined"
            attempt.task = self.queue.set(attempt.task, TaskStatus.VERIFYING)
        elif status is PolicyStatus.DECLINED:
            self._attempt = None
            self._end(attempt.task, TaskStatus.DECLINED, reason or "the policy declined", now_ns)
        elif status is PolicyStatus.FAILED:
            self._fail_attempt(attempt, reason or "the policy gave up", now_ns)
        elif (refused := attempt.judge.obstacle(control)) != "":
            self._fail_attempt(attempt, refused, now_ns)
        elif attempt.driven_ns >= attempt.task.time_limit_s * 1e9:
            self._fail_attempt(attempt, f"not done within {attempt.task.time_limit_s:g} s", now_ns)

    def _fail_attempt(self, attempt: _Attempt, reason: str, now_ns: int, *, stopped: bool = False) -> None:
        task = attempt.task
        self._withdraw(task, now_ns)
        self._missed = {} if stopped else {task.task_id: reason}
        if task.attempt <= task.retries:
            self.queue.set(task, TaskStatus.QUEUED, reason=reason)
            self._say(now_ns, "warning", f"task {task.task_id} attempt {task.attempt} failed, again: {reason}")
        else:
            self._end(task, TaskStatus.FAILED, reason, now_ns)

    def _interrupt(self, task: Task, now_ns: int) -> None:
        """The same attempt begins again after the next start."""
        self._withdraw(task, now_ns)
        reason = "a person stopped the cell: it goes on after reset and start"
        self.queue.put(replace(task, status=TaskStatus.QUEUED, attempt=task.attempt - 1, reason=reason))
        self._say(now_ns, "info", f"task {task.task_id} interrupted: {reason}")

    # ── what follows an attempt ──────────────────────────────────────────────────────────────────

    def _end(self, task: Task, status: TaskStatus, reason: str, now_ns: int) -> None:
        finished_ns = now_ns + self._wall_offset_ns
        self.queue.put(replace(task, status=status, reason=reason, finished_ns=finished_ns))
        level = "info" if status in (TaskStatus.SUCCEEDED, TaskStatus.CANCELLED) else "warning"
        self._say(now_ns, level, f"task {task.task_id} {status.value}: {reason}")
        if status in (TaskStatus.SUCCEEDED, TaskStatus.FAILED):
            self.budget = self.budget.after(succeeded=status is TaskStatus.SUCCEEDED)
        if self.budget.person_needed and not self._blocked:
            self._blocked, self._person_seen = True, False
            self._say(now_ns, "error", "five tasks failed in a row: the cell holds and asks for a person")

    def _withdraw(self, task: Task, now_ns: int) -> None:
        self._attempt = None
        self._withdrawn = (task.task_id, now_ns)

    def _settled(self, task: Task, policy: PolicyState | None, now_ns: int) -> bool:
        """A task is not begun again before the planner has let go of the last attempt."""
        if self._withdrawn is None or self._withdrawn[0] != task.task_id:
            return True
        since_ns = self._withdrawn[1]
        if now_ns - since_ns >= SETTLE_NS:
            return True
        return policy is not None and policy.stamp_ns > since_ns and policy.task_id != task.task_id

    def _watch_person(self, mode: Mode | None) -> None:
        """The block ends when the cell, once held, is started again: only a person does that."""
        if not self._blocked or mode is None:
            return
        if mode not in POLICY_MODES:
            self._person_seen = True
        elif self._person_seen:
            self._blocked = False
            self.budget = self.budget.forgiven()

    def _output(self, mode: Mode | None) -> DeskOutput:
        attempt = self._attempt
        events, self._events = tuple(self._events), []
        assignment = None
        if attempt is not None:
            assignment = Assignment(attempt.task.task_id, attempt.task.attempt, attempt.task.instruction)
        hold = self._blocked and not self._person_seen and mode in POLICY_MODES
        return DeskOutput(
            assignment=assignment,
            changed=self.queue.take_changed(),
            events=events,
            conditions=(
                *budget_conditions(self.budget, blocked=self._blocked),
                *guard_conditions(0 if attempt is None else attempt.judge.guard_refused),
            ),
            mode_event=ModeEvent.ASSIST_ASKED if hold else None,
            obstacle="" if attempt is not None else self._obstacle,
        )

    def _say(self, now_ns: int, level: str, text: str) -> None:
        self._events.append(Event(now_ns, "task", level, text))
