"""Alarms, error budget, the one line that says why, and what an instruction asks for."""

from __future__ import annotations

from itertools import product

import pytest
from msgspec.structs import replace

from runtime.messages.camera import Frame
from runtime.messages.joint import PlantFlag
from runtime.messages.plan import Reason, Severity, Verdict
from runtime.messages.policy import PolicyStatus, Readiness, ShadowState
from runtime.messages.reasons import NOTHING_USABLE, declined_by, refusal_in_words
from runtime.messages.robot import RobotDescription
from runtime.messages.state import Mode, PlanExecution
from runtime.messages.system import Priority, ProcessPhase
from runtime.messages.tasks import Task, TaskStatus
from runtime.supervision.budget import ErrorBudget
from runtime.supervision.conditions import Measures, conditions
from runtime.supervision.intent import Intent, read_intent
from runtime.supervision.measures import FrictionResidual, FrictionWatch, FrozenPictures
from runtime.supervision.telemetry import Telemetry
from runtime.supervision.why import MOVING, Situation, why_not_moving
from tests.support.supervised import SECOND_NS, MadeUpCell, alarms_of, processes, supervised_cell
from twin_app.panels.line import START_WORDS


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


@pytest.mark.parametrize("mode", [Mode.IDLE, Mode.ASSIST, Mode.PROTECTIVE_STOP, Mode.FAULT])
def test_the_answer_tells_to_start_in_the_words_of_the_button(mode: Mode) -> None:
    assert START_WORDS in why_not_moving(situation(MadeUpCell(mode=mode)))
    assert START_WORDS in why_not_moving(situation(MadeUpCell(mode=mode), person_needed=True))


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


def test_a_healthy_cell_has_no_alarm() -> None:
    assert alarms_of(MadeUpCell()) == []


def test_frozen_cameras_high_friction_and_a_full_disk_are_alarms() -> None:
    found = alarms_of(MadeUpCell(), measures=Measures(1.0, ("wrist",), friction_rise=3.0), trouble="the disk is full")
    assert {one.alarm_id for one in found} == {"camera.frozen", "joints.friction", "recording.trouble"}
    assert all(one.cause and one.consequence and one.first_check for one in found)


@pytest.mark.parametrize(
    ("frozen", "said"),
    [
        (("wrist",), "the wrist camera delivers the same picture again and again, or none"),
        (("wrist", "overhead"), "the overhead and wrist cameras deliver the same picture again and again, or none"),
    ],
)
def test_the_alarm_says_which_camera_is_frozen(frozen: tuple[str, ...], said: str) -> None:
    (alarm,) = alarms_of(MadeUpCell(), measures=Measures(1.0, frozen))
    assert alarm.cause == said


def test_a_camera_that_repeats_its_picture_is_told_from_one_that_does_not() -> None:
    pictures, second = FrozenPictures(), SECOND_NS
    for tenth in range(20):
        for camera, pixels in (("overhead", bytes([tenth])), ("wrist", b"same")):
            frame = Frame(camera, tenth, tenth * second // 10, 1, 1, "egl")
            pictures.look(frame, pixels, now_ns=tenth * second // 10)
    assert pictures.cameras(2 * second, over_s=0.35) == ("wrist",)


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


def rubbed(watch: FrictionWatch, residual_nm: float, *, seconds: float, from_s: float, speed_rad_s: float) -> float:
    """Let a made-up arm move so for a while; returns when it ends."""
    cell = MadeUpCell(residual_nm=-residual_nm if speed_rad_s > 0 else residual_nm, speed_rad_s=speed_rad_s)
    for step in range(round(seconds * 50)):
        cell.now_ns = round((from_s + step * 0.02) * SECOND_NS)
        watch.look(cell.robot())
    return from_s + seconds


def test_high_friction_is_told_while_it_lasts_and_ends_within_a_motion_that_is_healthy() -> None:
    robot = supervised_cell().robot
    nominal_nm = robot.joints[0].friction_coulomb_nm
    watch = FrictionWatch(robot)
    at_s = rubbed(watch, 3.0 * nominal_nm, seconds=12.0, from_s=10.0, speed_rad_s=0.3)
    assert watch.rise() > 1.0
    at_s = rubbed(watch, 0.0, seconds=30.0, from_s=at_s, speed_rad_s=0.0)
    assert watch.rise() > 1.0  # an arm at rest tells nothing
    rubbed(watch, 0.0, seconds=4.0, from_s=at_s, speed_rad_s=-0.3)
    assert watch.rise() == 0.0


def test_friction_between_its_two_limits_neither_raises_nor_ends_the_alarm() -> None:
    robot = supervised_cell().robot
    half_nm = 0.5 / mean_over(robot, 1.0)
    watch = FrictionWatch(robot)
    at_s = rubbed(watch, half_nm, seconds=12.0, from_s=10.0, speed_rad_s=0.3)
    fresh = watch.rise()
    at_s = rubbed(watch, 6.0 * half_nm, seconds=12.0, from_s=at_s, speed_rad_s=0.3)
    rubbed(watch, half_nm, seconds=12.0, from_s=at_s, speed_rad_s=0.3)
    assert fresh == 0.0
    assert watch.rise() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("frictions", "told"),
    [
        pytest.param([12.0] * 10, True, id="held back, and stopped within a fifth of a second"),
        pytest.param([12.0] * 5, False, id="too few to say anything"),
        pytest.param([1.0] * 10, False, id="what a healthy arm may show for a moment"),
        pytest.param([30.0, -20.0] * 5, False, id="large, but it says nothing"),
        pytest.param([0.8] * 40, True, id="small, but measured for long"),
    ],
)
def test_few_samples_of_friction_count_where_they_leave_no_doubt(frictions: list[float], *, told: bool) -> None:
    robot = supervised_cell().robot
    coulomb_nm = max(joint.friction_coulomb_nm for joint in robot.joints)
    residual = FrictionResidual(robot)
    for step, friction in enumerate(frictions, start=1):
        cell = MadeUpCell(residual_nm=friction * coulomb_nm, speed_rad_s=0.3)
        cell.now_ns = step * SECOND_NS // 50
        residual.look(cell.robot())
    ratio = residual.ratio()
    assert (ratio is not None) == told
    assert ratio is None or ratio == pytest.approx(sum(frictions) / len(frictions) * mean_over(robot, coulomb_nm))
    residual.forget()
    assert residual.ratio() is None


def mean_over(robot: RobotDescription, residual_nm: float) -> float:
    ratios = [residual_nm / joint.friction_coulomb_nm for joint in robot.joints]
    return sum(ratios) / len(ratios)


def test_a_cell_that_asks_for_a_person_names_the_controls_that_are_there_and_a_check_that_fits() -> None:
    refused = Verdict(Severity.REJECT, Reason.WORKSPACE, 0.9123, 0.7, "m", "x of step 0")
    words = refusal_in_words(refused)
    assert words == "the policy's target lies outside the workspace: x = 0.912 m, limit 0.7 m"
    checks: set[str] = set()
    for reason in (f"{NOTHING_USABLE}: {words}", NOTHING_USABLE, "the supervisor asks for a person"):
        cell = MadeUpCell(mode=Mode.ASSIST, mode_reason=reason)
        assert why_not_moving(situation(cell)).startswith(f"{START_WORDS}, or swap the policy")
        assert reason in why_not_moving(situation(cell))
        (alarm,) = alarms_of(cell)
        checks.add(alarm.first_check)
        assert START_WORDS in alarm.first_check
    assert len(checks) == 3
    assert any("limit it exceeds" in check for check in checks)


def test_an_instruction_that_was_declined_wants_other_words_and_is_no_alarm_of_the_first_rank() -> None:
    cell = MadeUpCell(mode=Mode.ASSIST, mode_reason=declined_by("flow_vla", "no part of that colour"))
    line = why_not_moving(situation(cell))
    assert line == f"ask in other words or for another part, then {START_WORDS}. Declined: no part of that colour"
    (alarm,) = alarms_of(cell)
    assert alarm.priority is Priority.MEDIUM
    assert alarm.first_check in line


@pytest.mark.parametrize(("took_s", "said"), [(0.05, "once it answers well and in time"), (5.0, "5.0 s (limit 0.3 s)")])
def test_a_fallback_that_drives_says_why_and_what_brings_the_policy_back(took_s: float, said: str) -> None:
    why = "policy learned: late: its last chunk has run out; stock stands in"
    cell = MadeUpCell(mode=Mode.FALLBACK, mode_reason=why, active="stock")
    shadow = ShadowState("learned", "1.2", Readiness.READY, inference_s=took_s)
    policy = replace(cell.policy(), stands_in_for="learned", shadow=shadow)
    (alarm,) = conditions(
        Telemetry(cell.control(), cell.robot(), policy, cell.belief()),
        cell=supervised_cell(),
        processes=processes(),
        measures=Measures(),
        recording_trouble="",
        now_ns=cell.now_ns,
    )
    assert (alarm.alarm_id, alarm.cause) == ("policy.fallback", why)
    assert said in alarm.first_check


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_has_words_without_step_numbers(reason: Reason) -> None:
    words = refusal_in_words(Verdict(Severity.REJECT, reason, 1.0, 0.5, "m", "joint 2, step 3"))
    assert words
    assert "step" not in words
    assert "chunk" not in words
