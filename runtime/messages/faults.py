"""Fault injection: what can be injected, what was, and what it measurably did."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Layer(Enum):
    """Where in the stack a fault sits."""

    PERCEPTION = "perception"
    POLICY = "policy"
    CONTROL = "control"
    HARDWARE = "hardware"
    INTEGRATION = "integration"


class FaultSeverity(Enum):
    """Three steps; mild is usually survived, severe never."""

    MILD = "mild"
    MEDIUM = "medium"
    SEVERE = "severe"


class FaultKind(Struct, frozen=True):
    """An entry of the catalogue."""

    fault_id: str
    """Stable: F01 …"""

    name: str
    layer: Layer
    seam: str
    """The process at whose physical seam it acts: cameras, planner, control, plant."""

    sentence: str
    """What it will do, for a person."""

    effect: str
    """Which measured quantity confirms it."""

    parameters: dict[str, tuple[float, ...]]
    """Name with unit → value at mild, medium, severe."""

    expected_reaction: str


class FaultOrder(Struct, frozen=True):
    """One injection, as the worker at the seam gets it."""

    injection_id: int
    fault_id: str
    severity: FaultSeverity
    seed: int
    onset_ns: int
    """Monotonic; the seam switches on at this moment."""

    duration_s: float
    """0 is until cleared."""


class FaultPhase(Enum):
    """Life of an injection: each step is a measurement, not a wish."""

    SENT = "sent"
    INJECTED = "injected"
    """The seam says that it is on."""

    EFFECTIVE = "effective"
    """The measured effect is there."""

    NOT_EFFECTIVE = "not effective"
    CLEARING = "clearing"
    CLEARED = "cleared"
    """The measured effect is gone."""

    NOT_CLEARED = "not cleared"


class FaultReport(Struct, frozen=True):
    """How one injection stands."""

    injection_id: int
    fault_id: str
    severity: FaultSeverity
    phase: FaultPhase
    effect_name: str
    effect_before: float
    effect_measured: float
    effect_expected: float
    """The effect counts as there when the measured value reaches this."""

    unit: str
    injected_ns: int
    effective_ns: int
    cleared_ns: int
    obstacle: str = ""
    """Why no effect can be measured now, e.g. because the policy that it is about does not drive; empty when it can."""


class FaultState(Struct, frozen=True):
    """Catalogue and injections of this session, newest first."""

    stamp_ns: int
    catalogue: tuple[FaultKind, ...]
    injections: tuple[FaultReport, ...]
