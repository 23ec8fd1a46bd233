"""Which abnormal conditions hold at this moment: from telemetry to alarms with cause and first check."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.cell import CellDescription
from runtime.messages.joint import PlantFlag
from runtime.messages.policy import PolicyState
from runtime.messages.reasons import NOTHING_USABLE, SAY_IT_OTHERWISE, why_declined
from runtime.messages.state import FAULT_CLEARED, STOP_PRESSED, ControlState, Mode, PlanExecution, RobotState
from runtime.messages.system import Priority, ProcessPhase, ProcessState
from runtime.supervision.alarms import Condition
from runtime.supervision.budget import FAILURES_IN_ROW_LIMIT, WINDOW, ErrorBudget
from runtime.supervision.failing import Rule
from runtime.supervision.fallback import HEALTHY_INFERENCE_S
from runtime.supervision.stop_advice import advice_on
from runtime.supervision.telemetry import Telemetry, fresh

CAMERA_FROZEN_S = 0.35
TRANSPORT_SLOW_S = 0.10
"""MoveIt Servo drops commands older than this."""

LATE_ON_S = 0.5
"""Two late looks in a row at least: a single one is bridged by the chunk before it, and nobody has to act."""

LATE_OFF_S = 10.0
"""A policy that is late now and then is one alarm and not one a second."""

GUARD_BURST = 3
DERATE_MARGIN_K = 10.0


@dataclass(frozen=True, slots=True)
class Measures:
    """Quantities that the supervisor derives from telemetry over a short time."""

    frozen_s: float = 0.0
    """How long a camera has been delivering the same picture, or none."""

    frozen: tuple[str, ...] = ()
    """Which cameras do so for too long."""

    friction_rise: float = 0.0
    """Residual torque along the motion, in units of the nominal Coulomb friction; 0 while it is not raised."""


def conditions(
    telemetry: Telemetry,
    *,
    cell: CellDescription,
    processes: tuple[ProcessState, ...],
    measures: Measures,
    recording_trouble: str,
    now_ns: int,
) -> list[Condition]:
    """Everything abnormal now, in no order."""
    found = [*_process_conditions(processes), *_warning_conditions(telemetry)]
    if telemetry.control is not None and fresh(telemetry.control, now_ns):
        found += _control_conditions(telemetry.control)
    if telemetry.robot is not None and fresh(telemetry.robot, now_ns):
        found += _motor_conditions(telemetry.robot, cell)
    if telemetry.policy is not None:
        found += _policy_conditions(telemetry.policy, telemetry.control, now_ns)
    if measures.frozen:
        found.append(_camera_frozen(measures.frozen, measures.frozen_s))
    if measures.friction_rise > 0.0:
        found.append(_friction(measures.friction_rise))
    if recording_trouble:
        found.append(_recording(recording_trouble))
    return found


def budget_conditions(budget: ErrorBudget, *, blocked: bool) -> tuple[Condition, ...]:
    """What the error budget has to say."""
    found: list[Condition] = []
    if blocked:
        found.append(
            Condition(
                "tasks.person_needed",
                Priority.HIGH,
                "policy",
                f"{FAILURES_IN_ROW_LIMIT} tasks failed in a row",
                "the cell holds; no task is started",
                "look at the newest failed tasks and their reasons, then Hold to start",
            )
        )
    if budget.overdrawn:
        found.append(
            Condition(
                "tasks.budget",
                Priority.MEDIUM,
                "policy",
                f"{budget.failed_of_last} of the last {WINDOW} tasks failed",
                "throughput is below what was promised",
                "compare the reasons of the failed tasks; swap the policy if they are alike",
            )
        )
    return tuple(found)


def guard_conditions(refused_in_row: int) -> tuple[Condition, ...]:
    """What a burst of refused chunks means."""
    if refused_in_row < GUARD_BURST:
        return ()
    return (
        Condition(
            "guard.refusing",
            Priority.HIGH,
            "policy",
            "the guard refuses the policy's action chunks",
            "the arm holds",
            "read the newest verdicts: reason, measured value and limit",
        ),
    )


def left_stopped(words: str) -> Condition:
    """What it means that the session before ended in a latched stop, `words` saying why."""
    return Condition(
        "cell.left_stopped",
        Priority.MEDIUM,
        "integration",
        f"the session before was left stopped: {words}",
        "the policy does not start by itself",
        "look at the cell; when it is clear, Hold to start",
        ends_unseen=True,
    )


def tasks_not_durable(trouble: str) -> Condition:
    """What it means that tasks cannot be written to disk, `trouble` saying why."""
    return Condition(
        "tasks.not_durable",
        Priority.HIGH,
        "integration",
        trouble,
        "no task is started or accepted",
        "make room on the disk or mend its permissions; it is tried again every second",
    )


def _process_conditions(processes: tuple[ProcessState, ...]) -> list[Condition]:
    found: list[Condition] = []
    for process in processes:
        if process.phase is ProcessPhase.DEAD:
            cause, what = f"process {process.name} died ({process.detail})", "dead"
        elif process.phase is ProcessPhase.SILENT:
            cause, what = f"process {process.name} gives no sign of life", "silent"
        else:
            continue
        stops = process.name != "recorder"
        found.append(
            Condition(
                f"process.{process.name}.{what}",
                Priority.CRITICAL if stops else Priority.MEDIUM,
                "integration",
                cause,
                "the cell brakes" if stops else "nothing is recorded; the cell goes on",
                f"restart {process.name}" + ("; then Reset and Hold to start" if stops else ""),
            )
        )
    return found


def _warning_conditions(telemetry: Telemetry) -> list[Condition]:
    return [
        Condition(
            f"process.{name}.downgraded",
            Priority.LOW,
            "integration",
            f"{name}: {heartbeat.warning}",
            "the cell runs with less margin",
            "run `celltwin doctor`",
        )
        for name, heartbeat in telemetry.heartbeats.items()
        if heartbeat.warning
    ]


def _control_conditions(control: ControlState) -> list[Condition]:
    found = _mode_conditions(control)
    if control.speed_scale < 1.0:
        found.append(
            Condition(
                "control.overrun",
                Priority.MEDIUM,
                "control",
                "the control loop misses ticks",
                f"the cell moves at {control.speed_scale * 100:.0f} % speed",
                "look at loop lateness and at what else runs on this machine",
            )
        )
    if control.plan_transport_s > TRANSPORT_SLOW_S:
        found.append(
            Condition(
                "network.slow",
                Priority.MEDIUM,
                "integration",
                "action chunks reach the control process late",
                "steps are dropped; the arm may hold between chunks",
                "look at the transport time between planner and control",
            )
        )
    return found


def _mode_conditions(control: ControlState) -> list[Condition]:
    found: list[Condition] = []
    silent = control.execution is PlanExecution.SILENT
    reason = control.mode_reason
    advice = advice_on(reason)
    if control.mode is Mode.PROTECTIVE_STOP and reason == FAULT_CLEARED:
        row = "cell.protective_stop", Priority.MEDIUM, "integration", "the fault is cleared", "the arm is braked"
        found.append(Condition(*row, "Reset, then Hold to start", ends_unseen=True))
    elif control.mode is Mode.PROTECTIVE_STOP:
        cause = f"protective stop: {reason or 'pressed'}"
        row = "cell.protective_stop", Priority.HIGH, advice.layer, cause, "the arm is braked"
        found.append(Condition(*row, advice.first_check, ends_unseen=reason == STOP_PRESSED))
    if control.mode is Mode.FAULT:
        row = "cell.fault", Priority.CRITICAL, advice.layer, f"fault: {reason or 'unknown'}", "the arm is braked"
        found.append(Condition(*row, advice.first_check))
    if control.mode is Mode.ASSIST:
        cause = reason or "the policy sends no valid chunks"
        rank = Priority.MEDIUM if why_declined(reason) else Priority.HIGH
        row = "policy.silent" if silent else "cell.assist", rank, "policy", cause, "the arm holds"
        found.append(Condition(*row, _assist_check(cause, silent=silent)))
    elif silent:
        cause = "the policy has sent no usable chunk for a second"
        row = "policy.silent", Priority.MEDIUM, "policy", cause, "the arm holds; no task is at work"
        found.append(Condition(*row, "look at the policy's inference time and at the cameras"))
    return found


def _assist_check(reason: str, *, silent: bool) -> str:
    """What to look at first, by what the reason says."""
    go_on = "Hold to start, or swap the policy"
    if why_declined(reason):
        return SAY_IT_OTHERWISE
    if reason.startswith(f"{NOTHING_USABLE}:"):
        return f"compare what the policy asked for with the limit it exceeds; then {go_on}"
    if silent or reason.startswith(NOTHING_USABLE):
        return f"look at the policy's inference time and at the cameras; then {go_on}"
    return f"look at the newest failed tasks and their reasons; then {go_on}"


def _motor_conditions(robot: RobotState, cell: CellDescription) -> list[Condition]:
    hottest = max(robot.winding_celsius, default=0.0)
    index = robot.winding_celsius.index(hottest) if robot.winding_celsius else 0
    name = cell.robot.joints[index].name
    if robot.flags & PlantFlag.TRIPPED:
        rank, what, so = Priority.CRITICAL, "tripped on temperature", "the arm is braked until it has cooled"
    elif robot.flags & PlantFlag.DERATED:
        rank, what, so = Priority.HIGH, "is derated on temperature", "its torque is limited"
    elif hottest >= cell.robot.thermal.derate_celsius - DERATE_MARGIN_K:
        rank, what, so = Priority.MEDIUM, "is close to derating", "its torque will be limited soon"
    else:
        return []
    check = "look at the motor's temperature and torque; lower the load or let it cool"
    return [Condition("motor.hot", rank, "hardware", f"motor of {name} {what} ({hottest:.0f} °C)", so, check)]


def _policy_conditions(policy: PolicyState, control: ControlState | None, now_ns: int) -> list[Condition]:
    found: list[Condition] = []
    if policy.task_id >= 0 and policy.inference_s > policy.deadline_s > 0.0:
        found.append(_policy_late(policy.inference_s, policy.deadline_s))
    if policy.obstacle and fresh(policy, now_ns):
        found.append(_policy_obstacle(policy.obstacle))
    if policy.stands_in_for:
        why = control.mode_reason if control is not None and control.mode is Mode.FALLBACK else ""
        found.append(_stands_in(policy, why))
    return found


def _policy_late(inference_s: float, deadline_s: float) -> Condition:
    return Condition(
        "policy.late",
        Priority.MEDIUM,
        "policy",
        f"inference took longer than its deadline of {deadline_s * 1e3:.0f} ms",
        "the arm goes on with the old chunk, then holds",
        f"newest late inference {inference_s * 1e3:.0f} ms: look at the machine's load and the policy",
        on_delay_s=LATE_ON_S,
        off_delay_s=LATE_OFF_S,
    )


def _policy_obstacle(obstacle: str) -> Condition:
    return Condition(
        "policy.server",
        Priority.HIGH,
        "policy",
        obstacle,
        "the arm goes on to the end of the last chunk, then holds; no task is begun",
        "look at the server and at its address and mapping; or swap the policy",
    )


def _stands_in(policy: PolicyState, why: str) -> Condition:
    """`why`: as the mode's reason has it."""
    obstacle = next((entry.obstacle for entry in policy.entries if entry.name == policy.stands_in_for), "")
    shadow = policy.shadow
    back = "it drives again with a next task, once it answers well and in time, or at Return"
    if obstacle:
        back = "mend it, then Try again"
    elif shadow is not None and shadow.name == policy.stands_in_for and shadow.inference_s > HEALTHY_INFERENCE_S:
        took = f"{shadow.inference_s:.1f} s (limit {HEALTHY_INFERENCE_S:g} s)"
        back = f"it does not drive again by itself while it answers in {took}: find what slows it"
    if why and not obstacle:
        why = why.replace(f"{Rule.QUARANTINED.value}:", f"was {Rule.QUARANTINED.value}, is tried again:")
    return Condition(
        "policy.fallback",
        Priority.MEDIUM,
        "policy",
        why or f"{policy.active} stands in for {policy.stands_in_for}" + (f": {obstacle}" if obstacle else ""),
        f"{policy.active} drives",
        back,
    )


def _camera_frozen(cameras: tuple[str, ...], frozen_s: float) -> Condition:
    several = len(cameras) > 1
    who = f"the {' and '.join(sorted(cameras))} camera{'s deliver' if several else ' delivers'}"
    return Condition(
        "camera.frozen",
        Priority.HIGH,
        "perception",
        f"{who} the same picture again and again, or none",
        f"the policy sees the past ({frozen_s:.1f} s old)",
        "compare both pictures with the moving arm; restart the cameras",
    )


def _friction(rise: float) -> Condition:
    return Condition(
        "joints.friction",
        Priority.MEDIUM,
        "hardware",
        f"joint torque along the motion is {rise:.1f} × nominal friction above what the model explains",
        "tracking lags and motors warm up",
        "look at the residual of each joint; the figure follows every motion",
    )


def _recording(trouble: str) -> Condition:
    return Condition(
        "recording.trouble",
        Priority.LOW,
        "integration",
        f"recording: {trouble}",
        "the session is not recorded; the cell goes on",
        "free space or choose another folder, then start recording again",
    )
