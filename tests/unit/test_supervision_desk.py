from __future__ import annotations

from runtime.messages.policy import PolicyStatus
from runtime.messages.state import Mode
from runtime.messages.tasks import TaskStatus
from runtime.modes import ModeEvent
from runtime.supervision.desk import DeskOutput, TaskDesk
from tests.support.supervised import STEP_NS, MadeUpCell, supervised_cell

INSTRUCTION = "put the red cube in the left tote"


class Shift:
    """A desk and the cell it looks at."""

    def __init__(self) -> None:
        self.cell = MadeUpCell()
        self.desk = TaskDesk(supervised_cell())

    def step(self, times: int = 1) -> DeskOutput:
        for _ in range(times - 1):
            self.look()
        return self.look()

    def look(self) -> DeskOutput:
        self.cell.now_ns += STEP_NS
        return self.desk.tick(
            self.cell.now_ns,
            control=self.cell.control(),
            policy=self.cell.policy(),
            belief=self.cell.belief(),
            robot=self.cell.robot(),
        )

    def add(self, *, retries: int = 0, priority: int = 0, time_limit_s: float = 60.0) -> int:
        task = self.desk.add(
            INSTRUCTION,
            now_ns=self.cell.now_ns,
            retries=retries,
            priority=priority,
            time_limit_s=time_limit_s,
        )
        return task.task_id

    def status(self, task_id: int) -> TaskStatus:
        task = self.desk.queue.get(task_id)
        assert task is not None
        return task.status

    def begin(self, *, retries: int = 0, time_limit_s: float = 60.0) -> int:
        self.cell.status, self.cell.task_id = PolicyStatus.WORKING, 0
        task_id = self.add(retries=retries, time_limit_s=time_limit_s)
        self.step()
        self.cell.task_id = task_id
        self.step()
        return task_id

    def finish(self, *, place: str = "left") -> None:
        self.cell.status = PolicyStatus.DONE
        self.cell.places["red cube"] = place
        self.step(6)

    def fail_one(self) -> None:
        self.cell.places["red cube"] = "tray"
        self.begin()
        self.cell.status = PolicyStatus.FAILED
        self.step()


def test_a_task_is_dispatched_verified_and_succeeds() -> None:
    shift = Shift()
    task_id = shift.begin()
    assert shift.status(task_id) is TaskStatus.RUNNING
    shift.finish()
    assert shift.status(task_id) is TaskStatus.SUCCEEDED
    assert shift.desk.task_list(shift.cell.now_ns).counts.succeeded == 1


def test_a_declined_task_is_counted_as_declined_and_as_nothing_else() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.cell.status = PolicyStatus.DECLINED
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.DECLINED
    counts = shift.desk.task_list(shift.cell.now_ns).counts
    assert (counts.succeeded, counts.failed, counts.declined) == (0, 0, 1)


def test_nothing_is_dispatched_while_the_cell_does_not_drive() -> None:
    shift = Shift()
    shift.cell.mode = Mode.IDLE
    task_id = shift.add()
    out = shift.step(10)
    assert out.assignment is None
    assert shift.status(task_id) is TaskStatus.QUEUED
    assert "idle" in out.obstacle


def test_the_policys_word_alone_does_not_make_a_success() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.cell.status = PolicyStatus.DONE
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.FAILED
    task = shift.desk.queue.get(task_id)
    assert task is not None
    assert "still in the tray" in task.reason


def test_the_other_tote_is_a_failure() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.finish(place="right")
    assert shift.status(task_id) is TaskStatus.FAILED


def test_a_failed_attempt_is_repeated_as_often_as_the_task_allows() -> None:
    shift = Shift()
    task_id = shift.begin(retries=1)
    shift.cell.status = PolicyStatus.FAILED
    assert shift.step().assignment is None
    shift.cell.status, shift.cell.task_id = PolicyStatus.WAITING, 0
    out = shift.step(2)
    assert out.assignment is not None
    assert out.assignment.attempt == 2
    shift.cell.status, shift.cell.task_id = PolicyStatus.FAILED, task_id
    shift.step()
    assert shift.status(task_id) is TaskStatus.FAILED


def test_an_old_verdict_of_the_policy_does_not_end_the_next_attempt() -> None:
    shift = Shift()
    task_id = shift.begin(retries=3)
    shift.cell.attempt, shift.cell.status = 1, PolicyStatus.FAILED
    out = shift.step(30)
    assert out.assignment is not None
    assert out.assignment.attempt == 2
    assert shift.status(task_id) is TaskStatus.RUNNING


def test_a_time_limit_counts_only_while_the_policy_drives() -> None:
    shift = Shift()
    task_id = shift.begin(time_limit_s=2.0)
    shift.cell.mode = Mode.IDLE
    shift.step(100)
    assert shift.status(task_id) is TaskStatus.RUNNING
    shift.cell.mode = Mode.AUTO
    shift.step(41)
    assert shift.status(task_id) is TaskStatus.FAILED


def test_a_protective_stop_ends_the_attempt_and_the_task_is_retried_after_the_start() -> None:
    shift = Shift()
    task_id = shift.begin(retries=1)
    shift.cell.mode = Mode.PROTECTIVE_STOP
    out = shift.step(5)
    assert out.assignment is None
    assert shift.status(task_id) is TaskStatus.QUEUED
    shift.cell.mode, shift.cell.task_id = Mode.AUTO, 0
    out = shift.step(2)
    assert out.assignment is not None
    assert (out.assignment.task_id, out.assignment.attempt) == (task_id, 2)


def test_a_stop_that_a_person_pressed_costs_the_task_no_attempt() -> None:
    shift = Shift()
    task_id = shift.begin(retries=0)
    for _ in range(3):
        shift.cell.mode, shift.cell.mode_reason = Mode.PROTECTIVE_STOP, "stop pressed"
        out = shift.step(5)
        assert out.assignment is None
        assert shift.status(task_id) is TaskStatus.QUEUED
        shift.cell.mode, shift.cell.mode_reason, shift.cell.task_id = Mode.AUTO, "", 0
        out = shift.step(2)
        assert out.assignment is not None
        assert (out.assignment.task_id, out.assignment.attempt) == (task_id, 1)
        shift.cell.task_id = task_id
    shift.finish()
    assert shift.status(task_id) is TaskStatus.SUCCEEDED


def test_a_task_that_was_done_when_a_person_stopped_the_cell_is_a_success() -> None:
    shift = Shift()
    task_id = shift.begin(retries=0)
    shift.cell.mode, shift.cell.mode_reason = Mode.PROTECTIVE_STOP, "stop pressed"
    shift.step(5)
    shift.cell.mode, shift.cell.mode_reason = Mode.AUTO, ""
    shift.cell.status, shift.cell.task_id = PolicyStatus.WAITING, 0
    shift.step(2)
    shift.cell.status, shift.cell.task_id = PolicyStatus.DECLINED, task_id
    shift.cell.places["red cube"] = "left"
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.SUCCEEDED


def test_the_higher_priority_goes_first_and_equal_ones_in_their_order() -> None:
    shift = Shift()
    shift.cell.mode = Mode.IDLE
    first, second, urgent = shift.add(), shift.add(), shift.add(priority=5)
    shift.cell.mode = Mode.AUTO
    order: list[int] = []
    for _ in range(3):
        out = shift.step()
        assert out.assignment is not None
        order.append(out.assignment.task_id)
        shift.desk.cancel(out.assignment.task_id, now_ns=shift.cell.now_ns)
    assert order == [urgent, first, second]


def test_five_failures_in_a_row_hold_the_cell_until_a_person_starts_it_again() -> None:
    shift = Shift()
    for _ in range(5):
        shift.fail_one()
    waiting = shift.add()
    out = shift.step()
    assert out.mode_event is ModeEvent.ASSIST_ASKED
    assert out.assignment is None
    assert any(condition.alarm_id == "tasks.person_needed" for condition in out.conditions)
    shift.cell.mode = Mode.ASSIST
    out = shift.step(10)
    assert out.mode_event is None
    shift.cell.mode = Mode.AUTO
    out = shift.step(2)
    assert out.assignment is not None
    assert out.assignment.task_id == waiting


def test_more_than_a_tenth_of_the_last_fifty_is_an_alarm_and_no_stop() -> None:
    shift = Shift()
    for turn in range(12):
        if turn % 2:
            shift.fail_one()
        else:
            shift.cell.places["red cube"] = "tray"
            shift.begin()
            shift.finish()
    out = shift.step()
    assert [condition.alarm_id for condition in out.conditions] == ["tasks.budget"]
    assert out.mode_event is None


def test_thirty_refused_chunks_in_a_row_end_the_attempt() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.cell.plans = shift.cell.rejected = 29
    shift.step()
    assert shift.status(task_id) is TaskStatus.RUNNING
    shift.cell.plans = shift.cell.rejected = 30
    shift.step()
    assert shift.status(task_id) is TaskStatus.FAILED


def test_what_the_guard_refuses_while_no_policy_may_drive_is_not_held_against_the_attempt() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.cell.plans = shift.cell.rejected = 4
    shift.step()
    shift.cell.mode = Mode.ASSIST
    for _ in range(100):
        shift.cell.plans += 1
        shift.cell.rejected += 1
        shift.step()
    shift.cell.mode = Mode.AUTO
    shift.step()
    assert shift.status(task_id) is TaskStatus.RUNNING
    assert shift.desk.refused_in_row == 4


def test_accepted_chunks_between_refused_ones_keep_the_attempt_alive() -> None:
    shift = Shift()
    task_id = shift.begin()
    for _ in range(60):
        shift.cell.plans += 10
        shift.cell.rejected += 9
        shift.step()
    assert shift.status(task_id) is TaskStatus.RUNNING


def test_a_task_that_runs_is_reported_for_saving_no_later_than_its_assignment() -> None:
    shift = Shift()
    task_id = shift.add()
    out = shift.step()
    assert out.assignment is not None
    assert out.changed[-1].task_id == task_id
    assert out.changed[-1].status is TaskStatus.RUNNING


def test_a_key_adds_its_task_once() -> None:
    shift = Shift()
    first = shift.desk.add(INSTRUCTION, now_ns=0, key="order 7")
    again = shift.desk.add(INSTRUCTION, now_ns=1, key="order 7")
    assert first.task_id == again.task_id
    assert len(shift.desk.queue.open) == 1


def test_a_running_task_can_be_cancelled_and_its_assignment_goes_away() -> None:
    shift = Shift()
    task_id = shift.begin()
    assert shift.desk.cancel(task_id, now_ns=shift.cell.now_ns) == ""
    assert shift.step().assignment is None
    assert "already cancelled" in shift.desk.cancel(task_id, now_ns=shift.cell.now_ns)
    assert "not known" in shift.desk.cancel(999, now_ns=shift.cell.now_ns)


def test_an_occluded_picture_is_waited_out_for_three_seconds_and_then_proves_nothing() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.cell.status, shift.cell.occluded = PolicyStatus.DONE, True
    del shift.cell.places["red cube"]
    shift.step(50)
    assert shift.status(task_id) is TaskStatus.VERIFYING
    shift.step(12)
    assert shift.status(task_id) is TaskStatus.FAILED
    task = shift.desk.queue.get(task_id)
    assert task is not None
    assert "could not be verified" in task.reason


def test_a_part_that_is_mostly_hidden_in_the_tote_is_believed_after_more_pictures() -> None:
    shift = Shift()
    task_id = shift.begin()
    shift.cell.quality = 0.2
    shift.cell.status, shift.cell.places["red cube"] = PolicyStatus.DONE, "left"
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.VERIFYING
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.SUCCEEDED


def test_a_repeated_attempt_that_is_declined_because_it_is_done_already_is_a_success() -> None:
    shift = Shift()
    task_id = shift.begin(retries=1)
    shift.cell.status = PolicyStatus.FAILED
    shift.step()
    shift.cell.status, shift.cell.task_id = PolicyStatus.WAITING, 0
    shift.step(2)
    shift.cell.status, shift.cell.task_id = PolicyStatus.DECLINED, task_id
    shift.cell.places["red cube"] = "left"
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.SUCCEEDED


def test_a_part_that_lay_in_the_tote_already_is_no_success() -> None:
    shift = Shift()
    shift.cell.places["red cube"] = "left"
    shift.step(3)
    task_id = shift.begin()
    shift.cell.status = PolicyStatus.DONE
    shift.step(6)
    assert shift.status(task_id) is TaskStatus.FAILED


def test_what_the_arm_hides_from_the_start_on_was_seen_before() -> None:
    shift = Shift()
    shift.cell.mode = Mode.IDLE
    shift.step(2)
    del shift.cell.places["red cube"]
    shift.cell.mode = Mode.AUTO
    task_id = shift.begin()
    shift.finish()
    assert shift.status(task_id) is TaskStatus.SUCCEEDED
