"""A made-up cell for tests of the supervision: its telemetry is whatever the test says, at the time it says."""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.messages.camera import Detection, SceneBelief
from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultKind, Layer
from runtime.messages.geometry import Pose
from runtime.messages.policy import PolicyEntry, PolicyState, PolicyStatus, Readiness
from runtime.messages.state import ControlState, Mode, PlanExecution, RobotState
from runtime.messages.system import ProcessPhase, ProcessState
from runtime.supervision.alarms import Condition
from runtime.supervision.conditions import Measures, conditions
from runtime.supervision.telemetry import Telemetry
from tests.support.arms import seven_joint_arm
from tests.support.pick_cell import pick_cell

SECOND_NS = 1_000_000_000
STEP_NS = 50_000_000
WORKERS = ("plant", "control", "cameras", "planner", "recorder")


def supervised_cell() -> CellDescription:
    """Six parts, two totes, a tray, seven joints."""
    return pick_cell(seven_joint_arm())


@dataclass
class MadeUpCell:
    """What the workers would report; change a field, and the next records say so."""

    now_ns: int = 10 * SECOND_NS
    mode: Mode = Mode.AUTO
    mode_reason: str = ""
    execution: PlanExecution = PlanExecution.FOLLOWING
    status: PolicyStatus = PolicyStatus.WORKING
    task_id: int = 0
    attempt: int = 0
    reason: str = ""
    places: dict[str, str] = field(default_factory=lambda: {"red cube": "tray", "green cube": "tray"})
    """Where each part is seen."""

    quality: float = 0.9
    occluded: bool = False
    plans: int = 0
    rejected: int = 0
    gripper_width_m: float = 0.08
    gripper_force_n: float = 0.0
    speed_rad_s: float = 0.0
    residual_nm: float = 0.0
    flags: int = 0
    inference_s: float = 0.05
    transport_s: float = 0.002
    winding_celsius: float = 45.0
    ticks: int = 0
    missed: int = 0
    active: str = "programmed"
    stands_in_for: str = ""
    swap_refusal: str = ""

    def control(self) -> ControlState:
        """The fast loop's report."""
        return ControlState(
            stamp_ns=self.now_ns,
            mode=self.mode,
            mode_since_ns=0,
            mode_reason=self.mode_reason,
            owner="policy",
            execution=self.execution,
            plan_id=self.plans,
            policy=f"{self.active} 1.0",
            plan_age_s=0.1,
            plan_transport_s=self.transport_s,
            ticks=self.ticks,
            missed_ticks=self.missed,
            lateness_p50_s=0.0,
            lateness_p99_s=0.0,
            lateness_max_s=0.0,
            tick_p50_s=0.0001,
            loop_hz=1000.0,
            real_time=True,
            speed_scale=1.0,
            limited=0,
            rejected=self.rejected,
            plans=self.plans,
            torque_step_over_limit=0,
        )

    def robot(self) -> RobotState:
        """The arm as measured."""
        seven = (0.0,) * 7
        return RobotState(
            stamp_ns=self.now_ns,
            tick=0,
            q_rad=seven,
            dq_rad_s=(self.speed_rad_s,) * 7,
            torque_nm=seven,
            torque_residual_nm=(self.residual_nm,) * 7,
            q_reference_rad=seven,
            gripper_in_base=Pose((0.5, 0.0, 0.4)),
            gripper_width_m=self.gripper_width_m,
            gripper_force_n=self.gripper_force_n,
            gripper_commanded_m=self.gripper_width_m,
            winding_celsius=(self.winding_celsius,) * 7,
            housing_celsius=(40.0,) * 7,
            flags=self.flags,
        )

    def policy(self) -> PolicyState:
        """System 2's report."""
        entries = (
            PolicyEntry("programmed", "1.0", "programmed", Readiness.ACTIVE),
            PolicyEntry("programmed_careful", "1.0", "careful", Readiness.AVAILABLE),
        )
        return PolicyState(
            stamp_ns=self.now_ns,
            active=self.active,
            active_version="1.0",
            candidate="",
            previous="",
            entries=entries,
            task_id=self.task_id,
            instruction="",
            status=self.status,
            phase="approaching",
            reason=self.reason,
            confidence=0.9,
            signals=(),
            inference_s=self.inference_s,
            deadline_s=0.2,
            inferences=1,
            deadline_misses=0,
            observation_age_s=0.05,
            targets=(),
            swaps=0,
            last_swap_ns=0,
            swap_refusal=self.swap_refusal,
            attempt=self.attempt,
            stands_in_for=self.stands_in_for,
        )

    def belief(self) -> SceneBelief:
        """The overhead camera's picture in words."""
        detections = tuple(
            Detection(part, Pose((0.5, 0.0, 0.02)), (64.0, 64.0), 200.0, self.quality, place)
            for part, place in self.places.items()
        )
        return SceneBelief(self.now_ns, detections, self.occluded)


def processes(phase: ProcessPhase = ProcessPhase.RUNNING, *, only: str = "") -> tuple[ProcessState, ...]:
    """All workers running, or one of them in another phase."""
    return tuple(
        ProcessState(name, 100, phase if only in ("", name) else ProcessPhase.RUNNING, 0, 0, 0.1, "")
        for name in WORKERS
    )


def catalogue() -> tuple[FaultKind, ...]:
    """The seven faults with parameters like those of the simulated cell."""
    rows: dict[str, dict[str, tuple[float, ...]]] = {
        "F01": {"freeze_s": (0.3, 1.0, 5.0)},
        "F12": {"probability": (0.2, 0.6, 1.0)},
        "F13": {"stall_s": (0.3, 1.0, 5.0)},
        "F20": {"spike_s": (0.005, 0.012, 0.05), "spike_rate_hz": (4.0, 6.0, 8.0)},
        "F26": {"friction_factor": (3.0, 8.0, 25.0)},
        "F31": {"housing_celsius": (114.0, 118.0, 128.0)},
        "F41": {"delay_s": (0.02, 0.08, 1.2)},
    }
    return tuple(
        FaultKind(
            fault_id,
            fault_id,
            Layer.POLICY if fault_id in ("F12", "F13") else Layer.HARDWARE,
            "plant",
            "",
            "",
            parameters,
            "",
        )
        for fault_id, parameters in rows.items()
    )


def alarms_of(cell: MadeUpCell, *, measures: Measures | None = None, trouble: str = "") -> list[Condition]:
    """What is abnormal in a cell whose processes all run."""
    return conditions(
        Telemetry(cell.control(), cell.robot(), cell.policy(), cell.belief()),
        cell=supervised_cell(),
        processes=processes(),
        measures=measures or Measures(),
        recording_trouble=trouble,
        now_ns=cell.now_ns,
    )
