"""Judges a running attempt at every plan: whether it is still allowed and still gets anywhere."""

from __future__ import annotations

from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.state import ControlState

REFUSED_IN_ROW_LIMIT = 30
"""Chunks that the guard refused with none accepted between: 3 s at 10 Hz."""


class PlanJudge:
    """Follows one attempt from its dispatch on."""

    def __init__(self, *, task_id: int, attempt: int, control: ControlState | None) -> None:
        self._task_id = task_id
        self._attempt = attempt
        self._rejected: int = 0 if control is None else control.rejected
        self._accepted: int = 0 if control is None else control.plans - control.rejected
        self.guard_refused = 0
        """Chunks refused since the last accepted one."""

    def obstacle(self, control: ControlState) -> str:
        """Why the attempt has to end as seen from the guard; empty when it may go on."""
        accepted = control.plans - control.rejected
        if accepted != self._accepted or control.rejected < self._rejected:
            self._accepted, self._rejected = accepted, control.rejected
        self.guard_refused = control.rejected - self._rejected
        if self.guard_refused >= REFUSED_IN_ROW_LIMIT:
            return f"the guard refused {self.guard_refused} chunks in a row"
        return ""

    def pause(self, control: ControlState) -> None:
        """No policy may drive now: that the guard refuses its chunks says nothing of it."""
        self._rejected = control.rejected - self.guard_refused

    def verdict(self, policy: PolicyState | None) -> PolicyStatus:
        """What the policy says of this attempt; WORKING while it talks of another one."""
        if policy is None or policy.task_id != self._task_id:
            return PolicyStatus.WORKING
        if policy.attempt not in (0, self._attempt):
            return PolicyStatus.WORKING
        return policy.status
