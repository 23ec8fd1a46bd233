"""Words and numbers as the screen shows them: degrees and millimetres live here and nowhere else."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass
from enum import Enum

from runtime.messages.faults import FaultPhase
from runtime.messages.requests import Body, ReceiptPhase
from runtime.messages.state import Mode
from runtime.messages.system import Priority
from runtime.messages.tasks import TaskStatus
from twin_app.model.commands import CommandRow

TOOLTIP_COLUMNS = 80


class Shape(Enum):
    """Form of a sign, so that its meaning never hangs on its colour alone."""

    PLAY = "play"
    DOUBLE_PLAY = "double play"
    PAUSE = "pause"
    SQUARE = "square"
    OCTAGON = "octagon"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    HAND = "hand"
    CIRCLE = "circle"
    RING = "ring"
    BAR = "bar"
    QUESTION = "question"


class Tone(Enum):
    """What a colour means; every theme gives each tone a colour. Alarm tones are used for alarms only."""

    NORMAL = "normal"
    ACTIVE = "active"
    FALLBACK = "fallback"
    MUTED = "muted"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    SUPPRESSED = "suppressed"
    RESET = "reset"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Sign:
    """A text with its shape and tone."""

    text: str
    shape: Shape
    tone: Tone


MODES: dict[Mode, Sign] = {
    Mode.IDLE: Sign("IDLE", Shape.SQUARE, Tone.NORMAL),
    Mode.AUTO: Sign("AUTO", Shape.PLAY, Tone.ACTIVE),
    Mode.FALLBACK: Sign("FALLBACK", Shape.DOUBLE_PLAY, Tone.FALLBACK),
    Mode.ASSIST: Sign("ASSIST", Shape.QUESTION, Tone.HIGH),
    Mode.MANUAL: Sign("MANUAL", Shape.HAND, Tone.ACTIVE),
    Mode.PROTECTIVE_STOP: Sign("STOPPED", Shape.OCTAGON, Tone.CRITICAL),
    Mode.FAULT: Sign("FAULT", Shape.TRIANGLE, Tone.CRITICAL),
}
UNKNOWN_MODE = Sign("UNKNOWN", Shape.QUESTION, Tone.MUTED)

PRIORITIES: dict[Priority, Sign] = {
    Priority.CRITICAL: Sign("critical", Shape.OCTAGON, Tone.CRITICAL),
    Priority.HIGH: Sign("high", Shape.TRIANGLE, Tone.HIGH),
    Priority.MEDIUM: Sign("medium", Shape.DIAMOND, Tone.MEDIUM),
    Priority.LOW: Sign("low", Shape.CIRCLE, Tone.LOW),
}

FAULT_PHASES: dict[FaultPhase, Sign] = {
    FaultPhase.SENT: Sign("sent", Shape.RING, Tone.MUTED),
    FaultPhase.INJECTED: Sign("injected", Shape.PLAY, Tone.NORMAL),
    FaultPhase.EFFECTIVE: Sign("effective", Shape.DIAMOND, Tone.NORMAL),
    FaultPhase.NOT_EFFECTIVE: Sign("not effective", Shape.BAR, Tone.NORMAL),
    FaultPhase.CLEARING: Sign("clearing", Shape.RING, Tone.MUTED),
    FaultPhase.CLEARED: Sign("cleared", Shape.CIRCLE, Tone.MUTED),
    FaultPhase.NOT_CLEARED: Sign("not cleared", Shape.TRIANGLE, Tone.NORMAL),
}

TASKS: dict[TaskStatus, Sign] = {
    TaskStatus.QUEUED: Sign("queued", Shape.RING, Tone.MUTED),
    TaskStatus.CHECKING: Sign("checking", Shape.RING, Tone.NORMAL),
    TaskStatus.RUNNING: Sign("running", Shape.PLAY, Tone.ACTIVE),
    TaskStatus.VERIFYING: Sign("verifying", Shape.PLAY, Tone.NORMAL),
    TaskStatus.SUCCEEDED: Sign("succeeded", Shape.CIRCLE, Tone.NORMAL),
    TaskStatus.FAILED: Sign("failed", Shape.TRIANGLE, Tone.NORMAL),
    TaskStatus.DECLINED: Sign("declined", Shape.DIAMOND, Tone.NORMAL),
    TaskStatus.CANCELLED: Sign("cancelled", Shape.BAR, Tone.MUTED),
    TaskStatus.INTERRUPTED: Sign("interrupted", Shape.PAUSE, Tone.NORMAL),
}

RECEIPTS: dict[ReceiptPhase, Sign] = {
    ReceiptPhase.SENT: Sign("sent", Shape.RING, Tone.MUTED),
    ReceiptPhase.ACCEPTED: Sign("accepted", Shape.PLAY, Tone.NORMAL),
    ReceiptPhase.EFFECTIVE: Sign("effective", Shape.DIAMOND, Tone.NORMAL),
    ReceiptPhase.CONFIRMED: Sign("confirmed", Shape.CIRCLE, Tone.NORMAL),
    ReceiptPhase.REFUSED: Sign("refused", Shape.BAR, Tone.NORMAL),
    ReceiptPhase.FAILED: Sign("failed", Shape.TRIANGLE, Tone.NORMAL),
}


def duration(seconds: float) -> str:
    """A stretch of time, short: 0.8 s, 12 s, 3:07, 2:03:07."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, whole = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes}:{whole:02d}"


def clock(wall_ns: int) -> str:
    """Time of day of this machine's zone, hours to seconds."""
    return time.strftime("%H:%M:%S", time.localtime(wall_ns * 1e-9))


def moment_words(moment_ns: int, *, now_ns: int, start_ns: int | None, wall_offset_ns: int) -> str:
    """A moment of the past: how long ago, or where in a recording that starts somewhere, after its time of day."""
    seconds = (now_ns - moment_ns if start_ns is None else moment_ns - start_ns) * 1e-9
    length = f"{max(0.0, seconds):.1f} s" if seconds < 60 else duration(seconds)
    place = f"{length} ago" if start_ns is None else f"at {length}"
    if not wall_offset_ns:
        return place
    tenth = (moment_ns + wall_offset_ns) // 100_000_000 % 10
    return f"{clock(moment_ns + wall_offset_ns)}.{tenth} · {place}"


def milliseconds(seconds: float) -> str:
    """Milliseconds with three digits that matter."""
    value = seconds * 1e3
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def wrapped(text: str) -> str:
    """A text for a tooltip: no line longer than 80 characters."""
    return "\n".join(textwrap.fill(line, TOOLTIP_COLUMNS) for line in text.splitlines())


def size(count: int) -> str:
    """A file's size in the unit that gives one to four digits."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def command_words(tag: str) -> str:
    """A request's tag as words: `swap_policy` -> `swap policy`."""
    return tag.replace("_", " ")


def subject_of(body: Body) -> str:
    """What a request is about: the first text in it that is not empty, with a severity where it has one."""
    names = ("instruction", "policy", "fault_id", "alarm_id", "process", "file", "task_id")
    values = [str(getattr(body, name)) for name in names if getattr(body, name, "") != ""]
    severity = getattr(body, "severity", None)
    return " ".join([*values[:1], *([severity.value] if severity else [])])


def story(row: CommandRow) -> str:
    """Phases with the time each took since the click: `accepted 0.1 s → confirmed 0.9 s`; or why not."""
    steps = [f"{phase.value} {duration((at_ns - row.sent_ns) * 1e-9)}" for phase, at_ns in row.phases[1:]]
    words = " → ".join(steps) or "on its way"
    return f"{words}: {row.reason}" if row.reason else f"{words} ({row.detail})" if row.detail else words


def outcome(row: CommandRow) -> str:
    """The newest phase alone, with its time; or why not."""
    if row.ended_badly and row.reason:
        reason = row.reason.removeprefix(f"{command_words(row.command)} ").removeprefix(f"{row.phase.value}: ")
        return f"{row.phase.value}: {reason}"
    phase, at_ns = row.phases[-1]
    if len(row.phases) < 2:
        return "sent"
    gone = ", the effect is gone" if row.command == "clear_faults" and phase is ReceiptPhase.CONFIRMED else ""
    return f"{phase.value} after {duration((at_ns - row.sent_ns) * 1e-9)}{gone}"
