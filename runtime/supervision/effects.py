"""What each fault measurably does: one meter a fault, fed with telemetry only.

A meter gives one number, in its unit, for "now" (a short window). An injection is confirmed when that
number reaches `expected`, and cleared when it has fallen back under `gone`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.messages.camera import Frame
from runtime.messages.faults import FaultKind, FaultSeverity
from runtime.messages.plan import VerdictReport
from runtime.messages.policy import PolicyState
from runtime.messages.robot import RobotDescription
from runtime.messages.state import ControlState, RobotState
from runtime.supervision.measures import FrictionResidual, FrozenPictures, RefusedShare, WindowPeak

SEVERITIES = tuple(FaultSeverity)


class EffectMeter(Protocol):
    """Measures one effect."""

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:  # any record
        """Take one message of any topic."""
        ...

    def value(self, now_ns: int) -> float | None:
        """The effect now; None while nothing has been measured."""
        ...

    def forget(self) -> None:
        """The fault has been switched: what was measured before does not count any more."""
        ...


@dataclass(frozen=True, slots=True)
class EffectRule:
    """How the effect of one fault is told from its absence."""

    name: str
    unit: str
    meter: Callable[[RobotDescription], EffectMeter]
    rise: Callable[[FaultKind, int], float]
    """By how much the value rises at least over its value before, at severity 0, 1 or 2."""

    patience_s: float
    """Time after the seam's report within which the effect has to show."""

    clear_patience_s: float
    needs: str = ""
    """What the cell has to be doing for the effect to show, in words."""


def parameter(kind: FaultKind, *words: str, severity: int) -> float:
    """The catalogue's value whose name holds one of the words; raises `KeyError` that lists the names."""
    for name, values in kind.parameters.items():
        if any(word in name for word in words):
            return values[severity]
    raise KeyError(f"{kind.fault_id} has no parameter like {words}: {', '.join(kind.parameters)}")


class FrozenMeter:
    """F01: seconds for which a camera repeated its picture; the largest of the last 10 s."""

    def __init__(self) -> None:
        self._pictures = FrozenPictures()
        self._peak = WindowPeak(window_s=10.0)

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """Frames count."""
        if isinstance(message, Frame) and pixels is not None:
            self._pictures.look(message, pixels, now_ns=now_ns)
            self._peak.look(self._pictures.frozen_s(now_ns), stamp_ns=now_ns)

    def value(self, now_ns: int) -> float | None:
        """Seconds."""
        return max(self._peak.peak(), self._pictures.frozen_s(now_ns))

    def forget(self) -> None:
        """Only the peak; the pictures go on."""
        self._peak = WindowPeak(window_s=10.0)


class PeakMeter:
    """The largest value of the last seconds of one field of one record: latencies and lateness."""

    def __init__(self, read: Callable[[Any], float | None], *, window_s: float) -> None:
        self._read = read
        self._window_s = window_s
        self._peak: WindowPeak | None = None

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """Records that the reader knows count."""
        value = self._read(message)
        if value is None:
            return
        if self._peak is None:
            self._peak = WindowPeak(window_s=self._window_s)
        self._peak.look(value, stamp_ns=now_ns)

    def value(self, now_ns: int) -> float | None:
        """In the unit of the field."""
        return None if self._peak is None else self._peak.peak()

    def forget(self) -> None:
        """Start a new window."""
        self._peak = None


class RefusedMeter:
    """F12: share of action chunks that the guard refused."""

    def __init__(self) -> None:
        self._share = RefusedShare()

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """Verdicts count."""
        if isinstance(message, VerdictReport):
            self._share.look(message)

    def value(self, now_ns: int) -> float | None:
        """0…1."""
        return self._share.share()

    def forget(self) -> None:
        """Start a new window."""
        self._share = RefusedShare()


class FrictionMeter:
    """F26: change of the residual torque along the motion, in nominal Coulomb frictions."""

    def __init__(self, robot: RobotDescription) -> None:
        self._residual = FrictionResidual(robot)
        self._healthy: float | None = None

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """Measured states of the arm count."""
        if isinstance(message, RobotState):
            self._residual.look(message)

    def value(self, now_ns: int) -> float | None:
        """Distance from the value at the first `forget`, whatever sign the observer gives friction."""
        ratio = self._residual.ratio()
        if ratio is None:
            return None if self._healthy is not None else 0.0
        return 0.0 if self._healthy is None else abs(ratio - self._healthy)

    def forget(self) -> None:
        """Keep the healthy value of before the first switch; measure anew."""
        if self._healthy is None:
            self._healthy = self._residual.ratio() or 0.0
        self._residual.forget()


class HottestMeter:
    """F31: the hottest winding, in °C."""

    def __init__(self) -> None:
        self._celsius: float | None = None

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """Measured states of the arm count."""
        if isinstance(message, RobotState) and message.winding_celsius:
            self._celsius = max(message.winding_celsius)

    def value(self, now_ns: int) -> float | None:
        """Degrees Celsius."""
        return self._celsius

    def forget(self) -> None:
        """A temperature has no window."""


def _inference_s(message: Any) -> float | None:
    return message.inference_s if isinstance(message, PolicyState) else None


def _lateness_s(message: Any) -> float | None:
    return message.lateness_max_s if isinstance(message, ControlState) else None


def _transport_s(message: Any) -> float | None:
    return message.plan_transport_s if isinstance(message, ControlState) and message.plans else None


RULES: dict[str, EffectRule] = {
    "F01": EffectRule(
        "same picture repeated for",
        "s",
        lambda robot: FrozenMeter(),
        lambda kind, at: 0.4 * parameter(kind, "freeze", "duration", severity=at),
        patience_s=20.0,
        clear_patience_s=20.0,
    ),
    "F12": EffectRule(
        "share of chunks refused by the guard",
        "1",
        lambda robot: RefusedMeter(),
        lambda kind, at: 0.15,
        patience_s=20.0,
        clear_patience_s=20.0,
        needs="a task under way",
    ),
    "F13": EffectRule(
        "inference time",
        "s",
        lambda robot: PeakMeter(_inference_s, window_s=5.0),
        lambda kind, at: 0.7 * parameter(kind, "spike", "stall", severity=at),
        patience_s=30.0,
        clear_patience_s=20.0,
        needs="a task under way",
    ),
    "F20": EffectRule(
        "loop lateness",
        "s",
        lambda robot: PeakMeter(_lateness_s, window_s=3.0),
        lambda kind, at: 0.6 * parameter(kind, "spike", "overrun", severity=at),
        patience_s=20.0,
        clear_patience_s=15.0,
    ),
    "F26": EffectRule(
        "residual along the motion, in nominal Coulomb frictions",
        "1",
        FrictionMeter,
        lambda kind, at: 0.4 * (parameter(kind, "factor", "friction", "scale", severity=at) - 1.0),
        patience_s=40.0,
        clear_patience_s=40.0,
        needs="the arm in motion",
    ),
    "F31": EffectRule(
        "hottest winding",
        "°C",
        lambda robot: HottestMeter(),
        lambda kind, at: (15.0, 25.0, 35.0)[at],
        patience_s=60.0,
        clear_patience_s=120.0,
    ),
    "F41": EffectRule(
        "transport time of a chunk",
        "s",
        lambda robot: PeakMeter(_transport_s, window_s=3.0),
        lambda kind, at: 0.7 * parameter(kind, "delay", "latency", "mean", severity=at),
        patience_s=20.0,
        clear_patience_s=15.0,
        needs="a task under way",
    ),
}
"""By fault id. A fault without a rule cannot be injected: nothing would confirm it."""


def severity_index(severity: FaultSeverity) -> int:
    """0 mild, 1 medium, 2 severe: the place of its values in `FaultKind.parameters`."""
    return SEVERITIES.index(severity)
