"""The durable task queue: SQLite, so that a killed supervisor loses no acknowledged task and repeats none.

Write-ahead log with `synchronous=FULL`: a row that `save` has returned for survives a kill and a power cut.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import platformdirs
from msgspec.structs import replace

from runtime.messages.tasks import Task, TaskStatus
from runtime.mistakes import UserMistake
from runtime.supervision.tasks import FINAL, REMEMBERED

SCHEMA_VERSION = 1
_COLUMNS = (
    "task_id",
    "instruction",
    "priority",
    "time_limit_s",
    "retries",
    "attempt",
    "status",
    "reason",
    "added_ns",
    "started_ns",
    "finished_ns",
    "key",
)
_SCHEMA = """
CREATE TABLE tasks (
    task_id INTEGER PRIMARY KEY, instruction TEXT NOT NULL, priority INTEGER NOT NULL, time_limit_s REAL NOT NULL,
    retries INTEGER NOT NULL, attempt INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    added_ns INTEGER NOT NULL, started_ns INTEGER NOT NULL, finished_ns INTEGER NOT NULL, key TEXT NOT NULL
);
CREATE UNIQUE INDEX tasks_key ON tasks (key) WHERE key <> '';
"""
_SAVE = f"""
INSERT INTO tasks ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})
ON CONFLICT (task_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])}
"""
_BUSY = frozenset({TaskStatus.RUNNING, TaskStatus.VERIFYING})


class StoreTrouble(Exception):
    """A task could not be made durable; the text says why."""


def default_data_folder(cell: str) -> Path:
    """Where a cell's durable data lies unless the user says otherwise."""
    return Path(platformdirs.user_data_path("celltwin", appauthor=False)) / cell


class TaskStore:
    """One cell's tasks on disk. One process at a time; from one thread."""

    def __init__(self, folder: Path) -> None:
        """Open or create `folder/tasks.sqlite`; raises `UserMistake` where that is impossible."""
        self.file = folder / "tasks.sqlite"
        remedy = "choose another folder with --data"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "tasks.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as trouble:
            raise UserMistake(
                f"the task folder {folder} cannot be used: {trouble.strerror}", remedy=remedy
            ) from trouble
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as trouble:
            os.close(self._lock)
            raise UserMistake(
                f"another instance uses the tasks in {folder}", remedy="stop it, or " + remedy
            ) from trouble
        try:
            self._database = _open(self.file)
        except (sqlite3.Error, UserMistake) as trouble:
            os.close(self._lock)
            raise UserMistake(f"the task file {self.file} cannot be used: {trouble}", remedy=remedy) from trouble

    def recover(self, *, wall_ns: int) -> tuple[Task, ...]:
        """All open and the newest finished tasks after a start.

        What was running when the last process died becomes INTERRUPTED, for good; what was only being
        checked had moved nothing and is queued again.
        """
        rows = self._database.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM tasks WHERE status NOT IN ({', '.join('?' * len(FINAL))}) "
            f"OR task_id > (SELECT COALESCE(MAX(task_id), 0) FROM tasks) - ? ORDER BY task_id",
            (*(status.value for status in FINAL), REMEMBERED),
        )
        found = [_task(row) for row in rows]
        recovered = [_recovered(task, wall_ns) for task in found]
        self.save(after for before, after in zip(found, recovered, strict=True) if before != after)
        return tuple(recovered)

    def save(self, tasks: Iterable[Task]) -> None:
        """Make tasks durable, all or none; raises `StoreTrouble`. Returns after the disk has them."""
        rows = [_row(task) for task in tasks]
        if not rows:
            return
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(_SAVE, rows)
        except sqlite3.Error as trouble:
            raise StoreTrouble(f"the task could not be written to {self.file}: {trouble}") from trouble

    def close(self) -> None:
        """Let go of file and lock."""
        self._database.close()
        os.close(self._lock)


def _open(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None, timeout=0.0)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise UserMistake(f"it has schema {version}, this program knows {SCHEMA_VERSION}")
    except BaseException:
        database.close()
        raise
    return database


def _row(task: Task) -> tuple[object, ...]:
    return tuple(task.status.value if name == "status" else getattr(task, name) for name in _COLUMNS)


def _task(row: tuple[object, ...]) -> Task:
    fields = dict(zip(_COLUMNS, row, strict=True))
    fields["status"] = TaskStatus(fields["status"])
    return Task(**fields)  # pyright: ignore[reportArgumentType]  # the schema holds the types


def _recovered(task: Task, wall_ns: int) -> Task:
    if task.status in _BUSY:
        reason = f"the supervisor ended during attempt {task.attempt}"
        return replace(task, status=TaskStatus.INTERRUPTED, reason=reason, finished_ns=wall_ns)
    return replace(task, status=TaskStatus.QUEUED) if task.status is TaskStatus.CHECKING else task
