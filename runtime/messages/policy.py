"""System 2 about itself."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from runtime.messages.plan import Signal


class PolicyStatus(Enum):
    """How the policy stands with its task."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    DECLINED = "declined"
    FAILED = "failed"


class TargetMark(Struct, frozen=True):
    """Where the policy believes its target to be in one camera's picture."""

    camera: str
    pixel: tuple[float, float]
    radius_px: float
    label: str


class HeatMap(Struct, frozen=True):
    """What a policy's grounding says of one camera's picture: where the thing that the instruction means may be."""

    camera: str
    width: int
    height: int
    cells: bytes
    """u8[height, width], row by row from the top; 255 is certainty. The map covers the whole picture."""


class Readiness(Enum):
    """How far a policy is from being able to drive."""

    AVAILABLE = "available"
    LOADING = "loading"
    WARMING = "warming"
    READY = "ready"
    ACTIVE = "active"
    REFUSED = "refused"


class PolicyEntry(Struct, frozen=True):
    """A policy that this cell can run."""

    name: str
    version: str
    label: str
    readiness: Readiness
    obstacle: str = ""
    """Why it cannot take over, in words; empty when it can."""


class PolicyState(Struct, frozen=True):
    """What drives, what stands by, what it believes and how long it took."""

    stamp_ns: int
    active: str
    active_version: str
    candidate: str
    """Name of the policy being prepared for a swap; empty when none."""

    previous: str
    """The policy that one step back would bring; empty when none."""

    entries: tuple[PolicyEntry, ...]
    task_id: int
    instruction: str
    status: PolicyStatus
    phase: str
    """What it is doing, in words: searching, approaching, grasping …"""

    reason: str
    """Why it declined or failed."""

    confidence: float
    signals: tuple[Signal, ...]
    inference_s: float
    """Duration of the newest inference."""

    deadline_s: float
    inferences: int
    deadline_misses: int
    observation_age_s: float
    """Age of the picture when inference began."""

    targets: tuple[TargetMark, ...]
    swaps: int
    last_swap_ns: int
    swap_refusal: str = ""
    """Why the newest swap request was refused; empty when it was not."""

    attempt: int = 0
    """Attempt of the task that `status` speaks of; 0 where the planner does not say."""

    heat: tuple[HeatMap, ...] = ()
    """Of the newest inference; empty for a policy without such maps."""

    confidence_limit: float = 0.0
    """The calibrated alarm threshold of the active policy's confidence; 0 for a policy without one."""

    obstacle: str = ""
    """Why the active policy cannot drive now though its code is well, e.g. its server is out of reach."""
