"""What a person or program may ask of the supervisor, and the receipt that answers."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from runtime.messages.faults import FaultSeverity


class Stop(Struct, frozen=True, tag="stop"):
    """Protective stop. Also has its own way through shared memory, which is faster and needs no supervisor."""


class Reset(Struct, frozen=True, tag="reset"):
    """Unlatch a protective stop or a cleared fault. Never starts motion."""


class Start(Struct, frozen=True, tag="start"):
    """Let the active policy drive: idle or assist → auto."""


class Pause(Struct, frozen=True, tag="pause"):
    """The policy holds: auto or fallback → idle, at standstill, tasks stay queued."""


TEXT_LIMIT = 500
"""Letters of an instruction or of a key."""


class AddTask(Struct, frozen=True, tag="add_task"):
    """Queue an instruction in words."""

    instruction: str
    priority: int = 0
    time_limit_s: float = 60.0
    retries: int = 1
    key: str = ""


class CancelTask(Struct, frozen=True, tag="cancel_task"):
    """Take a task out of the queue, or end it at the next chunk border."""

    task_id: int


class SwapPolicy(Struct, frozen=True, tag="swap_policy"):
    """Prepare another policy beside the active one and let it take over at a chunk border."""

    policy: str


class SwapBack(Struct, frozen=True, tag="swap_back"):
    """The policy before the newest swap takes over again."""


class SetShadow(Struct, frozen=True, tag="set_shadow"):
    """Let a policy run in shadow: the same observations, no effect."""

    policy: str = ""
    """Empty: none."""


class PromoteShadow(Struct, frozen=True, tag="promote_shadow"):
    """The policy in shadow takes over at a chunk border."""


class SetFallback(Struct, frozen=True, tag="set_fallback"):
    """Which policy stands in when the active one is late, ill-formed or unsure."""

    policy: str = ""
    """Empty: none; the cell then asks for a person."""


class ReturnFromFallback(Struct, frozen=True, tag="return_from_fallback"):
    """The policy that the fallback stands in for drives again, at once instead of with the next task."""


class TryPolicy(Struct, frozen=True, tag="try_policy"):
    """Release a policy from quarantine and load it anew where it is wanted."""

    policy: str


class InjectFault(Struct, frozen=True, tag="inject_fault"):
    """Switch a fault on, on a simulated cell only."""

    fault_id: str
    severity: FaultSeverity
    delay_s: float = 0.0
    duration_s: float = 0.0
    """0 is until cleared."""

    seed: int = 0


class ClearFaults(Struct, frozen=True, tag="clear_faults"):
    """Switch faults off; an empty id means all of them."""

    fault_id: str = ""


class AcknowledgeAlarm(Struct, frozen=True, tag="acknowledge_alarm"):
    """A person has seen it."""

    alarm_id: str


class RestartProcess(Struct, frozen=True, tag="restart_process"):
    """Start a dead or hanging process again."""

    process: str


class Refill(Struct, frozen=True, tag="refill"):
    """Lay out a new set of parts in a simulated cell (the person who fills the tray)."""


class StartRecording(Struct, frozen=True, tag="start_recording"):
    """Write everything the topic table calls recorded to a new file."""

    file: str = ""
    """Empty: a name from date and cell in the recordings folder."""


class StopRecording(Struct, frozen=True, tag="stop_recording"):
    """Close the recording."""


class Shutdown(Struct, frozen=True, tag="shutdown"):
    """Stop the arm, then end every process."""


Body = (
    Stop
    | Reset
    | Start
    | Pause
    | AddTask
    | CancelTask
    | SwapPolicy
    | SwapBack
    | SetShadow
    | PromoteShadow
    | SetFallback
    | ReturnFromFallback
    | TryPolicy
    | InjectFault
    | ClearFaults
    | AcknowledgeAlarm
    | RestartProcess
    | Refill
    | StartRecording
    | StopRecording
    | Shutdown
)


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """One wish with its envelope."""

    request_id: str
    """Unique; the same id twice is answered with the first receipt and has no second effect."""

    issued_ns: int
    deadline_ns: int
    """Monotonic; refused when older."""

    body: Body
    asker: str = "console"


class ReceiptPhase(Enum):
    """Sent → accepted → effective → confirmed; or refused, or failed on the way."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EFFECTIVE = "effective"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class Receipt(Struct, frozen=True):
    """Answer to a request; later phases come on the topic `receipts`."""

    request_id: str
    phase: ReceiptPhase
    stamp_ns: int
    command: str
    """The request's tag, e.g. `swap_policy`."""

    reason: str = ""
    """Why refused or failed, and what to do."""

    detail: str = ""
    """E.g. the number of the added task."""
