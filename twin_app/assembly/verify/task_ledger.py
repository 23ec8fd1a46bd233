"""What was promised about tasks, held against the store on disk: none lost, none run twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from runtime.messages.requests import AddTask
from runtime.messages.tasks import Assignment, TaskList


class TaskLedger:
    """Notes every acknowledged task and every time that one was handed to the policy."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._acknowledged: dict[str, int] = {}
        self._newest: tuple[str, AddTask] | None = None
        self._told: set[int] = set()
        self._runs: dict[int, set[tuple[int, int]]] = {}
        self._ended: set[int] = set()
        self._doubled: set[int] = set()

    def new_key(self) -> str:
        """An asker's key that was not used before."""
        return f"kill-{len(self._acknowledged) + 1}"

    def newest(self) -> tuple[str, AddTask] | None:
        """The task acknowledged last, with its key."""
        return self._newest

    def acknowledged(self, key: str, task_id: int, task: AddTask) -> None:
        """The supervisor has said that it has this task."""
        self._acknowledged[key] = task_id
        self._newest = (key, task)

    def asked_again(self, key: str, task_id: int) -> None:
        """The same key asked twice: another number means that the task is there twice."""
        if self._acknowledged[key] != task_id:
            self._doubled.add(task_id)

    def assigned(self, assignment: Assignment, *, session: int) -> None:
        """The policy was told to run it; a second time (no retries are asked for) is a double run."""
        task_id = assignment.task_id
        if task_id in self._ended:
            self._doubled.add(task_id)
        runs = self._runs.setdefault(task_id, set())
        runs.add((session, assignment.attempt))
        if len(runs) > 1:
            self._doubled.add(task_id)

    def told(self, tasks: TaskList) -> None:
        """The supervisor's list; what it calls finished must not be run again."""
        self._ended |= {task.task_id for task in tasks.finished} - {task.task_id for task in tasks.open}
        self._told = {task.task_id for task in tasks.open}

    def open_of(self, tasks: TaskList) -> int:
        """Open tasks, with those that were acknowledged after this list was sent."""
        known = {task.task_id for task in (*tasks.open, *tasks.finished)}
        newer = [task_id for task_id in self._acknowledged.values() if task_id > max(known, default=0)]
        return len(tasks.open) + len(newer)

    @property
    def count(self) -> int:
        """Tasks acknowledged."""
        return len(self._acknowledged)

    def lost(self) -> list[str]:
        """Keys that were acknowledged and are not in the store."""
        rows = self._rows()
        return [key for key, task_id in self._acknowledged.items() if rows.get(key, [])[:1] != [task_id]]

    def doubled(self) -> list[int]:
        """Numbers of tasks that were run twice or stand twice in the store."""
        again = {task_ids[-1] for task_ids in self._rows().values() if len(task_ids) > 1}
        return sorted(self._doubled | again)

    def _rows(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as database:
            for key, task_id in database.execute("SELECT key, task_id FROM tasks ORDER BY task_id"):
                found.setdefault(key, []).append(task_id)
        return found
