"""Measured state of the arm and of the fast loop, as telemetry."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from runtime.messages.geometry import Pose

STOP_PRESSED = "stop pressed"
"""How the reason of a protective stop begins that a person asked for."""

FAULT_CLEARED = "clear fault requested"
"""The reason of the stop that a cleared fault leaves."""

CELL_ENDS = "the cell is being shut down"
"""The reason of the stop that an orderly end begins with."""


class Mode(Enum):
    """Who drives, and whether anything may move."""

    IDLE = "idle"
    AUTO = "auto"
    FALLBACK = "fallback"
    ASSIST = "assist"
    MANUAL = "manual"
    PROTECTIVE_STOP = "protective_stop"
    FAULT = "fault"


class RobotState(Struct, frozen=True):
    """The arm as measured, decimated to 100 Hz. Tuples have one entry a joint."""

    stamp_ns: int
    tick: int
    q_rad: tuple[float, ...]
    dq_rad_s: tuple[float, ...]
    torque_nm: tuple[float, ...]
    torque_residual_nm: tuple[float, ...]
    """Momentum observer: torque that the nominal model does not explain."""

    q_reference_rad: tuple[float, ...]
    gripper_in_base: Pose
    gripper_width_m: float
    gripper_force_n: float
    gripper_commanded_m: float
    winding_celsius: tuple[float, ...]
    housing_celsius: tuple[float, ...]
    flags: int
    """Bits of `PlantFlag`."""


class PlanExecution(Enum):
    """How System 1 stands with the newest action chunk."""

    NONE = "none"
    FOLLOWING = "following"
    OVERDUE = "overdue"
    HOLDING = "holding"
    SILENT = "silent"


class ControlState(Struct, frozen=True):
    """The fast loop about itself; the mode has its truth here."""

    stamp_ns: int
    mode: Mode
    mode_since_ns: int
    mode_reason: str
    owner: str
    """policy, fallback, operator or nobody."""

    execution: PlanExecution
    plan_id: int
    policy: str
    """Policy of the chunk being executed, with version."""

    plan_age_s: float
    """Since the observation behind the chunk being executed."""

    plan_transport_s: float
    """From the chunk's issue in the planner to its arrival here."""

    ticks: int
    missed_ticks: int
    lateness_p50_s: float
    lateness_p99_s: float
    lateness_max_s: float
    """Over the last second."""

    tick_p50_s: float
    """Duration of one tick's work over the last second."""

    loop_hz: float
    real_time: bool
    """Whether real-time scheduling was granted."""

    speed_scale: float
    """1 normally, below 1 while missed ticks slow the cell down."""

    limited: int
    """Ticks in which the command limiter changed a command, since start."""

    rejected: int
    """Chunks that the plan gate refused, since start."""

    plans: int
    """Chunks received since start."""

    torque_step_over_limit: int
    """Ticks in which the commanded torque changed by more than the torque-rate limit allows (after the limiter)."""

    swap_ticks: tuple[int, ...] = ()
    """Tick numbers at which the chunk of another policy took over; the last eight."""

    restart_requested: bool = False


class TickTrace(Struct, frozen=True):
    """Every tick of the last 50 ms, packed; the 1 kHz record of the loop."""

    stamp_ns: int
    """Of the first tick."""

    first_tick: int
    columns: tuple[str, ...]
    ticks: int
    data: bytes
    """float32, row-major, ticks x columns."""
