"""What the console may say about the mode: never more than what the cell has just proved."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.requests import ReceiptPhase
from runtime.messages.state import Mode
from runtime.messages.system import ProcessPhase
from twin_app.model.connection import Contact
from twin_app.model.freshness import OLD_NS
from twin_app.model.state import ConsoleState, SourceKind
from twin_app.model.wording import MODES, UNKNOWN_MODE, Sign, duration

FRESH_S = OLD_NS["control"] * 1e-9
"""The fast loop reports 20 times a second and ticks 1000 times; news older than this proves nothing."""

CONFIRM_NS = 500_000_000
"""A stop that no measured mode has confirmed for so long is shown as not confirmed."""

LATCHED = (Mode.PROTECTIVE_STOP, Mode.FAULT)
DRIVEN = (Mode.AUTO, Mode.FALLBACK, Mode.MANUAL)
GONE = (ProcessPhase.DEAD, ProcessPhase.SILENT, ProcessPhase.STOPPED)
OPTIONAL = ("recorder",)
"""Processes without which the arm may move."""


@dataclass(frozen=True, slots=True)
class ModeClaim:
    """The badge's sign and detail, and how far they may be relied on."""

    sign: Sign
    detail: str
    known: bool
    """Whether the mode is the present one; otherwise no button may be offered on its strength."""

    age_s: float = 0.0
    """How old the values of the fast loop are; 0 while they are fresh."""


def mode_claim(state: ConsoleState) -> ModeClaim:
    """The mode as far as it is proved: UNKNOWN as soon as control or the arm has stopped answering."""
    control = state.control
    if control is None:
        return ModeClaim(UNKNOWN_MODE, "not heard yet", known=False)
    sign = MODES[control.mode]
    lasting = f"for {duration(state.age_s(control.mode_since_ns))}"
    if state.kind is SourceKind.REPLAY:
        return ModeClaim(sign, lasting, known=True)
    if state.connection.contact.get("control") is not Contact.HEARD:
        silent_s = state.connection.silent_s("control", state.now_ns)
        return ModeClaim(UNKNOWN_MODE, f"no news for {duration(silent_s)}", known=False, age_s=silent_s)
    silent_s = arm_silent_s(state)
    if silent_s <= 0.0:
        return ModeClaim(sign, lasting, known=True)
    detail = f"arm silent {duration(silent_s)}"
    if control.mode in LATCHED and state.age_s(control.stamp_ns) <= FRESH_S:
        return ModeClaim(sign, detail, known=True, age_s=silent_s)
    return ModeClaim(UNKNOWN_MODE, detail, known=False, age_s=silent_s)


def arm_silent_s(state: ConsoleState) -> float:
    """For how long the arm has not answered; 0 while it answers, before it was heard, and in a replay."""
    control = state.control
    if control is None or state.kind is SourceKind.REPLAY:
        return 0.0
    report_s = state.age_s(control.stamp_ns)
    ticked_s = state.age_s(state.connection.ticked_ns) if state.connection.ticked_ns else 0.0
    processes = state.system.processes if state.system else ()
    gone_s = max((state.age_s(p.since_ns) for p in processes if p.name == "plant" and p.phase in GONE), default=0.0)
    silent_s = max(report_s if report_s > FRESH_S else 0.0, ticked_s if ticked_s > FRESH_S else 0.0)
    return silent_s or gone_s


def missing_processes(state: ConsoleState) -> tuple[str, ...]:
    """Workers that are dead as far as the supervisor knows."""
    processes = state.system.processes if state.system else ()
    return tuple(process.name for process in processes if process.phase is ProcessPhase.DEAD)


def missing_for_motion(state: ConsoleState) -> tuple[str, ...]:
    """Dead workers without which the arm cannot be started."""
    return tuple(name for name in missing_processes(state) if name not in OPTIONAL)


def stop_is_unconfirmed(state: ConsoleState) -> bool:
    """Whether STOP was pressed here and nothing measured has shown its effect within half a second."""
    row = next((row for row in state.commands if row.command == "stop"), None)
    if row is None or state.now_ns - row.sent_ns <= CONFIRM_NS:
        return False
    if any(phase in (ReceiptPhase.EFFECTIVE, ReceiptPhase.CONFIRMED) for phase, _ in row.phases):
        return False
    control = state.control
    if control is None:
        return True
    fresh = state.age_s(control.stamp_ns) <= FRESH_S
    left_motion = control.mode_since_ns >= row.sent_ns and control.mode not in DRIVEN
    return not (left_motion or (fresh and control.mode in LATCHED))
