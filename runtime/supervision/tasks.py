"""The queue as values: which tasks there are, which comes next, what became of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from runtime.messages.tasks import Task, TaskCounts, TaskList, TaskStatus
from runtime.supervision.budget import ErrorBudget
from runtime.supervision.durations import Durations

FINAL = frozenset(
    {
        TaskStatus.SUCCEEDED,
        TaskStatus.FAILED,
        TaskStatus.DECLINED,
        TaskStatus.CANCELLED,
        TaskStatus.INTERRUPTED,
    }
)
FINISHED_KEPT = 50
REMEMBERED = 2000
"""Finished tasks that are still known by number and key."""


class TaskQueue:
    """Open tasks by id, the newest finished ones, and the session's statistics. Knows no time and no disk."""

    def __init__(self, tasks: Iterable[Task] = (), *, next_task_id: int = 1) -> None:
        known = sorted(tasks, key=lambda task: task.task_id)
        self._open = {task.task_id: task for task in known if task.status not in FINAL}
        self._finished = [task for task in reversed(known) if task.status in FINAL][:FINISHED_KEPT]
        self._keys = {task.key: task.task_id for task in known if task.key}
        self._known = {task.task_id: task for task in known}
        self._remembered = deque(task.task_id for task in known if task.status in FINAL)
        self._next_id = max(next_task_id, known[-1].task_id + 1 if known else 1)
        self._succeeded = self._failed = self._declined = 0
        self.durations = Durations()
        self._changed: dict[int, Task] = {}

    def add(
        self, instruction: str, *, priority: int, time_limit_s: float, retries: int, key: str, wall_ns: int
    ) -> tuple[Task, bool]:
        """A new queued task and True; or the task already added with this key and False."""
        if key and key in self._keys:
            return self._known[self._keys[key]], False
        task = Task(
            task_id=self._next_id,
            instruction=instruction,
            priority=priority,
            time_limit_s=time_limit_s,
            retries=retries,
            attempt=0,
            status=TaskStatus.QUEUED,
            reason="",
            added_ns=wall_ns,
            started_ns=0,
            finished_ns=0,
            key=key,
        )
        self._next_id += 1
        if key:
            self._keys[key] = task.task_id
        return self.put(task), True

    def get(self, task_id: int) -> Task | None:
        """An open or a remembered finished task."""
        return self._known.get(task_id)

    def with_key(self, key: str) -> Task | None:
        """The task that was added with this key."""
        task_id = self._keys.get(key)
        return None if task_id is None else self._known[task_id]

    def next_queued(self) -> Task | None:
        """The queued task of highest priority, the oldest among equal ones."""
        queued = [task for task in self._open.values() if task.status is TaskStatus.QUEUED]
        return min(queued, key=lambda task: (-task.priority, task.task_id), default=None)

    def put(self, task: Task) -> Task:
        """Take a task's new value; a final one moves to the finished tasks and into the statistics."""
        if (known := self._known.get(task.task_id)) is not None and known.status in FINAL:
            raise ValueError(f"task {task.task_id} is {known.status.value} and cannot change")
        self._changed[task.task_id] = task
        self._known[task.task_id] = task
        if task.status in FINAL:
            self._open.pop(task.task_id, None)
            self._finish(task)
        else:
            self._open[task.task_id] = task
        return task

    def set(self, task: Task, status: TaskStatus, *, reason: str = "") -> Task:
        """`put` with another status."""
        return self.put(replace(task, status=status, reason=reason))

    def take_changed(self) -> tuple[Task, ...]:
        """Newest value of every task changed since the last call: what has to become durable."""
        changed = tuple(self._changed.values())
        self._changed.clear()
        return changed

    def take_back(self, task: Task) -> None:
        """Forget a task that could not be made durable; only for one that was added just now."""
        self._open.pop(task.task_id, None)
        self._known.pop(task.task_id, None)
        self._changed.pop(task.task_id, None)
        self._keys.pop(task.key, None)

    @property
    def open(self) -> tuple[Task, ...]:
        """Running ones first, then in the order they will be taken."""
        return tuple(sorted(self._open.values(), key=lambda t: (t.status is TaskStatus.QUEUED, -t.priority, t.task_id)))

    def task_list(self, *, now_ns: int, budget: ErrorBudget) -> TaskList:
        """The queue as telemetry."""
        counts = TaskCounts(
            succeeded=self._succeeded,
            failed=self._failed,
            failed_in_row=budget.failures_in_row,
            failed_of_last_50=budget.failed_of_last,
            duration_mean_s=self.durations.mean_s,
            declined=self._declined,
        )
        return TaskList(now_ns, self.open, tuple(self._finished), counts)

    def _finish(self, task: Task) -> None:
        self._finished.insert(0, task)
        del self._finished[FINISHED_KEPT:]
        self._remembered.append(task.task_id)
        while len(self._remembered) > REMEMBERED:
            forgotten = self._known.pop(self._remembered.popleft())
            self._keys.pop(forgotten.key, None)
        self._declined += task.status is TaskStatus.DECLINED
        if task.status in (TaskStatus.SUCCEEDED, TaskStatus.FAILED):
            self._succeeded += task.status is TaskStatus.SUCCEEDED
            self._failed += task.status is TaskStatus.FAILED
            self.durations.add((task.finished_ns - task.started_ns) * 1e-9)
