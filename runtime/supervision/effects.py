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
from runtime.messages.plan import Reason, VerdictReport
from runtime.messages.policy import PolicyState
from runtime.messages.robot import RobotDescription
from runtime.messages.state import ControlState, PlanExecution, RobotState
from runtime.supervision.measures import (
    FrictionResidual,
    FrozenPictures,
    MissedShare,
    RefusedShare,
    WindowMean,
    WindowPeak,
)

SEVERITIES = tuple(FaultSeverity)
_EXECUTING = frozenset({PlanExecution.FOLLOWING, PlanExecution.OVERDUE})


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
    expected: Callable[[FaultKind, int, float], float]
    """What the value reaches at least: of the kind, the severity (0, 1, 2) and the value before."""

    patience_s: float
    """Time after the seam's report within which the effect has to show."""

    clear_patience_s: float
    needs: str = ""
    """What the cell has to be doing for the effect to show, in words."""


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
        return max(self._peak.value(), self._pictures.frozen_s(now_ns))

    def forget(self) -> None:
        """Only the peak; the pictures go on."""
        self._peak = WindowPeak(window_s=10.0)


class PeakMeter:
    """Largest value of one field of one record over the last seconds: latencies."""

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
        return None if self._peak is None else self._peak.value()

    def forget(self) -> None:
        """Start a new window."""
        self._peak = None


class TransportMeter:
    """F41: time of chunks on their way; for those refused as too old, their age less their age at issue."""

    def __init__(self) -> None:
        self._mean: WindowMean | None = None
        self._age_at_issue_s = 0.0

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """The fast loop's report on executed chunks, and verdicts on chunks that came too late, count."""
        if isinstance(message, PolicyState):
            self._age_at_issue_s = message.observation_age_s + message.inference_s
        elif isinstance(message, ControlState) and message.execution in _EXECUTING:
            self._look(message.plan_transport_s, now_ns)
        elif isinstance(message, VerdictReport) and message.verdict.reason is Reason.STALE:
            self._look(max(message.verdict.measured - self._age_at_issue_s, 0.0), now_ns)

    def value(self, now_ns: int) -> float | None:
        """Seconds, mean of the last two."""
        return None if self._mean is None else self._mean.value()

    def forget(self) -> None:
        """Start a new window."""
        self._mean = None

    def _look(self, transport_s: float, now_ns: int) -> None:
        if self._mean is None:
            self._mean = WindowMean(window_s=2.0)
        self._mean.look(transport_s, stamp_ns=now_ns)


class MissedMeter:
    """F20: share of the fast loop's ticks that were missed."""

    def __init__(self) -> None:
        self._share = MissedShare()

    def observe(self, message: Any, pixels: bytes | memoryview | None, *, now_ns: int) -> None:
        """The fast loop's own counts count."""
        if isinstance(message, ControlState):
            self._share.look(message)

    def value(self, now_ns: int) -> float | None:
        """0…1."""
        return self._share.share()

    def forget(self) -> None:
        """Start a new window."""
        self._share = MissedShare()


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


def _over_before(parameter: str, *, share: float) -> Callable[[FaultKind, int, float], float]:
    """Before, and a share of one of the catalogue's parameters on top."""
    return lambda kind, at, before: before + share * kind.parameters[parameter][at]


def _missed(kind: FaultKind, at: int, before: float) -> float:
    return before + 0.4 * kind.parameters["spike_s"][at] * kind.parameters["spike_rate_hz"][at]


def _friction(kind: FaultKind, at: int, before: float) -> float:
    return before + 0.4 * (kind.parameters["friction_factor"][at] - 1.0)


def _hot(kind: FaultKind, at: int, before: float) -> float:
    return max(before + 10.0, kind.parameters["housing_celsius"][at])


RULES: dict[str, EffectRule] = {
    "F01": EffectRule(
        name="longest time over which pictures stayed identical",
        unit="s",
        meter=lambda robot: FrozenMeter(),
        expected=_over_before("freeze_s", share=0.4),
        patience_s=20.0,
        clear_patience_s=20.0,
    ),
    "F12": EffectRule(
        name="share of chunks that the plan gate refused",
        unit="1",
        meter=lambda robot: RefusedMeter(),
        expected=_over_before("probability", share=0.4),
        patience_s=20.0,
        clear_patience_s=20.0,
        needs="a task under way",
    ),
    "F13": EffectRule(
        name="inference time",
        unit="s",
        meter=lambda robot: PeakMeter(_inference_s, window_s=5.0),
        expected=_over_before("stall_s", share=0.6),
        patience_s=30.0,
        clear_patience_s=20.0,
        needs="a task under way",
    ),
    "F20": EffectRule(
        name="share of missed ticks",
        unit="1",
        meter=lambda robot: MissedMeter(),
        expected=_missed,
        patience_s=20.0,
        clear_patience_s=15.0,
    ),
    "F26": EffectRule(
        name="residual torque along the motion over nominal friction",
        unit="1",
        meter=FrictionMeter,
        expected=_friction,
        patience_s=40.0,
        clear_patience_s=40.0,
        needs="the arm in motion",
    ),
    "F31": EffectRule(
        name="hottest winding",
        unit="°C",
        meter=lambda robot: HottestMeter(),
        expected=_hot,
        patience_s=60.0,
        clear_patience_s=60.0,
    ),
    "F41": EffectRule(
        name="transport time of chunks",
        unit="s",
        meter=lambda robot: TransportMeter(),
        expected=_over_before("delay_s", share=0.5),
        patience_s=20.0,
        clear_patience_s=20.0,
        needs="a task under way",
    ),
}
"""By fault id. A fault without a rule cannot be injected: nothing would confirm it."""


def severity_index(severity: FaultSeverity) -> int:
    """0 mild, 1 medium, 2 severe: the place of its values in `FaultKind.parameters`."""
    return SEVERITIES.index(severity)
