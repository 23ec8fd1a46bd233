"""Who drives and whether anything may move: the modes of a cell as one pure transition table.

Everything that is not in the table is refused. STOP and FAULT are accepted in every mode; nothing that
follows a latched stop leads to motion in fewer than two events (RESET, then START or TAKE).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from runtime.messages.state import Mode


class ModeEvent(Enum):
    """What can happen to a mode. The names travel in `ModeRequest.event`."""

    START = "start"
    """A person lets the policy drive."""

    PAUSE = "pause"
    """Hold, without latching; also the loss of the operator's lease or dead-man."""

    STOP = "stop"
    """Protective stop, latched. Needs no role, no lease and no queue."""

    RESET = "reset"
    """A person unlatches a protective stop. Never starts motion."""

    FAULT = "fault"
    """Something is broken: latched until a technician clears it."""

    CLEAR_FAULT = "clear_fault"
    """The cause of a fault is gone; the cell is then as after a protective stop."""

    POLICY_FAULT = "policy_fault"
    """The driving policy fell silent or was refused too often, and nothing can stand in."""

    FALLBACK_READY = "fallback_ready"
    """The driving policy failed, and the programmed planner takes over without a stop."""

    POLICY_BACK = "policy_back"
    """The policy that the fallback stood in for drives again: healthy at the next task, or because a person asked."""

    ASSIST_ASKED = "assist_asked"
    """The policy or the supervisor asks for a person; the arm holds."""

    TAKE = "take"
    """The operator takes over (lease granted)."""

    GIVE_BACK = "give_back"
    """The operator lets go; the arm holds."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that this mode does not accept."""

    mode: Mode
    event: ModeEvent
    reason: str
    """Why, and what to do instead, in one line for a person."""


_ALWAYS = MappingProxyType({ModeEvent.STOP: Mode.PROTECTIVE_STOP, ModeEvent.FAULT: Mode.FAULT})

TABLE: MappingProxyType[Mode, MappingProxyType[ModeEvent, Mode]] = MappingProxyType(
    {
        Mode.IDLE: MappingProxyType(
            {
                **_ALWAYS,
                ModeEvent.START: Mode.AUTO,
                ModeEvent.PAUSE: Mode.IDLE,
                ModeEvent.ASSIST_ASKED: Mode.ASSIST,
                ModeEvent.TAKE: Mode.MANUAL,
            }
        ),
        Mode.AUTO: MappingProxyType(
            {
                **_ALWAYS,
                ModeEvent.PAUSE: Mode.IDLE,
                ModeEvent.POLICY_FAULT: Mode.ASSIST,
                ModeEvent.FALLBACK_READY: Mode.FALLBACK,
                ModeEvent.ASSIST_ASKED: Mode.ASSIST,
                ModeEvent.TAKE: Mode.MANUAL,
            }
        ),
        Mode.FALLBACK: MappingProxyType(
            {
                **_ALWAYS,
                ModeEvent.PAUSE: Mode.IDLE,
                ModeEvent.POLICY_FAULT: Mode.ASSIST,
                ModeEvent.POLICY_BACK: Mode.AUTO,
                ModeEvent.ASSIST_ASKED: Mode.ASSIST,
                ModeEvent.TAKE: Mode.MANUAL,
            }
        ),
        Mode.ASSIST: MappingProxyType(
            {
                **_ALWAYS,
                ModeEvent.START: Mode.AUTO,
                ModeEvent.PAUSE: Mode.IDLE,
                ModeEvent.ASSIST_ASKED: Mode.ASSIST,
                ModeEvent.TAKE: Mode.MANUAL,
            }
        ),
        Mode.MANUAL: MappingProxyType(
            {
                **_ALWAYS,
                ModeEvent.PAUSE: Mode.IDLE,
                ModeEvent.GIVE_BACK: Mode.IDLE,
            }
        ),
        Mode.PROTECTIVE_STOP: MappingProxyType({**_ALWAYS, ModeEvent.RESET: Mode.IDLE}),
        Mode.FAULT: MappingProxyType(
            {
                ModeEvent.STOP: Mode.FAULT,
                ModeEvent.FAULT: Mode.FAULT,
                ModeEvent.CLEAR_FAULT: Mode.PROTECTIVE_STOP,
            }
        ),
    }
)
"""Every accepted pair. A fault outranks a stop: STOP is accepted in FAULT and leaves it latched."""

MOTION_MODES = frozenset({Mode.AUTO, Mode.FALLBACK, Mode.MANUAL})
"""The only modes in which the arm may follow anything."""

POLICY_MODES = frozenset({Mode.AUTO, Mode.FALLBACK})
"""The only modes in which action chunks are executed."""

LATCHED_MODES = frozenset({Mode.PROTECTIVE_STOP, Mode.FAULT})

_OWNERS = MappingProxyType({Mode.AUTO: "policy", Mode.FALLBACK: "fallback", Mode.MANUAL: "operator"})

_ADVICE = MappingProxyType(
    {
        Mode.IDLE: "the cell is idle",
        Mode.AUTO: "the policy drives: pause first",
        Mode.FALLBACK: "the fallback planner drives: pause first",
        Mode.ASSIST: "the cell waits for a person: start or pause",
        Mode.MANUAL: "the operator drives: give back first",
        Mode.PROTECTIVE_STOP: "a protective stop is latched: reset first",
        Mode.FAULT: "a fault is latched: clear it, then reset",
    }
)


def transition(mode: Mode, event: ModeEvent) -> Mode | Refusal:
    """The mode that follows, or why the event is refused. Total: defined for every pair."""
    following = TABLE[mode].get(event)
    if following is None:
        return Refusal(mode, event, f"{event.value.replace('_', ' ')} refused: {_ADVICE[mode]}")
    return following


def may_move(mode: Mode) -> bool:
    """Whether the arm may follow anything in this mode."""
    return mode in MOTION_MODES


def owner_of(mode: Mode) -> str:
    """Who drives: policy, fallback, operator or nobody (`ControlState.owner`)."""
    return _OWNERS.get(mode, "nobody")


def event_named(name: str) -> ModeEvent:
    """The event with this name (`START` or `start`); raises `ValueError` that lists the known ones."""
    for event in ModeEvent:
        if name in (event.name, event.value):
            return event
    raise ValueError(f"mode event {name!r} is unknown; known are {', '.join(event.name for event in ModeEvent)}")
