"""Alarms, error budget, the one line that says why, and what an instruction asks for."""

from __future__ import annotations

from itertools import product

import pytest

from runtime.messages.joint import PlantFlag
from runtime.messages.policy import PolicyStatus
from runtime.messages.state import Mode, PlanExecution
from runtime.messages.system import AlarmPhase, Priority, ProcessPhase
from runtime.messages.tasks import Task, TaskStatus
from runtime.supervision.alarms import AlarmBook, Condition
from runtime.supervision.budget import ErrorBudget
from runtime.supervision.conditions import Measures, conditions
from runtime.supervision.intent import Intent, read_intent
from runtime.supervision.telemetry import Telemetry
from runtime.supervision.why import MOVING, Situation, why_not_moving
from tests.support.supervised import SECOND_NS, MadeUpCell, processes, supervised_cell

HOT = Condition("motor.hot", Priority.HIGH, "hardware", "motor 2 is hot", "limited", "look")


def phases(book: AlarmBook, now_ns: int) -> dict[str, AlarmPhase]:
    return {alarm.alarm_id: alarm.phase for alarm in book.alarm_list(now_ns=now_ns).alarms}


def test_an_alarm_is_raised_acknowledged_and_returns_to_normal() -> None:
    book = AlarmBook()
    book.update([HOT], now_ns=0)
    assert phases(book, 0) == {"motor.hot": AlarmPhase.UNACKNOWLEDGED}
    assert book.acknowledge("motor.hot") == ""
    assert phases(book, 0) == {"motor.hot": AlarmPhase.ACKNOWLEDGED}
    book.update([], now_ns=2 * SECOND_NS)
    assert phases(book, 2 * SECOND_NS) == {}


def test_an_alarm_that_returns_unseen_stays_until_a_person_has_seen_it() -> None:
    book = AlarmBook()
    book.update([HOT], now_ns=0)
    book.update([], now_ns=2 * SECOND_NS)
    assert phases(book, 0) == {"motor.hot": AlarmPhase.RETURNED_UNACKNOWLEDGED}
    book.acknowledge("motor.hot")
    assert phases(book, 0) == {}
    assert "no alarm" in book.acknowledge("motor.hot")


def test_a_flickering_condition_raises_one_alarm() -> None:
    book = AlarmBook()
    for tenth in range(50):
        book.update([HOT] if tenth % 2 else [], now_ns=tenth * SECOND_NS // 10)
    (alarm,) = book.alarm_list(now_ns=0).alarms
    assert alarm.count == 1


def test_an_alarm_that_comes_back_is_counted_and_wants_to_be_seen_again() -> None:
    book = AlarmBook()
    book.update([HOT], now_ns=0)
    book.acknowledge("motor.hot")
    book.update([], now_ns=2 * SECOND_NS)
    book.update([HOT], now_ns=3 * SECOND_NS)
    (alarm,) = book.alarm_list(now_ns=0).alarms
    assert (alarm.phase, alarm.count, alarm.since_ns) == (AlarmPhase.UNACKNOWLEDGED, 2, 3 * SECOND_NS)


def test_the_most_urgent_alarm_stands_first() -> None:
    book = AlarmBook()
    urgent = Condition("cell.fault", Priority.CRITICAL, "control", "", "", "")
    book.update([HOT, urgent], now_ns=0)
    assert [alarm.alarm_id for alarm in book.alarm_list(now_ns=0).alarms] == ["cell.fault", "motor.hot"]


def test_the_budget_asks_for_a_person_at_exactly_five_failures_in_a_row() -> None:
    budget = ErrorBudget()
    for _ in range(4):
        budget = budget.after(succeeded=False)
    assert not budget.person_needed
    assert not budget.after(succeeded=True).after(succeeded=False).person_needed
    assert budget.after(succeeded=False).person_needed


def test_the_budget_is_overdrawn_above_a_tenth_of_fifty() -> None:
    budget = ErrorBudget()
    for _ in range(45):
        budget = budget.after(succeeded=True)
    for _ in range(5):
        budget = budget.after(succeeded=False)
    assert not budget.overdrawn
    assert budget.after(succeeded=False).overdrawn
    for _ in range(50):
        budget = budget.after(succeeded=True)
    assert not budget.overdrawn


@pytest.mark.parametrize(
    ("words", "part", "tote"),
    [
        ("put the red cube in the left tote", "red cube", "left"),
        ("Please place the BLUE box into the right tote!", "blue flat box", "right"),
        ("green to the left", "green cube", "left"),
        ("sort the yellow can", "yellow cylinder", None),
        ("put the red one away", None, None),
        ("put the purple cube in the left tote", None, "left"),
        ("left or right, whatever", None, None),
    ],
)
def test_an_instruction_is_read_without_the_policy(words: str, part: str | None, tote: str | None) -> None:
    assert read_intent(words, supervised_cell()) == Intent(part, tote)


def situation(cell: MadeUpCell, **changes: object) -> Situation:
    values: dict[str, object] = {
        "telemetry": Telemetry(cell.control(), cell.robot(), cell.policy(), cell.belief()),
        "processes": processes(),
        "running": None,
        "queued": 0,
        "desk_obstacle": "",
        "person_needed": False,
        "shutting_down": False,
        "now_ns": cell.now_ns,
    }
    return Situation(**{**values, **changes})  # type: ignore[arg-type]


def running(status: TaskStatus) -> Task:
    return Task(1, "put the red cube in the left tote", 0, 60.0, 1, 1, status, "", 0, 0, 0)


def test_why_is_it_not_moving_is_always_answered_in_one_line() -> None:
    tasks = (None, running(TaskStatus.RUNNING), running(TaskStatus.VERIFYING))
    flags = (0, *PlantFlag)
    answers: set[str] = set()
    for mode, execution, status, flag, task in product(Mode, PlanExecution, PolicyStatus, flags, tasks):
        cell = MadeUpCell(mode=mode, execution=execution, status=status, flags=int(flag), task_id=1)
        answers.add(why_not_moving(situation(cell, running=task)))
    for phase, name in product(ProcessPhase, ("plant", "control", "recorder")):
        answers.add(why_not_moving(situation(MadeUpCell(), processes=processes(phase, only=name))))
    answers.add(why_not_moving(situation(MadeUpCell(), telemetry=Telemetry())))
    answers.add(why_not_moving(situation(MadeUpCell(), now_ns=99 * SECOND_NS)))
    answers.add(why_not_moving(situation(MadeUpCell(), shutting_down=True)))
    assert len(answers) > 15
    assert all(answer and "\n" not in answer for answer in answers)


def test_a_moving_arm_in_auto_is_called_moving() -> None:
    cell = MadeUpCell(speed_rad_s=0.5)
    assert why_not_moving(situation(cell, running=running(TaskStatus.RUNNING))) == MOVING


def test_a_stopped_cell_is_never_called_moving() -> None:
    for mode in (Mode.PROTECTIVE_STOP, Mode.FAULT, Mode.IDLE, Mode.ASSIST):
        assert why_not_moving(situation(MadeUpCell(mode=mode, speed_rad_s=0.5))) != MOVING


@pytest.mark.parametrize(
    ("cell", "alarm_id"),
    [
        (MadeUpCell(mode=Mode.PROTECTIVE_STOP), "cell.protective_stop"),
        (MadeUpCell(mode=Mode.FAULT), "cell.fault"),
        (MadeUpCell(execution=PlanExecution.SILENT), "policy.silent"),
        (MadeUpCell(winding_celsius=125.0), "motor.hot"),
        (MadeUpCell(inference_s=1.0), "policy.late"),
        (MadeUpCell(transport_s=0.3), "network.slow"),
    ],
)
def test_what_is_abnormal_in_telemetry_is_an_alarm(cell: MadeUpCell, alarm_id: str) -> None:
    assert [one.alarm_id for one in alarms_of(cell)] == [alarm_id]


def alarms_of(cell: MadeUpCell, *, measures: Measures | None = None, trouble: str = "") -> list[Condition]:
    return conditions(
        Telemetry(cell.control(), cell.robot(), cell.policy(), cell.belief()),
        cell=supervised_cell(),
        processes=processes(),
        measures=measures or Measures(),
        recording_trouble=trouble,
        now_ns=cell.now_ns,
    )


def test_a_healthy_cell_has_no_alarm() -> None:
    assert alarms_of(MadeUpCell()) == []


def test_frozen_cameras_high_friction_and_a_full_disk_are_alarms() -> None:
    found = alarms_of(MadeUpCell(), measures=Measures(frozen_s=1.0, friction_rise=3.0), trouble="the disk is full")
    assert {one.alarm_id for one in found} == {"camera.frozen", "joints.friction", "recording.trouble"}
    assert all(one.cause and one.consequence and one.first_check for one in found)


def test_dead_and_silent_processes_are_critical_alarms() -> None:
    for phase, what in ((ProcessPhase.DEAD, "dead"), (ProcessPhase.SILENT, "silent")):
        found = conditions(
            Telemetry(),
            cell=supervised_cell(),
            processes=processes(phase, only="cameras"),
            measures=Measures(),
            recording_trouble="",
            now_ns=0,
        )
        assert [(one.alarm_id, one.priority) for one in found] == [(f"process.cameras.{what}", Priority.CRITICAL)]
