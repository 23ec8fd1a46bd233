"""The ledger of acknowledged tasks finds a lost one and one that was run twice."""

from pathlib import Path

import pytest

from runtime.messages.requests import AddTask
from runtime.messages.tasks import Assignment, Task, TaskCounts, TaskList, TaskStatus
from runtime.supervision.store import TaskStore
from twin_app.assembly.verify.task_ledger import TaskLedger

WISH = AddTask("put the red cube in the left tote")


def task(task_id: int, key: str, status: TaskStatus = TaskStatus.QUEUED) -> Task:
    return Task(task_id, WISH.instruction, 0, 40.0, 0, 1, status, "", 1, 0, 0, key)


@pytest.fixture
def ledger(tmp_path: Path) -> TaskLedger:
    store = TaskStore(tmp_path)
    store.save([task(1, "kill-1"), task(2, "kill-2")])
    store.close()
    ledger = TaskLedger(tmp_path / "tasks.sqlite")
    for number in (1, 2):
        assert ledger.new_key() == f"kill-{number}"
        ledger.acknowledged(f"kill-{number}", number, WISH)
    return ledger


def test_tasks_that_are_in_the_store_are_not_lost(ledger: TaskLedger) -> None:
    assert (ledger.lost(), ledger.doubled()) == ([], [])


def test_an_acknowledged_task_that_is_not_in_the_store_is_lost(ledger: TaskLedger) -> None:
    ledger.acknowledged("kill-3", 3, WISH)
    assert ledger.lost() == ["kill-3"]


def test_a_task_run_in_two_sessions_is_doubled_and_one_told_again_is_not(ledger: TaskLedger) -> None:
    one = Assignment(1, 1, WISH.instruction)
    ledger.assigned(one, session=1)
    ledger.assigned(one, session=1)
    assert ledger.doubled() == []
    ledger.assigned(one, session=2)
    assert ledger.doubled() == [1]


def test_a_finished_task_that_is_run_again_is_doubled(ledger: TaskLedger) -> None:
    counts = TaskCounts(1, 0, 0, 0, 5.0)
    ledger.told(TaskList(5, (), (task(2, "kill-2", TaskStatus.INTERRUPTED),), counts))
    ledger.assigned(Assignment(2, 1, WISH.instruction), session=2)
    assert ledger.doubled() == [2]


def test_a_key_that_is_answered_with_another_number_is_doubled(ledger: TaskLedger) -> None:
    ledger.asked_again("kill-2", 2)
    assert ledger.doubled() == []
    ledger.asked_again("kill-2", 9)
    assert ledger.doubled() == [9]
