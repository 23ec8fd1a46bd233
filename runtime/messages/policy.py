"""System 2 about itself."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from runtime.messages.geometry import Pose
from runtime.messages.plan import Signal
from runtime.messages.shadow import Disagreement, DisagreementTally


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
    """Why it cannot take over, in words; empty when it can. It can be tried again."""

    isolated: bool = False
    """Whether it always runs in a process of its own."""

    pid: int = 0
    """Of its worker process; 0 while it has none."""

    memory_mib: float = 0.0
    """Resident, of its worker process."""

    served: bool = False
    """Whether its model runs behind a server, so that it may not be there."""

    load_s: float = 0.0
    """How long it may take to import, build and warm it."""


class ShadowState(Struct, frozen=True):
    """A policy that is asked what the active one is asked, without effect; fields as in `PolicyState`."""

    name: str
    version: str
    readiness: Readiness
    obstacle: str = ""
    """Why it does not run, in words."""

    status: PolicyStatus = PolicyStatus.WAITING
    phase: str = ""
    reason: str = ""
    confidence: float = 0.0
    confidence_limit: float = 0.0
    signals: tuple[Signal, ...] = ()
    inference_s: float = 0.0
    inferences: int = 0
    skipped: int = 0
    """Observations that came while it was still at an earlier one."""

    failures: int = 0
    """Answers in a row that were none: it raised, or the check refused them."""

    observation_stamp_ns: int = 0
    """Of the observation that the chunk below answers."""

    step_period_s: float = 0.1
    gripper_in_base: tuple[Pose, ...] = ()
    """Its newest chunk, one pose a step; empty: it would hold."""

    targets: tuple[TargetMark, ...] = ()
    heat: tuple[HeatMap, ...] = ()
    disagreement: Disagreement | None = None
    """None before both have answered the same observation with a chunk."""

    tally: DisagreementTally = DisagreementTally()


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

    failures: int = 0
    """Answers of the active policy in a row that were none: it raised, or the check refused them."""

    shadow: ShadowState | None = None
    """The policy that runs in shadow; while a fallback drives, the one that it stands in for."""

    fallback: str = ""
    """The policy that stands in when the active one cannot go on; empty when none is wanted."""

    fallback_ready: bool = False
    """Whether it is loaded and warm; never while it drives anyway."""

    fallback_obstacle: str = ""
    """Why it is not, in words."""

    stands_in_for: str = ""
    """The policy that the active one stands in for; empty when the wanted one drives."""

    shadow_id: int = 0
    """Newest wish for a shadow that was followed (`Orders.shadow_id`)."""

    release_id: int = 0
    """Newest release from quarantine that was followed (`Orders.release_id`)."""

    reading: str = ""
    """The task in plain words, as the active policy has read it; empty while it has not, or does not tell."""

    unanswerable: bool = False
    """Whether the active policy declines for the words' sake, so that no other is to try."""
