"""Tasks: what the cell is asked to do, and what became of it."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class TaskStatus(Enum):
    """Life of a task. The last five are final."""

    QUEUED = "queued"
    CHECKING = "checking"
    RUNNING = "running"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Was running when the supervisor died; never run a second time by itself."""


class Task(Struct, frozen=True):
    """One durable entry of the queue."""

    task_id: int
    instruction: str
    priority: int
    """Higher first; equal ones in the order they came."""

    time_limit_s: float
    retries: int
    attempt: int
    status: TaskStatus
    reason: str
    """Why it failed, was declined, or what was measured when it succeeded."""

    added_ns: int
    """Wall clock, since the epoch: a task outlives the monotonic clock."""

    started_ns: int
    finished_ns: int
    key: str = ""
    """The asker's own key: adding a task twice with one key adds it once."""


class TaskCounts(Struct, frozen=True):
    """Statistics of this session."""

    succeeded: int
    failed: int
    failed_in_row: int
    failed_of_last_50: int
    duration_mean_s: float
    declined: int = 0
    """Tasks that the cell cannot do: they were never begun, or the policy turned them down."""


class TaskList(Struct, frozen=True):
    """The queue's open tasks and the newest finished ones."""

    stamp_ns: int
    open: tuple[Task, ...]
    finished: tuple[Task, ...]
    """Newest first, at most 50."""

    counts: TaskCounts


class Assignment(Struct, frozen=True):
    """What the policy is to do now."""

    task_id: int
    attempt: int
    instruction: str
    reading: str = ""
    """The same in plain words, as the policy read it that had this task before; empty where none has."""
