"""Checks before a task: whether the cell may start it now."""

from __future__ import annotations

from runtime.messages.camera import SceneBelief
from runtime.messages.joint import PlantFlag
from runtime.messages.policy import PolicyState
from runtime.messages.state import ControlState, Mode, RobotState
from runtime.modes import POLICY_MODES
from runtime.supervision.telemetry import fresh, policy_obstacle

_BLOCKING = {
    PlantFlag.TRIPPED: "a motor has tripped on temperature: let it cool, then reset",
    PlantFlag.COMMUNICATION_LOSS: "the arm braked by itself after missed commands: reset",
}


def start_obstacle(
    *,
    now_ns: int,
    control: ControlState | None,
    policy: PolicyState | None,
    belief: SceneBelief | None,
    robot: RobotState | None,
) -> str:
    """The first condition that keeps a task from starting; empty when all hold."""
    if control is None or not fresh(control, now_ns):
        return "the control process is silent"
    if control.mode not in POLICY_MODES:
        because = "Hold to start" if control.mode is Mode.IDLE else control.mode_reason or "Reset, then Hold to start"
        return f"the cell is in mode {control.mode.value}: {because}"
    if robot is None or not fresh(robot, now_ns):
        return "no measured state of the arm"
    for flag, words in _BLOCKING.items():
        if robot.flags & flag:
            return words
    if (obstacle := policy_obstacle(policy, now_ns)) != "":
        return obstacle
    if not fresh(belief, now_ns):
        return "no recent camera picture of tray and totes"
    return ""
