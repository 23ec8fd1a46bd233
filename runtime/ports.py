"""The promises the loop relies on. Whoever keeps them can stand behind the loop: simulated or real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from runtime.messages.camera import Frame
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.joint import JointCommand, JointReference, PlantState, Vector
from runtime.messages.plan import Plan, Signal, Verdict, VerdictReport
from runtime.messages.policy import HeatMap, PolicyStatus, TargetMark
from runtime.messages.state import Mode
from runtime.messages.tasks import Assignment

Image = NDArray[np.uint8]
"""u8[height, width, 3], RGB."""


class Clock(Protocol):
    """Where time comes from: the wall's monotonic clock or simulated time."""

    def now_ns(self) -> int:
        """Monotonic nanoseconds of the cell."""
        ...


class Plant(Protocol):
    """The arm and its cell behind the interface that a driver would give."""

    def step(self, command: JointCommand | None, *, stamp_ns: int) -> PlantState:
        """Apply one command (None: none arrived) for one millisecond and measure."""
        ...

    def measure(self) -> PlantState:
        """The newest measurement, without a step."""
        ...


@dataclass(frozen=True, slots=True)
class Picture:
    """One camera picture with its header."""

    frame: Frame
    image: Image


class Camera(Protocol):
    """All cameras of a cell. Between exposure and read-out the caller does something else, as beside real cameras."""

    def expose(self, *, stamp_ns: int) -> None:
        """Capture one picture a camera at this instant."""
        ...

    def proceed(self) -> None:
        """Do the next piece of the work on the newest exposure, if one is left; the caller has other work between."""
        ...

    def read_out(self) -> Sequence[Picture]:
        """The pictures of the newest exposure, once; waits for what is not finished."""
        ...


@dataclass(frozen=True, slots=True)
class CameraView:
    """A picture together with where its camera stood when it was taken."""

    picture: Picture
    camera: CameraDescription
    camera_in_base: Pose


@dataclass(frozen=True, slots=True)
class Observation:
    """What a policy gets to see: pictures, joint state and the instruction. Nothing else exists for it."""

    observation_id: int
    stamp_ns: int
    """Capture instant of the older of the two pictures."""

    views: dict[str, CameraView]
    """By camera name: overhead, wrist."""

    q_rad: Vector
    dq_rad_s: Vector
    gripper_in_base: Pose
    gripper_width_m: float
    gripper_force_n: float
    assignment: Assignment | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a policy answers: an action chunk without its envelope, or a reason for none."""

    status: PolicyStatus
    phase: str
    confidence: float
    signals: tuple[Signal, ...]
    targets: tuple[TargetMark, ...] = ()
    heat: tuple[HeatMap, ...] = ()
    gripper_in_base: tuple[Pose, ...] = ()
    """One a step, the first one step after the observation; empty: no new chunk, hold."""

    joints_rad: tuple[tuple[float, ...], ...] = ()
    gripper_width_m: tuple[float, ...] = ()
    gripper_force_n: float = 30.0
    step_period_s: float = 0.1
    reason: str = ""
    confidence_limit: float = 0.0
    """Below it this policy's confidence is an alarm, as calibrated; 0: it has no such limit."""

    obstacle: str = ""
    """Why this policy cannot drive now though its code is well (no server, one that does not fit): no task is begun
    meanwhile, and it is an alarm. Empty when it can."""

    reading: str = ""
    """The task in plain words, as this policy has read and seen it: `put the red cube in the left tote`. Given to the
    policy that stands in for it or goes on with its task; empty while it has none."""

    unanswerable: bool = False
    """Of a decline: the words themselves ask for nothing that may be done (nonsense, negated, several parts), so no
    other policy is to try. False where only this policy cannot go on."""


class Policy(Protocol):
    """System 2: from an observation to an action chunk. May take its time; never blocks System 1."""

    def begin(self, assignment: Assignment) -> None:
        """A new task or attempt starts; forget what belonged to the last one."""
        ...

    def infer(self, observation: Observation) -> Proposal:
        """Look once, answer with the next chunk."""
        ...


@runtime_checkable
class Remote(Protocol):
    """What a policy that holds a connection offers beyond the port."""

    def await_ready(self, timeout_s: float) -> str:
        """Wait until it may drive; why it may not, in words. It has been shown an observation before.

        It is called again when the time was too short. With none at all it only tells how it stands, in no time.
        """
        ...

    def close(self) -> None:
        """Let go of connection and threads, in whatever thread and at most for seconds; it is not called any more."""
        ...


@runtime_checkable
class Heavy(Protocol):
    """What a policy that is slow to load offers beyond the port."""

    def renewed(self) -> Policy:
        """Another one with the same weights that has seen nothing yet, instead of this one."""
        ...


class PolicyFactory(Protocol):
    """What a plugin's `policy.py` offers under the name in its manifest."""

    def __call__(self, cell: CellDescription) -> Policy:
        """Load and build the policy for this cell; slow work belongs here, not in `infer`."""
        ...


class Controller(Protocol):
    """The joint-space law: from reference and measurement to torque."""

    def torque(
        self,
        *,
        q_rad: Vector,
        dq_rad_s: Vector,
        q_reference_rad: Vector,
        dq_reference_rad_s: Vector,
        ddq_reference_rad_s2: Vector,
    ) -> Vector:
        """Joint torques in N·m, gravity and friction compensation included."""
        ...

    def reset(self) -> None:
        """Forget what was learned about a place where the arm no longer stands."""
        ...


class Guard(Protocol):
    """Both places of the guard for one cell, as the fast loop calls them. Independent of what it judges."""

    def check_plan(self, plan: Plan, *, now_ns: int, mode: Mode, last_plan_id: int) -> Verdict:
        """A chunk as it arrives."""
        ...

    def check_path(
        self,
        path_rad: NDArray[np.float64],
        *,
        step_period_s: float,
        delay_s: float,
        last_applied_rad: Vector,
        first_step: int = 0,
    ) -> Verdict:
        """The remaining steps as joint angles, float64[steps, joints], `delay_s` before the first.

        `first_step`: its number in the chunk, for the words of a refusal.
        """
        ...

    def check_space(
        self,
        frames_in_base: NDArray[np.float64],
        tool_in_base_m: NDArray[np.float64],
        *,
        steps: Sequence[int] | None = None,
        begin_in_base: NDArray[np.float64] | None = None,
    ) -> Verdict:
        """Configurations in space: joint frames float64[n, joints, 4, 4], tool positions float64[n, 3].

        `steps`: the chunk's step to which each belongs, for the words of a refusal. `begin_in_base`: joint frames
        float64[1, joints, 4, 4] of the reference that the path goes on from.
        """
        ...

    def limit(self, command: JointCommand, state: PlantState, reference: JointReference) -> tuple[JointCommand, int]:
        """The command that may go to the plant, and reason bits (0: untouched). Every tick; never raises."""
        ...

    def demands_stop(self, bits: int) -> bool:
        """Whether these reason bits ask for a latched stop."""
        ...

    def explain(self) -> Verdict:
        """The newest tick's most severe finding with its evidence; slow, for telemetry only."""
        ...

    def report(self, verdict: Verdict, *, stamp_ns: int, at_limiter: bool, plan_id: int, policy: str) -> VerdictReport:
        """A verdict as telemetry, counted by place and reason."""
        ...


class PolicySeam(Protocol):
    """Where policy faults enter: between the policy and the world. The neutral one changes nothing."""

    def stall_s(self, now_ns: int) -> float:
        """Extra inference latency of the inference that starts now, in seconds."""
        ...

    def proposal(self, proposal: Proposal, now_ns: int) -> Proposal:
        """What comes out of the policy, possibly spoilt."""
        ...


class PlanSeam(Protocol):
    """Where network faults enter: between planner and control. The neutral one delays nothing."""

    def delay_s(self, plan: Plan, now_ns: int) -> float:
        """How long the network holds this plan back, in seconds."""
        ...


class LoopSeam(Protocol):
    """Where timing faults of the fast loop enter. The neutral one delays nothing."""

    def overrun_s(self, now_ns: int) -> float:
        """How long this tick is held up before it starts, in seconds."""
        ...
