"""The system as a whole: processes, alarms, events."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class ProcessPhase(Enum):
    """How a child process stands."""

    STARTING = "starting"
    RUNNING = "running"
    SILENT = "silent"
    """Alive but without heartbeat for longer than its limit."""

    DEAD = "dead"
    STOPPED = "stopped"


class ProcessState(Struct, frozen=True):
    """One child process as the supervisor sees it."""

    name: str
    pid: int
    phase: ProcessPhase
    since_ns: int
    restarts: int
    heartbeat_age_s: float
    detail: str
    """Exit code or warning, in words."""


class SystemState(Struct, frozen=True):
    """The supervisor's summary, 5 Hz."""

    stamp_ns: int
    session: str
    cell: str
    scene: str
    mismatch: str
    seed: int
    started_wall_ns: int
    ready: bool
    """All processes run and every check before motion holds."""

    why_not_moving: str
    """One line, always filled: `moving`, or the condition not met and what to do."""

    processes: tuple[ProcessState, ...]
    recording: str
    """File being written; empty when none."""

    recording_bytes: int
    recording_trouble: str
    gaps: dict[str, int]
    """Messages lost per topic, as seen by the supervisor."""

    hardware_estop: str
    """State of the hardware chain in words; `none (simulated cell)` here."""

    metrics_address: str
    """Where the Prometheus page is; empty when off."""

    fallbacks: int = 0
    """How often the fallback has stood in since the session began."""


class Priority(Enum):
    """ISA-18.2 priorities."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AlarmPhase(Enum):
    """ISA-18.2 states; the first four are reached so far."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED_UNACKNOWLEDGED = "returned unacknowledged"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed by design"
    OUT_OF_SERVICE = "out of service"


class Alarm(Struct, frozen=True):
    """Something abnormal that a person should act on."""

    alarm_id: str
    """Stable name of the condition, e.g. `process.cameras.dead`."""

    priority: Priority
    phase: AlarmPhase
    layer: str
    """Probable layer."""

    cause: str
    consequence: str
    first_check: str
    since_ns: int
    """Monotonic; when it last became active."""

    count: int
    """How often it became active in this session."""

    gone_ns: int = 0
    """Monotonic; when its condition was last seen to hold, once it holds no more; 0 before."""


class AlarmList(Struct, frozen=True):
    """Every alarm that is not normal, most urgent first."""

    stamp_ns: int
    alarms: tuple[Alarm, ...]


class Event(Struct, frozen=True):
    """One line of the timeline."""

    stamp_ns: int
    lane: str
    """mode, owner, policy, verdict, alarm, fault, command, task, process or recording."""

    level: str
    """info, warning or error."""

    text: str


class History(Struct, frozen=True):
    """The newest lines of the timeline, for a console that joins a cell which has been running."""

    stamp_ns: int
    events: tuple[Event, ...]
    """Oldest first."""
