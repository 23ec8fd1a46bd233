"""The task desk under any order of events: no task lost, none doubled, none run more often than it may."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.messages.policy import PolicyStatus
from runtime.messages.state import Mode
from runtime.messages.tasks import Assignment, Task, TaskStatus
from runtime.supervision.desk import TaskDesk
from runtime.supervision.tasks import FINAL, TaskQueue
from tests.support.supervised import STEP_NS, MadeUpCell, supervised_cell

CELL = supervised_cell()
PLACES = ("tray", "left", "right", "elsewhere", "gripper")


class AnyDay(RuleBasedStateMachine):
    """Everything that can happen to a desk, in any order; sometimes its supervisor dies and comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = MadeUpCell()
        self.desk = TaskDesk(CELL)
        self.disk: dict[int, Task] = {}
        self.added: dict[int, int] = {}
        self.keys: dict[str, int] = {}
        self.begun: set[tuple[int, int]] = set()
        self.assigned: Assignment | None = None

    @rule(key=st.sampled_from(["", "a", "b"]), retries=st.integers(0, 2), priority=st.integers(-1, 1))
    def add(self, key: str, retries: int, priority: int) -> None:
        task = self.desk.add(
            "put the red cube in the left tote",
            now_ns=self.cell.now_ns,
            key=key,
            retries=retries,
            priority=priority,
            time_limit_s=1.0,
        )
        if key and key in self.keys:
            assert task.task_id == self.keys[key]
            return
        assert task.task_id not in self.added
        self.added[task.task_id] = retries
        if key:
            self.keys[key] = task.task_id
        self.save(self.desk.queue.take_changed())

    @rule(offset=st.integers(0, 5))
    def cancel(self, offset: int) -> None:
        self.desk.cancel(len(self.added) - offset, now_ns=self.cell.now_ns)

    @rule(
        mode=st.sampled_from(
            [Mode.AUTO, Mode.AUTO, Mode.AUTO, Mode.IDLE, Mode.ASSIST, Mode.PROTECTIVE_STOP, Mode.FAULT]
        )
    )
    def change_mode(self, mode: Mode) -> None:
        self.cell.mode = mode

    @rule(status=st.sampled_from(PolicyStatus), told=st.booleans(), follows=st.booleans())
    def policy_says(self, *, status: PolicyStatus, told: bool, follows: bool) -> None:
        self.cell.status = status
        if follows and self.assigned is not None:
            self.cell.task_id = self.assigned.task_id
            self.cell.attempt = self.assigned.attempt if told else 0
        elif follows:
            self.cell.task_id = self.cell.attempt = 0

    @rule(place=st.sampled_from(PLACES), occluded=st.booleans())
    def part_moves(self, *, place: str, occluded: bool) -> None:
        self.cell.places["red cube"], self.cell.occluded = place, occluded

    @rule(refused=st.integers(0, 40))
    def guard_judges(self, refused: int) -> None:
        self.cell.plans += refused + 1
        self.cell.rejected += refused

    @rule(steps=st.integers(1, 30), silent=st.booleans())
    def time_passes(self, *, steps: int, silent: bool) -> None:
        for _ in range(steps):
            self.cell.now_ns += STEP_NS
            out = self.desk.tick(
                self.cell.now_ns,
                control=None if silent else self.cell.control(),
                policy=self.cell.policy(),
                belief=self.cell.belief(),
                robot=self.cell.robot(),
            )
            self.save(out.changed)
            self.assigned = out.assignment
            if out.assignment is not None:
                self.check_assignment(out.assignment)

    @rule()
    def supervisor_dies_and_comes_back(self) -> None:
        """As the store recovers: what ran is interrupted, for good."""
        recovered = {
            task_id: Task(**{**_fields(task), "status": TaskStatus.INTERRUPTED})
            if task.status in (TaskStatus.RUNNING, TaskStatus.VERIFYING)
            else Task(**{**_fields(task), "status": TaskStatus.QUEUED})
            if task.status is TaskStatus.CHECKING
            else task
            for task_id, task in self.disk.items()
        }
        self.disk = recovered
        self.desk = TaskDesk(CELL, queue=TaskQueue(recovered.values()))
        self.assigned = None

    def save(self, changed: tuple[Task, ...]) -> None:
        for task in changed:
            before = self.disk.get(task.task_id)
            assert before is None or before.status not in FINAL, "a final task changed"
            self.disk[task.task_id] = task

    def check_assignment(self, assignment: Assignment) -> None:
        """What the policy may work on is on disk as running, with attempts left."""
        task = self.disk[assignment.task_id]
        assert task.status in (TaskStatus.RUNNING, TaskStatus.VERIFYING)
        assert task.attempt == assignment.attempt <= self.added[task.task_id] + 1
        self.begun.add((assignment.task_id, assignment.attempt))

    @invariant()
    def no_task_is_lost_or_doubled(self) -> None:
        listed = self.desk.task_list(self.cell.now_ns)
        numbers = [task.task_id for task in (*listed.open, *listed.finished)]
        assert len(numbers) == len(set(numbers))
        assert set(self.disk) == set(self.added)
        assert set(numbers) == set(self.added) or len(listed.finished) == 50

    @invariant()
    def at_most_one_task_runs(self) -> None:
        running = [t for t in self.disk.values() if t.status in (TaskStatus.RUNNING, TaskStatus.VERIFYING)]
        assert len(running) <= 1


def _fields(task: Task) -> dict[str, object]:
    return {name: getattr(task, name) for name in task.__struct_fields__}


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=60, stateful_step_count=40)
