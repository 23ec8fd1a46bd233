"""What the supervisor has heard of its workers: the newest record of every kind, with its age."""

from __future__ import annotations

from msgspec import Struct, field

from runtime.messages.camera import Frame, SceneBelief
from runtime.messages.orders import Heartbeat
from runtime.messages.policy import PolicyEntry, PolicyState, Readiness
from runtime.messages.state import ControlState, Mode, RobotState

CONTROL_FRESH_NS = 500_000_000
POLICY_FRESH_NS = 1_500_000_000
PICTURE_FRESH_NS = 1_500_000_000


class Telemetry(Struct, frozen=True):
    """Newest of each; None until the first one came."""

    control: ControlState | None = None
    robot: RobotState | None = None
    policy: PolicyState | None = None
    belief: SceneBelief | None = None
    heartbeats: dict[str, Heartbeat] = field(default_factory=dict[str, Heartbeat])
    """By process."""

    frames: dict[str, Frame] = field(default_factory=dict[str, Frame])
    """By camera."""

    def mode(self, now_ns: int) -> Mode | None:
        """The mode as the fast loop reports it; None when it has not been heard for half a second."""
        return self.control.mode if self.control is not None and fresh(self.control, now_ns) else None


def fresh(record: ControlState | RobotState | PolicyState | SceneBelief | Frame | None, now_ns: int) -> bool:
    """Whether a record is young enough to act upon."""
    if record is None:
        return False
    if isinstance(record, ControlState | RobotState):
        limit_ns = CONTROL_FRESH_NS
    else:
        limit_ns = POLICY_FRESH_NS if isinstance(record, PolicyState) else PICTURE_FRESH_NS
    return now_ns - record.stamp_ns <= limit_ns


def active_entry(policy: PolicyState) -> PolicyEntry | None:
    """The entry of the policy that drives."""
    return next((entry for entry in policy.entries if entry.name == policy.active), None)


def policy_obstacle(policy: PolicyState | None, now_ns: int) -> str:
    """Why the active policy cannot drive; empty when it can."""
    if policy is None:
        return "the planner has not reported yet"
    if not fresh(policy, now_ns):
        return f"the planner is silent since {(now_ns - policy.stamp_ns) * 1e-9:.1f} s"
    entry = active_entry(policy)
    if policy.fallback_ready and (policy.obstacle or (entry is not None and entry.obstacle)):
        return ""  # the fallback stands in as soon as the cell drives
    if entry is None or entry.readiness is Readiness.ACTIVE:
        if policy.obstacle:
            return policy.obstacle
        return "" if policy.active else "no policy is active: choose one"
    return f"policy {policy.active} is {entry.readiness.value}" + (f": {entry.obstacle}" if entry.obstacle else "")
