from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.messages.tasks import Task, TaskStatus
from runtime.mistakes import UserMistake
from runtime.supervision.store import StoreTrouble, TaskStore

WRITER = """
import sys
from pathlib import Path
from runtime.messages.tasks import Task, TaskStatus
from runtime.supervision.store import TaskStore

store = TaskStore(Path(sys.argv[1]))
begin = max((task.task_id for task in store.recover(wall_ns=1)), default=0) + 1
for number in range(begin, begin + 100000):
    for status, attempt in ((TaskStatus.QUEUED, 0), (TaskStatus.RUNNING, 1), (TaskStatus.SUCCEEDED, 1)):
        store.save([Task(number, "put it away", 0, 60.0, 1, attempt, status, "", 0, 0, 0, f"key {number}")])
        print(number, status.value, flush=True)
"""
ORDER = (TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.SUCCEEDED)


def task(number: int, status: TaskStatus = TaskStatus.QUEUED, *, key: str = "") -> Task:
    return Task(number, "put the red cube in the left tote", 0, 60.0, 1, 1, status, "", 1, 0, 0, key)


def test_what_was_saved_is_there_after_opening_again(tmp_path: Path) -> None:
    store = TaskStore(tmp_path)
    store.save([task(1), task(2, TaskStatus.FAILED)])
    store.close()
    store = TaskStore(tmp_path)
    assert store.recover(wall_ns=5) == (task(1), task(2, TaskStatus.FAILED))
    store.close()


@pytest.mark.parametrize("status", TaskStatus)
def test_after_a_death_what_ran_is_interrupted_and_what_waited_still_waits(tmp_path: Path, status: TaskStatus) -> None:
    store = TaskStore(tmp_path)
    store.save([task(1, status)])
    (recovered,) = store.recover(wall_ns=5)
    store.close()
    expected = {
        TaskStatus.RUNNING: TaskStatus.INTERRUPTED,
        TaskStatus.VERIFYING: TaskStatus.INTERRUPTED,
        TaskStatus.CHECKING: TaskStatus.QUEUED,
    }
    assert recovered.status is expected.get(status, status)


def test_a_kill_at_any_moment_loses_no_acknowledged_task_and_repeats_none(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    acknowledged: dict[int, TaskStatus] = {}
    for turn in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(0.005 + 0.011 * turn)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
        writer.wait()
        writer.stdout.close()
        before = dict(acknowledged)
        for line in (first + rest).splitlines(keepends=True):
            if line.endswith("\n"):
                number, status = line.split()
                acknowledged[int(number)] = TaskStatus(status)
        store = TaskStore(tmp_path)
        recovered = {one.task_id: one.status for one in store.recover(wall_ns=1)}
        store.close()
        for number, status in acknowledged.items():
            assert number in recovered, "an acknowledged task is lost"
            if number in before:
                assert recovered[number] not in (TaskStatus.RUNNING, TaskStatus.VERIFYING)
            elif status is TaskStatus.RUNNING:
                assert recovered[number] in (TaskStatus.INTERRUPTED, TaskStatus.SUCCEEDED)
            elif status is TaskStatus.SUCCEEDED:
                assert recovered[number] is TaskStatus.SUCCEEDED
        acknowledged.update(recovered)


def test_a_second_instance_is_refused_in_words(tmp_path: Path) -> None:
    store = TaskStore(tmp_path)
    with pytest.raises(UserMistake, match="another instance"):
        TaskStore(tmp_path)
    store.close()


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserMistake, match="cannot be used"):
        TaskStore(tmp_path / "file" / "data")


def test_a_file_that_is_no_database_is_refused_in_words_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tasks.sqlite").write_text("my diary " * 200)
    with pytest.raises(UserMistake, match="cannot be used"):
        TaskStore(tmp_path)
    assert (tmp_path / "tasks.sqlite").read_text().startswith("my diary")


def test_a_newer_schema_is_refused_in_words(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "tasks.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UserMistake, match="schema 99"):
        TaskStore(tmp_path)


def test_a_row_that_cannot_be_written_leaves_nothing_behind_of_its_batch(tmp_path: Path) -> None:
    store = TaskStore(tmp_path)
    store.save([task(1, key="order 7")])
    with pytest.raises(StoreTrouble):
        store.save([task(2), task(3, key="order 7")])
    assert [one.task_id for one in store.recover(wall_ns=1)] == [1]
    store.close()


DAMAGE = [
    ("UPDATE tasks SET status = 'pondering'", "pondering"),
    ("UPDATE tasks SET retries = 'abc'", "retries"),
    ("UPDATE tasks SET time_limit_s = x'00ff'", "time_limit_s"),
    ("UPDATE tasks SET instruction = CAST(x'fffe41' AS TEXT)", "UTF-8"),
    ("DROP TABLE tasks", "no such table"),
    ("ALTER TABLE tasks RENAME COLUMN reason TO excuse", "no such column"),
]


@pytest.mark.parametrize(("change", "said"), DAMAGE)
def test_a_damaged_task_is_refused_in_words_with_the_way_out_and_nothing_is_dropped(
    change: str, said: str, tmp_path: Path
) -> None:
    store = TaskStore(tmp_path)
    store.save([task(1), task(2)])
    store.close()
    with sqlite3.connect(tmp_path / "tasks.sqlite") as database:
        database.execute(change)
    database.close()
    store = TaskStore(tmp_path)
    with pytest.raises(StoreTrouble, match=said) as refused:
        store.recover(wall_ns=1)
    store.close()
    assert str(tmp_path / "tasks.sqlite") in refused.value.what
    assert "move" in refused.value.remedy
    assert (tmp_path / "tasks.sqlite").is_file()


def test_damaged_pages_are_found_before_a_task_is_written(tmp_path: Path) -> None:
    store = TaskStore(tmp_path)
    store.save([task(number) for number in range(1, 400)])
    store.close()
    file = tmp_path / "tasks.sqlite"
    content = bytearray(file.read_bytes())
    content[2 * 4096 : 4 * 4096] = b"\x5a" * (2 * 4096)
    file.write_bytes(bytes(content))
    with pytest.raises(StoreTrouble, match="damaged") as refused:
        TaskStore(tmp_path)
    assert "move" in refused.value.remedy
    assert file.read_bytes() == bytes(content)


def test_a_task_file_that_was_taken_away_is_noticed_before_anything_is_acknowledged(tmp_path: Path) -> None:
    store = TaskStore(tmp_path / "cell")
    store.save((task(1),))
    shutil.rmtree(tmp_path / "cell")
    with pytest.raises(StoreTrouble, match="was removed or replaced: end the cell"):
        store.save((task(2),))
    store.close()
