"""Action chunks and what the guard says of them."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from runtime.messages.geometry import Pose

SIGNAL_LETTERS = 60
"""Of a signal's name, which is also its trend's."""


class Signal(Struct, frozen=True):
    """One measured quantity behind a confidence."""

    name: str
    value: float
    pull: float = 0.0
    """What it adds to the confidence, on the policy's own scale (log odds, or the logarithm of a factor).

    Below 0 it lowers the confidence; 0 where it takes no part, or where the policy does not tell.
    """


class Plan(Struct, frozen=True):
    """An action chunk: what the policy wants the end effector to do next.

    Exactly one of `gripper_in_base` and `joints_rad` is filled, with `horizon` steps.
    """

    plan_id: int
    """Strictly increasing over the life of a planner process."""

    policy: str
    policy_version: str
    task_id: int
    observation_id: int
    observation_stamp_ns: int
    """When the images were taken, monotonic clock of the cell."""

    issued_ns: int
    """When the policy had finished."""

    expires_ns: int
    """System 1 executes nothing of this chunk after this moment."""

    step_period_s: float
    horizon: int
    gripper_in_base: tuple[Pose, ...]
    """One target per step, the first at `observation_stamp_ns + step_period_s`."""

    joints_rad: tuple[tuple[float, ...], ...]
    gripper_width_m: tuple[float, ...]
    gripper_force_n: float
    confidence: float
    """0…1, the policy's own estimate that the task will succeed."""

    signals: tuple[Signal, ...]


class Reason(Enum):
    """Why the guard did not let something pass unchanged. Codes are stable: recordings hold them."""

    OK = "ok"
    SCHEMA = "schema"
    SHAPE = "shape"
    NOT_FINITE = "not_finite"
    STALE = "stale"
    EXPIRED = "expired"
    SEQUENCE = "sequence"
    MODE = "mode"
    POSITION = "position"
    VELOCITY = "velocity"
    ACCELERATION = "acceleration"
    JERK = "jerk"
    TORQUE = "torque"
    TORQUE_RATE = "torque_rate"
    GRIPPER = "gripper"
    DISCONTINUITY = "discontinuity"
    WORKSPACE = "workspace"
    FLOOR = "floor"
    SELF_CLEARANCE = "self_clearance"
    SCENE_CLEARANCE = "scene_clearance"
    UNREACHABLE = "unreachable"


class Severity(Enum):
    """What a verdict does, mild to severe."""

    PASS = "pass"
    LIMIT = "limit"
    REJECT = "reject"
    STOP = "stop"


class Verdict(Struct, frozen=True):
    """The guard's judgement with its evidence."""

    severity: Severity
    reason: Reason
    measured: float
    limit: float
    unit: str = ""
    detail: str = ""
    """Which joint, step or pair."""

    @property
    def passed(self) -> bool:
        """Whether the judged thing may go on, perhaps limited."""
        return self.severity in (Severity.PASS, Severity.LIMIT)


ACCEPTED = Verdict(Severity.PASS, Reason.OK, 0.0, 0.0)


class VerdictReport(Struct, frozen=True):
    """One judgement as telemetry; accepted chunks are reported too."""

    stamp_ns: int
    place: str
    """plan gate or command limiter."""

    plan_id: int
    policy: str
    verdict: Verdict
    count: int
    """Verdicts with this reason since start, this one included."""
