"""Everything that the console shows, at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from runtime.messages.camera import Frame, SceneBelief
from runtime.messages.card import PolicyCard
from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultState
from runtime.messages.plan import Plan, VerdictReport
from runtime.messages.policy import PolicyState
from runtime.messages.state import ControlState, RobotState
from runtime.messages.system import AlarmList, Event, SystemState
from runtime.messages.tasks import TaskList
from twin_app.model.commands import CommandRow
from twin_app.model.connection import UNCONNECTED, Connection


class SourceKind(Enum):
    """Where the messages come from."""

    LIVE = "live"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where a replay stands; times on the recording's clock."""

    start_ns: int
    end_ns: int
    now_ns: int
    playing: bool
    speed: float
    file: str
    loaded: float = 1.0
    """0…1: how much of the recording has been read so far."""

    trouble: str = ""
    """Why the recording cannot be shown, or is shown in part only."""


@dataclass(frozen=True, slots=True)
class CameraPicture:
    """Header and pixels (RGB, rows top to bottom) of the newest picture of one camera."""

    frame: Frame
    pixels: bytes | memoryview
    received_ns: int


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """The newest known value of everything; `None` where nothing has been heard yet."""

    kind: SourceKind
    now_ns: int = 0
    """Monotonic; in a replay the playhead."""

    wall_offset_ns: int = 0
    """Add to a monotonic stamp to get the wall clock; 0 when unknown."""

    connection: Connection = UNCONNECTED
    cell: CellDescription | None = None
    system: SystemState | None = None
    control: ControlState | None = None
    robot: RobotState | None = None
    cards: Mapping[str, PolicyCard] = field(default_factory=dict[str, PolicyCard])
    """By policy."""

    policy: PolicyState | None = None
    inferred_ns: int = 0
    """When the policy's newest inference was heard of; a planner without pictures repeats its last words."""

    belief: SceneBelief | None = None
    plan: Plan | None = None
    tasks: TaskList | None = None
    alarms: AlarmList | None = None
    faults: FaultState | None = None
    pictures: Mapping[str, CameraPicture] = field(default_factory=dict[str, CameraPicture])
    """By camera name."""

    warnings: Mapping[str, str] = field(default_factory=dict[str, str])
    """By process: the downgrade that its heartbeat speaks of."""

    events: tuple[Event, ...] = ()
    """Newest first."""

    verdicts: tuple[VerdictReport, ...] = ()
    """Newest first."""

    commands: tuple[CommandRow, ...] = ()
    """Newest first."""

    playhead: Playhead | None = None
    """In a replay only."""

    @property
    def may_command(self) -> bool:
        """Whether a request can have an effect: never in a replay."""
        return self.kind is SourceKind.LIVE

    @property
    def current(self) -> bool:
        """Whether what is shown is the present (or a place in a recording) and not old news."""
        return self.kind is SourceKind.REPLAY or self.connection.alive

    def age_s(self, stamp_ns: int) -> float:
        """Seconds since a moment on the shown clock; never negative."""
        return max(0.0, (self.now_ns - stamp_ns) * 1e-9)
