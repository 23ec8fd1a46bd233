"""Why is it not moving: one line that is always filled, also when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.state import Mode
from twin_app.model.connection import Contact
from twin_app.model.mode_claim import arm_silent_s, missing_for_motion
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.wording import duration

MOVING = "moving"


@dataclass(frozen=True, slots=True)
class WhyLine:
    """The answer, and whether it is the good news."""

    text: str
    moving: bool


def why_line(state: ConsoleState) -> WhyLine:
    """What the supervisor says; where it cannot say, what the console knows by itself."""
    if state.kind is SourceKind.REPLAY:
        return _why_replay(state)
    contact = state.connection.contact.get("supervisor", Contact.NEVER)
    if contact is Contact.NEVER:
        return WhyLine("waiting for the cell to start: no process of it has been heard yet", moving=False)
    if contact is Contact.LOST:
        silent = duration(state.connection.silent_s("supervisor", state.now_ns))
        return WhyLine(f"unknown, the supervisor has been silent for {silent}; the arm brakes without it", moving=False)
    if state.connection.contact.get("control") is Contact.LOST:
        silent = duration(state.connection.silent_s("control", state.now_ns))
        return WhyLine(f"the control process is silent for {silent}: restart it under Processes", moving=False)
    if state.system is None:
        return WhyLine("waiting for the supervisor's first summary", moving=False)
    text = state.system.why_not_moving.strip() or "the supervisor gives no reason"
    missing = [name for name in missing_for_motion(state) if name not in text]
    if missing:
        return WhyLine(f"process {missing[0]} died: restart it, then Reset and Hold to start", moving=False)
    moving = text.lower().startswith(MOVING)
    silent_s = arm_silent_s(state)
    if moving and silent_s > 0.0:
        return WhyLine(f"no answer from the arm for {duration(silent_s)}: look under Processes", moving=False)
    return WhyLine(text, moving=moving)


def _why_replay(state: ConsoleState) -> WhyLine:
    if state.playhead and state.playhead.trouble:
        return WhyLine(state.playhead.trouble, moving=False)
    if state.system is None:
        return WhyLine("replay: before the first summary of the supervisor", moving=False)
    return WhyLine(f"then: {state.system.why_not_moving}", moving=state.system.why_not_moving.startswith(MOVING))


def is_moving(state: ConsoleState) -> bool:
    """Whether the measured arm moves, or a mode drives it that may move it at any moment."""
    if state.control is not None and state.control.mode in (Mode.AUTO, Mode.FALLBACK, Mode.MANUAL):
        return True
    return not standing(state)


def standing(state: ConsoleState) -> bool:
    """Whether every measured joint speed is below 0.6 °/s (0.01 rad/s), or nothing has been measured."""
    return state.robot is None or all(abs(speed) < 0.01 for speed in state.robot.dq_rad_s)
