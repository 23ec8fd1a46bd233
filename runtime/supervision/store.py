"""The durable task queue: SQLite, so that a killed supervisor loses no acknowledged task and repeats none.

Write-ahead log with `synchronous=FULL`: a row that `save` has returned for survives a kill and a power cut.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec
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
_RECALL = f"""
SELECT {", ".join(_COLUMNS)} FROM tasks WHERE status NOT IN ({", ".join("?" * len(FINAL))})
OR task_id > (SELECT COALESCE(MAX(task_id), 0) FROM tasks) - ? ORDER BY task_id
"""
_OF_ITS_PLACE = ("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_READONLY")
_BUSY = frozenset({TaskStatus.RUNNING, TaskStatus.VERIFYING})


class StoreTrouble(UserMistake):
    """The task file cannot be read, or a task not be made durable; says why and what to do."""


def default_data_folder(cell: str) -> Path:
    """Where a cell's durable data lies unless the user says otherwise."""
    return Path(platformdirs.user_data_path("celltwin", appauthor=False)) / cell


class TaskStore:
    """One cell's tasks on disk. One process at a time; from one thread."""

    def __init__(self, folder: Path) -> None:
        """Open or create `folder/tasks.sqlite`; raises `UserMistake` where that is impossible.

        A damaged file is left as it is: whoever moves it away decides to do without its tasks.
        """
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
            self._identity = _identity(self.file)
        except sqlite3.Error as trouble:
            os.close(self._lock)
            raise self._unusable(trouble) from trouble
        except StoreTrouble:
            os.close(self._lock)
            raise

    def recover(self, *, wall_ns: int) -> tuple[Task, ...]:
        """All open and the newest finished tasks after a start.

        What was running when the last process died becomes INTERRUPTED, for good; what was only being
        checked had moved nothing and is queued again. Raises `StoreTrouble` for a damaged file.
        """
        try:
            rows = self._database.execute(_RECALL, (*(status.value for status in FINAL), REMEMBERED)).fetchall()
        except sqlite3.Error as trouble:
            raise self._unusable(trouble) from trouble
        found = [self._task(row) for row in rows]
        recovered = [_recovered(task, wall_ns) for task in found]
        self.save(after for before, after in zip(found, recovered, strict=True) if before != after)
        return tuple(recovered)

    def save(self, tasks: Iterable[Task]) -> None:
        """Make tasks durable, all or none; raises `StoreTrouble`. Returns after the disk has them."""
        rows = [_row(task) for task in tasks]
        if not rows:
            return
        if _identity(self.file) != self._identity:  # what is written into a file without a name is lost with us
            raise StoreTrouble(f"the task file {self.file} was removed or replaced: end the cell and start it anew")
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

    def _task(self, row: tuple[object, ...]) -> Task:
        """A row as a task: SQLite holds no column to its type, so each is checked."""
        fields = dict(zip(_COLUMNS, row, strict=True))
        try:
            return msgspec.convert(fields, Task)
        except (msgspec.ValidationError, UnicodeError) as trouble:
            raise _damaged(self.file, f"task {fields['task_id']!r}: {trouble}") from trouble

    def _unusable(self, trouble: sqlite3.Error) -> StoreTrouble:
        """What SQLite says, with what to do about it: damage is a matter of the file, the rest of its place."""
        if getattr(trouble, "sqlite_errorname", "").startswith(_OF_ITS_PLACE):
            remedy = "make room, close what else uses it, mend its owner and mode, or choose another folder with --data"
            return StoreTrouble(f"the task file {self.file} cannot be used: {trouble}", remedy=remedy)
        return _damaged(self.file, str(trouble))


def _damaged(file: Path, what: str) -> StoreTrouble:
    remedy = f"move {file} (and {file.name}-wal, if there) away: the cell then starts with an empty queue"
    return StoreTrouble(f"the task file {file} cannot be used, it is damaged: {what}", remedy=remedy)


def _open(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None, timeout=0.0)
    try:
        _check_pages(database, file)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise StoreTrouble(
                f"the task file {file} cannot be used: it has schema {version}, this program knows {SCHEMA_VERSION}",
                remedy="use the version of celltwin that wrote it, or choose another folder with --data",
            )
    except BaseException:
        database.close()
        raise
    return database


def _check_pages(database: sqlite3.Connection, file: Path) -> None:
    """Look at every page once: a damaged one would show only when a task is written, in the middle of the work."""
    found: str = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(file, " ".join(found.split()))


def _row(task: Task) -> tuple[object, ...]:
    return tuple(task.status.value if name == "status" else getattr(task, name) for name in _COLUMNS)


def _recovered(task: Task, wall_ns: int) -> Task:
    if task.status in _BUSY:
        reason = f"the supervisor ended during attempt {task.attempt}"
        return replace(task, status=TaskStatus.INTERRUPTED, reason=reason, finished_ns=wall_ns)
    return replace(task, status=TaskStatus.QUEUED) if task.status is TaskStatus.CHECKING else task


def _identity(file: Path) -> tuple[int, int]:
    """Which file it is, by device and number; (0, 0) when there is none."""
    try:
        about = file.stat()
    except OSError:
        return 0, 0
    return about.st_dev, about.st_ino
