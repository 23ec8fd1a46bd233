"""Quantities over a short time that no single message holds: frozen pictures, friction, refusals."""

from __future__ import annotations

import math
import zlib
from collections import deque
from dataclasses import dataclass

from runtime.messages.camera import Frame
from runtime.messages.plan import Reason, VerdictReport
from runtime.messages.robot import RobotDescription
from runtime.messages.state import ControlState, RobotState

MOVING_RAD_S = 0.05
STUCK_RAD = 0.01
"""Lag behind the reference at which a joint that does not move counts as stuck; healthy lag is 2 mrad."""

FRICTION_SAMPLES_MIN = 40
FRICTION_SAMPLES = 600
FRICTION_SURE_SAMPLES = 8
FRICTION_SURE = 4.0
FRICTION_SURE_ERRORS = 5.0
"""So few samples are enough where they leave no doubt: a mean of so many nominal frictions and standard errors.

An arm that friction stops has not moved for longer.
"""

FRICTION_WATCH_SAMPLES = 200
"""Four seconds of motion: less than one pick."""

FRICTION_WATCH_EVERY = 10
FRICTION_RISE = 0.6
"""Share of the nominal Coulomb friction that the residual may show along the motion."""

FRICTION_NORMAL = 0.4
"""The alarm ends below this share."""

SAMPLE_PERIOD_NS = 20_000_000
STALL_PERIODS = 3.0


@dataclass(slots=True)
class _Lens:
    """What one camera delivered last."""

    digest: int
    changed_ns: int
    """Arrival of the first picture with the present content."""

    arrived_ns: int
    period_ns: float = 1e8


class FrozenPictures:
    """How long the same picture has come again and again. Sensor noise makes equal pictures a fault."""

    def __init__(self) -> None:
        self._lenses: dict[str, _Lens] = {}

    def look(self, frame: Frame, pixels: bytes | memoryview, *, now_ns: int) -> None:
        """Take one picture as it arrives; its own stamp is not trusted."""
        digest = zlib.crc32(pixels)
        lens = self._lenses.get(frame.camera)
        if lens is None:
            self._lenses[frame.camera] = _Lens(digest, now_ns, now_ns)
            return
        lens.period_ns += 0.1 * (min(now_ns - lens.arrived_ns, 1e9) - lens.period_ns)
        lens.arrived_ns = now_ns
        if digest != lens.digest:
            lens.digest, lens.changed_ns = digest, now_ns

    def frozen_s(self, now_ns: int) -> float:
        """Longest over the cameras; 0 while every new picture differs from the one before."""
        return max((self._one(lens, now_ns) for lens in self._lenses.values()), default=0.0)

    def cameras(self, now_ns: int, *, over_s: float) -> tuple[str, ...]:
        """Those that have been frozen for so long."""
        return tuple(name for name, lens in self._lenses.items() if self._one(lens, now_ns) >= over_s)

    def _one(self, lens: _Lens, now_ns: int) -> float:
        silent_ns = now_ns - lens.arrived_ns
        repeated_ns = lens.arrived_ns - lens.changed_ns
        stalled_ns = silent_ns if silent_ns > STALL_PERIODS * lens.period_ns else 0
        return (repeated_ns + stalled_ns) * 1e-9


class FrictionResidual:
    """Residual torque along the motion, averaged over joints, in units of the nominal Coulomb friction."""

    def __init__(self, robot: RobotDescription) -> None:
        self._nominal_nm = tuple(joint.friction_coulomb_nm for joint in robot.joints)
        self._samples: tuple[deque[float], ...] = tuple(deque(maxlen=FRICTION_SAMPLES) for _ in robot.joints)
        self._sums = [0.0] * len(robot.joints)
        self._taken_ns = 0

    def look(self, robot: RobotState) -> None:
        """Take one state; joints at rest say nothing about friction."""
        if robot.stamp_ns - self._taken_ns < SAMPLE_PERIOD_NS:
            return
        self._taken_ns = robot.stamp_ns
        for index, residual in enumerate(robot.torque_residual_nm):
            direction, nominal_nm = _direction(robot, index), self._nominal_nm[index]
            if direction == 0.0 or nominal_nm <= 0.0:
                continue
            samples = self._samples[index]
            if len(samples) == samples.maxlen:
                self._sums[index] -= samples[0]
            value = direction * residual / nominal_nm
            samples.append(value)
            self._sums[index] += value

    def forget(self) -> None:
        """Start anew: what follows is measured under other conditions."""
        for samples in self._samples:
            samples.clear()
        self._sums = [0.0] * len(self._sums)

    def ratio(self) -> float | None:
        """Mean over the joints that have moved enough, sign as the residual has it; None when none has."""
        ratios = [
            total / len(samples)
            for total, samples in zip(self._sums, self._samples, strict=True)
            if len(samples) >= FRICTION_SAMPLES_MIN or _leave_no_doubt(samples)
        ]
        return sum(ratios) / len(ratios) if ratios else None


def _leave_no_doubt(samples: deque[float]) -> bool:
    """Whether even so few frictions of one joint say that it is held back."""
    count = len(samples)
    if count < FRICTION_SURE_SAMPLES:
        return False
    mean = sum(samples) / count
    error = math.sqrt(sum((value - mean) ** 2 for value in samples) / (count - 1) / count)
    return abs(mean) >= max(FRICTION_SURE, FRICTION_SURE_ERRORS * error)


class FrictionWatch:
    """Friction as the alarm tells it: over the last seconds in which the arm moved, raised and ended with hysteresis.

    A joint that has come to rest does not keep an old value alive: samples leave as others move.
    """

    def __init__(self, robot: RobotDescription) -> None:
        self._nominal_nm = tuple(joint.friction_coulomb_nm for joint in robot.joints)
        self._samples: deque[list[float]] = deque(maxlen=FRICTION_WATCH_SAMPLES)
        """One number a joint, none where it rested."""

        self._taken_ns = 0
        self._taken = 0
        self._raised = False
        self._ratio = 0.0

    def look(self, robot: RobotState) -> None:
        """Take one state; an arm at rest says nothing about friction."""
        if robot.stamp_ns - self._taken_ns < SAMPLE_PERIOD_NS:
            return
        self._taken_ns = robot.stamp_ns
        residuals = enumerate(robot.torque_residual_nm)
        along = [(_direction(robot, index) or math.nan) * residual for index, residual in residuals]
        if all(map(math.isnan, along)):
            return
        self._samples.append(along)
        self._taken += 1
        if self._taken % FRICTION_WATCH_EVERY == 0:
            self._judge()

    def rise(self) -> float:
        """Mean over the joints that move, in nominal Coulomb frictions; 0 while it is within its limit."""
        return self._ratio if self._raised else 0.0

    def _judge(self) -> None:
        ratios: list[float] = []
        for joint, nominal_nm in enumerate(self._nominal_nm):
            values = [value for sample in self._samples if (value := sample[joint]) == value]  # NaN: it rested
            if len(values) >= FRICTION_SAMPLES_MIN and nominal_nm > 0.0:
                ratios.append(sum(values) / len(values) / nominal_nm)
        if not ratios:
            return
        self._ratio = abs(sum(ratios) / len(ratios))
        self._raised = self._ratio >= (FRICTION_NORMAL if self._raised else FRICTION_RISE)


def _direction(robot: RobotState, index: int) -> float:
    """Sign of the motion, or of the motion that is wanted and does not come; 0 at rest."""
    speed = robot.dq_rad_s[index]
    lag = robot.q_reference_rad[index] - robot.q_rad[index]
    decisive = speed if abs(speed) >= MOVING_RAD_S else lag if abs(lag) >= STUCK_RAD else 0.0
    return math.copysign(1.0, decisive) if decisive else 0.0


_CONTENT = frozenset(Reason) - {
    Reason.OK,
    Reason.MODE,
    Reason.STALE,
    Reason.EXPIRED,
    Reason.SEQUENCE,
}
"""Reasons that lie in what a chunk says, not in when it came."""

CHUNKS = 20
CHUNKS_MIN = 5


class RefusedShare:
    """Share of the newest action chunks that the plan gate refused for what they say."""

    def __init__(self) -> None:
        self._refused: deque[bool] = deque(maxlen=CHUNKS)

    def look(self, report: VerdictReport) -> None:
        """Take one verdict; those of the command limiter and those about time or mode do not count."""
        if report.place != "plan gate":
            return
        if report.verdict.passed:
            self._refused.append(False)
        elif report.verdict.reason in _CONTENT:
            self._refused.append(True)

    def share(self) -> float | None:
        """0…1 over the last chunks; None while fewer than five were judged."""
        return sum(self._refused) / len(self._refused) if len(self._refused) >= CHUNKS_MIN else None


class MissedShare:
    """Share of missed ticks over the newest counts of the fast loop."""

    def __init__(self, *, states: int = 60) -> None:
        self._counts: deque[tuple[int, int]] = deque(maxlen=states)

    def look(self, control: ControlState) -> None:
        """Take one state; a restarted loop begins anew."""
        if self._counts and control.ticks < self._counts[-1][0]:
            self._counts.clear()
        self._counts.append((control.ticks, control.missed_ticks))

    def share(self) -> float | None:
        """Missed over missed and run; None before two counts."""
        if len(self._counts) < 2:
            return None
        run = self._counts[-1][0] - self._counts[0][0]
        missed = self._counts[-1][1] - self._counts[0][1]
        return missed / (run + missed) if run + missed > 0 else None


class WindowPeak:
    """Largest value of the last seconds."""

    def __init__(self, *, window_s: float) -> None:
        self._window_ns = int(window_s * 1e9)
        self._values: deque[tuple[int, float]] = deque()

    def look(self, value: float, *, stamp_ns: int) -> None:
        """Take one value; keeps only those that can still become the peak."""
        while self._values and self._values[-1][1] <= value:
            self._values.pop()
        self._values.append((stamp_ns, value))
        while self._values[0][0] < stamp_ns - self._window_ns:
            self._values.popleft()

    def value(self) -> float:
        """0 when nothing was taken."""
        return self._values[0][1] if self._values else 0.0


class WindowMean:
    """Mean of the last seconds."""

    def __init__(self, *, window_s: float) -> None:
        self._window_ns = int(window_s * 1e9)
        self._values: deque[tuple[int, float]] = deque()

    def look(self, value: float, *, stamp_ns: int) -> None:
        """Take one value."""
        self._values.append((stamp_ns, value))
        while self._values[0][0] < stamp_ns - self._window_ns:
            self._values.popleft()

    def value(self) -> float:
        """0 when nothing was taken."""
        return sum(value for _, value in self._values) / len(self._values) if self._values else 0.0
