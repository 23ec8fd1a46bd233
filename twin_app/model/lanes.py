"""Which quantities the trends show, in which lane, and how they are read from messages."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.messages.cell import CellDescription
from runtime.messages.policy import PolicyState
from runtime.messages.state import ControlState, RobotState
from twin_app.model.freshness import OLD_NS, has_task

POLICY_COLUMNS = 8
"""Quantities in a row of `PolicyRow`."""

BESIDE = slice(4, POLICY_COLUMNS)
"""Those that only a limit or a policy in shadow fill."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One strip of the trends: quantities with one unit on one vertical axis."""

    key: str
    title: str
    unit: str
    block: str
    """Of the samples behind it."""

    labels: tuple[str, ...]
    """One a series, short."""

    first_column: int
    """Of its series in the block."""

    decimals: int
    floor: float
    """The axis never ends above this value from below …"""

    ceiling: float
    """… nor below this value from above, so that noise is not blown up to full height."""

    limits: tuple[tuple[str, float], ...] = ()
    """Fixed lines: label and value in the lane's unit."""

    dashed: tuple[int, ...] = ()
    """Series (by position) that are a limit rather than a measurement."""

    weight: float = 1.0
    """Its share of the height, against the other lanes."""

    further_columns: tuple[int, ...] = ()
    """Of the last series, where they do not follow the first ones."""

    optional: tuple[int, ...] = ()
    """Series (by position) that are not named while they have no value."""

    quiet: bool = False
    """Not shown unless it is asked for."""

    @property
    def columns(self) -> list[int]:
        """Columns of its series in the block."""
        near = len(self.labels) - len(self.further_columns)
        return [*range(self.first_column, self.first_column + near), *self.further_columns]


def robot_row(state: RobotState) -> list[float]:
    """Residuals in N·m, then winding temperatures in °C."""
    return [*state.torque_residual_nm, *state.winding_celsius]


class PolicyRow:
    """Rows from policy states; keeps when inference went on last, because a planner without pictures repeats itself."""

    def __init__(self) -> None:
        self._inferences = 0
        self._inferred_ns = 0

    def __call__(self, state: PolicyState) -> list[float]:
        """Confidence, then inference time, deadline and age of the picture in ms; a gap where there is none.

        After them the confidence's limit, the shadow's confidence, how far its end effector is from the active one's
        in mm, and its inference time in ms. Without a task there is nothing to be confident of.
        """
        if state.inferences != self._inferences:
            self._inferences, self._inferred_ns = state.inferences, state.stamp_ns
        deadline_ms = state.deadline_s * 1e3
        beside = _beside(state)
        if not state.inferences or state.stamp_ns - self._inferred_ns > OLD_NS["policy"]:
            return [math.nan, math.nan, deadline_ms, math.nan, *beside]
        confidence = state.confidence if has_task(state) else math.nan
        return [confidence, state.inference_s * 1e3, deadline_ms, state.observation_age_s * 1e3, *beside]


def _beside(state: PolicyState) -> list[float]:
    """Limit, and what the shadow says; a gap where there is no limit, no shadow, or nothing to compare."""
    limit = state.confidence_limit if state.confidence_limit > 0.0 and has_task(state) else math.nan
    shadow = state.shadow
    if shadow is None or not shadow.inferences:
        return [limit, math.nan, math.nan, math.nan]
    found = shadow.disagreement
    fresh = found is not None and state.stamp_ns - found.stamp_ns <= OLD_NS["policy"]
    return [
        limit,
        shadow.confidence if has_task(state) else math.nan,
        found.distance_m * 1e3 if found is not None and fresh else math.nan,
        shadow.inference_s * 1e3,
    ]


class ControlRow:
    """Rows from control states; keeps the last count of missed ticks, because the trend shows increments."""

    def __init__(self) -> None:
        self._missed: int | None = None

    def __call__(self, state: ControlState) -> list[float]:
        """Lateness p50, p99, max in ms, missed ticks since the last report, loop rate in Hz, speed in %."""
        before = state.missed_ticks if self._missed is None else self._missed
        self._missed = state.missed_ticks
        return [
            state.lateness_p50_s * 1e3,
            state.lateness_p99_s * 1e3,
            state.lateness_max_s * 1e3,
            float(max(0, state.missed_ticks - before)),
            state.loop_hz,
            state.speed_scale * 100.0,
        ]


_POLICY_ALONE = (
    Lane("confidence", "Policy confidence", "", "policy", ("confidence",), 0, 2, 0.0, 1.0, weight=0.8),
    Lane(
        "latency", "System 2 latency", "ms", "policy", ("inference", "deadline", "picture age"),
        1, 0, 0.0, 50.0, dashed=(1,),
    ),
)  # fmt: skip
_POLICY_BESIDE = (
    Lane(
        "confidence", "Policy confidence", "", "policy", ("active", "limit", "shadow"),
        0, 2, 0.0, 1.0, dashed=(1,), weight=1.2, further_columns=(4, 5), optional=(1, 2),
    ),
    Lane("apart", "Shadow apart", "mm", "policy", ("apart",), 6, 0, 0.0, 50.0, weight=0.7),
    Lane(
        "latency", "System 2 latency", "ms", "policy", ("inference", "deadline", "picture age", "shadow"),
        1, 0, 0.0, 50.0, dashed=(1,), further_columns=(7,), optional=(3,),
    ),
)  # fmt: skip


def columns_of(block: str, joints: int) -> int:
    """Width of a block."""
    return {"robot": 2 * joints, "control": 6, "policy": POLICY_COLUMNS}[block]


def policy_lanes(*, beside: bool) -> tuple[Lane, ...]:
    """Of what a policy tells of itself. `beside`: with what a limit of confidence and a policy in shadow add to it."""
    return _POLICY_BESIDE if beside else _POLICY_ALONE


def machine_lanes(joints: int, cell: CellDescription | None) -> tuple[Lane, ...]:
    """Of the fast loop and the arm, from the loop down to the motors."""
    names = tuple(f"J{index + 1}" for index in range(joints))
    thermal = cell.robot.thermal if cell else None
    marks = (("derate", thermal.derate_celsius), ("trip", thermal.trip_celsius)) if thermal else ()
    return (
        Lane("lateness", "System 1 lateness", "ms", "control", ("p50", "p99", "max"), 0, 3, 0.0, 0.1),
        Lane("missed", "Missed ticks", "", "control", ("missed",), 3, 0, 0.0, 4.0, weight=0.7),
        Lane("residual", "Torque residual", "N·m", "robot", names, 0, 1, -2.0, 2.0, weight=1.2),
        Lane(
            "temperature", "Motor temperature", "°C", "robot", names, joints, 0,
            20.0, 60.0, limits=marks, weight=1.6,
        ),
        Lane("rate", "Loop rate", "Hz", "control", ("rate",), 4, 0, 990.0, 1010.0, weight=0.7, quiet=True),
        Lane("speed", "Speed allowed", "%", "control", ("speed",), 5, 0, 0.0, 100.0, weight=0.7, quiet=True),
    )  # fmt: skip
