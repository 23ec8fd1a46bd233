"""The supervisor's wishes to the worker processes: a whole desired state, sent again and again.

Every worker converges on the newest one it has seen; its heartbeat says which that was. So a lost
or doubled message changes nothing, and a restarted worker catches up by itself.
"""

from __future__ import annotations

from msgspec import Struct

from runtime.messages.faults import FaultOrder
from runtime.messages.tasks import Assignment


class ModeRequest(Struct, frozen=True):
    """Asks the fast loop for one mode event. Each id is acted upon at most once, before its deadline."""

    request_id: int
    event: str
    """Name of a `ModeEvent`."""

    deadline_ns: int
    reason: str = ""
    """What the mode's reason says afterwards; empty: that it was requested."""


class Orders(Struct, frozen=True):
    """Everything that the supervisor wants the workers to be doing now."""

    stamp_ns: int
    sequence: int
    mode_request: ModeRequest | None = None
    assignment: Assignment | None = None
    policy: str = ""
    """The policy that should drive; the planner prepares and swaps at a chunk border."""

    swap_id: int = 0
    """Increases with every swap request."""

    shadow: str = ""
    """The policy that should run in shadow; empty: none."""

    shadow_id: int = 0
    """Increases with every wish for a shadow, so that one that failed can be asked for again."""

    fallback: str = ""
    """The policy that is kept ready to stand in; empty: none."""

    stand_in_for: str = ""
    """The policy for which the fallback should drive now; empty: for none."""

    stand_in_ready: bool = False
    """Whether the fast loop may hand a silent policy's arm to the fallback instead of asking for a person."""

    release: str = ""
    """The policy that is to be tried again after its quarantine."""

    release_id: int = 0
    """Increases with every release."""

    faults: tuple[FaultOrder, ...] = ()
    refill_id: int = 0
    """The simulated cell lays out a new set of parts each time this increases."""

    shutdown: bool = False
    recording: str = ""
    """File that the recorder should be writing; empty: none."""


class Heartbeat(Struct, frozen=True):
    """A worker is alive, and this is how far it has followed the orders."""

    process: str
    pid: int
    stamp_ns: int
    orders_sequence: int
    faults_effective: tuple[str, ...] = ()
    """Ids of the faults that this process has switched on at its seam."""

    mode_request_id: int = 0
    """Newest mode request acted upon (control only)."""

    refill_id: int = 0
    warning: str = ""
    """A downgrade that a person should know of, e.g. no real-time scheduling."""

    recording: str = ""
    """File being written (recorder only); empty when none."""

    recording_bytes: int = 0
    recording_trouble: str = ""
    """Why the wished recording is not being written, in words (recorder only)."""
