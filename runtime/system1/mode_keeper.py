"""The mode's one truth: applies events through the transition table and remembers why."""

from __future__ import annotations

from runtime.messages.orders import ModeRequest
from runtime.messages.state import Mode
from runtime.modes import LATCHED_MODES, POLICY_MODES, ModeEvent, Refusal, event_named, transition


class ModeKeeper:
    """Holds mode, since when and why; requests are acted upon at most once and never after their deadline."""

    def __init__(self, *, started_ns: int = 0) -> None:
        self.mode = Mode.IDLE
        self.since_ns = started_ns
        self.reason = "started"
        self.request_id = 0
        """Newest request acted upon or refused."""

        self.refusal = ""
        """Why the newest request was refused; empty when it was accepted."""

        self.drives = self.mode in POLICY_MODES
        """Whether chunks of a policy are executed. Kept, not computed: the fast loop asks several times a tick."""

        self.latched = self.mode in LATCHED_MODES
        """Whether a stop or fault is latched."""

    def apply(self, event: ModeEvent, *, now_ns: int, reason: str) -> bool:
        """Let an event happen; True when it changed the mode. A refused one changes nothing."""
        following = transition(self.mode, event)
        if isinstance(following, Refusal) or following is self.mode:
            return False
        self.mode = following
        self.drives = following in POLICY_MODES
        self.latched = following in LATCHED_MODES
        self.since_ns = now_ns
        self.reason = reason
        return True

    def add_reason(self, reason: str) -> None:
        """What else has happened since the mode was entered; the first cause stays in front."""
        if reason.startswith(self.reason):
            self.reason = reason
        elif reason not in self.reason:
            self.reason = f"{self.reason}; since then: {reason}"

    def request(self, request: ModeRequest, *, now_ns: int) -> ModeEvent | None:
        """Act on a wish; the event when it was accepted, None when it is old, expired, unknown or refused."""
        if request.request_id <= self.request_id:
            return None
        self.request_id = request.request_id
        if now_ns > request.deadline_ns:
            late_s = (now_ns - request.deadline_ns) * 1e-9
            self.refusal = f"{request.event} refused: {late_s:.3f} s after its deadline"
            return None
        try:
            event = event_named(request.event)
        except ValueError as trouble:
            self.refusal = str(trouble)
            return None
        following = transition(self.mode, event)
        if isinstance(following, Refusal):
            self.refusal = following.reason
            return None
        self.refusal = ""
        self.apply(event, now_ns=now_ns, reason=request.reason or _reason_of(event))
        return event


def _reason_of(event: ModeEvent) -> str:
    if event is ModeEvent.ASSIST_ASKED:
        return "the supervisor asks for a person"
    return f"{event.value.replace('_', ' ')} requested"
