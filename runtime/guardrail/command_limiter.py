"""The command limiter: last before the plant, every tick. Excess is limited and counted; a lost envelope brakes."""

from __future__ import annotations

import math

import numpy as np

from runtime.compiled import compiled
from runtime.guardrail.envelope import MEASURED, REFERENCE, Envelope, Rows
from runtime.guardrail.limiter_bits import BRAKING_BITS, LimiterBit, reason_of, severity_of, worst_bit
from runtime.guardrail.limits import Limits, Vector
from runtime.messages.joint import JointCommand, JointReference, PlantState
from runtime.messages.plan import ACCEPTED, Verdict

_MAX_STEP_TICKS = 5
"""After missed ticks the reference may have moved on by as many periods, but not by more than these."""

_UNREADABLE = int(LimiterBit.SHAPE | LimiterBit.NOT_FINITE)
_GRIPPER = int(LimiterBit.GRIPPER)
_PEAK, _RATE = 1, 2
"""What limited a torque; numbers of this file, because machine code does not notice when those of another change."""

_TORQUE_BITS = (0, int(LimiterBit.TORQUE), int(LimiterBit.TORQUE_RATE), int(LimiterBit.TORQUE | LimiterBit.TORQUE_RATE))
_ROOM_ROWS = {LimiterBit.POSITION: MEASURED, LimiterBit.REFERENCE_POSITION: REFERENCE}
_SPEED_ROWS = {LimiterBit.VELOCITY: MEASURED, LimiterBit.REFERENCE_VELOCITY: REFERENCE}


@compiled("float64(float64[:,:], float64[:,::1], float64[:,::1], float64[:,::1])")
def _steps(reference: Rows, last: Rows, limit: Rows, step: Rows) -> float:
    """Fill `step` with how many allowed steps the reference moved since `last`, [angle or speed, joint]: the most."""
    most = 0.0
    for row in range(2):
        for joint in range(last.shape[1]):
            step[row, joint] = abs(reference[row, joint] - last[row, joint]) / limit[row, joint]
            most = max(most, step[row, joint])
    return most


@compiled("int64(float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])")
def _limit_torque(asked_nm: Vector, last_nm: Vector, peak_nm: Vector, step_nm: Vector, limited_nm: Vector) -> int:
    """Within the peak and within one step of what was applied last, in N·m; what that took, `_PEAK` + `_RATE`."""
    took = 0
    for joint in range(asked_nm.size):
        asked, last, peak, step = asked_nm[joint], last_nm[joint], peak_nm[joint], step_nm[joint]
        limited = min(max(asked, max(last - step, -peak)), min(last + step, peak))
        limited_nm[joint] = limited
        if limited != asked:
            took |= _PEAK if abs(asked) > peak else 0
            took |= _RATE if abs(asked - last) > step else 0
    return took


class CommandLimiter:
    """Judges and limits the command of every tick. One per arm, called from the fast loop only; never raises."""

    def __init__(self, limits: Limits, *, period_s: float = 0.001) -> None:
        """`period_s`: of the loop; torque-rate and reference steps are per tick."""
        margins = limits.margins
        joints = limits.joints
        self.limits = limits
        self._shape = (joints,)
        self._period_ns = round(period_s * 1e9)
        self._state_age_ns = round(margins.state_age_s * 1e9)
        self._torque_nm = limits.torque_nm
        self._torque_step_nm = limits.torque_rate_nm_s * period_s
        factor = margins.reference_step_factor
        self._step_limit = np.stack([limits.velocity_rad_s, limits.acceleration_rad_s2]) * period_s * factor
        self._inputs = np.zeros(5 * joints)
        """Of one tick: what the envelope judges, then the torque asked for."""

        self._envelope = Envelope(limits, self._inputs[: 4 * joints])
        self._asked_nm = self._inputs[4 * joints :]
        self._last_reference = np.zeros((2, joints))
        self._step = np.zeros((2, joints))
        self._zero_nm = np.zeros(joints)
        self._last_nm = self._zero_nm
        self._last_sequence = -1
        self._last_stamp_ns = 0
        self._last_width_m = limits.gripper_width_m
        self._last_force_n = 0.0
        self._free = False
        self._bits = 0
        # kept for `explain` only
        self._previous_nm = self._zero_nm
        self._previous_sequence = -1
        self._command = JointCommand(-1, 0, np.zeros(joints), 0.0, 0.0, brake=True, stopping=True, verdict=0)
        self._age_ns = 0
        self._ticks = 1.0

    def apply(self, command: JointCommand, state: PlantState, reference: JointReference) -> tuple[JointCommand, int]:
        """The command that may go to the plant, and the `LimiterBit`s of this tick (0: untouched).

        `state` is the newest measurement, `reference` what the command was computed from; while the command
        asks for closed brakes the reference may jump and the measured envelope is not judged.
        """
        bits = self._take(command, state, reference)
        if not bits:
            bits = self._order(command, state)
            if not command.brake:
                bits |= self._motion(command)
        torque_nm = np.empty(self._shape)
        asked_nm = self._zero_nm if bits & BRAKING_BITS else self._asked_nm
        took = _limit_torque(asked_nm, self._last_nm, self._torque_nm, self._torque_step_nm, torque_nm)
        if not bits & BRAKING_BITS:
            bits |= _TORQUE_BITS[took]
        width_m, force_n, gripper_bits = self._limit_gripper(command)
        bits |= gripper_bits
        brake = command.brake or bool(bits & BRAKING_BITS)
        self._keep(command, torque_nm, bits, brake=brake)
        limited = JointCommand(
            command.sequence,
            command.stamp_ns,
            torque_nm,
            width_m,
            force_n,
            brake,
            command.stopping or bool(bits & BRAKING_BITS),
            bits,
        )
        return limited, bits

    def explain(self) -> Verdict:
        """The most severe finding of the newest tick with its evidence; slow, for telemetry only."""
        bit = worst_bit(self._bits)
        if bit is None:
            return ACCEPTED
        measured, limit, unit, detail = self._evidence(bit)
        return Verdict(severity_of(self._bits), reason_of(self._bits), measured, limit, unit, detail)

    def _evidence(self, bit: LimiterBit) -> tuple[float, float, str, str]:
        command, age_ns = self._command, self._age_ns
        names = self.limits.joint_names
        if bit in _ROOM_ROWS:
            room = self._envelope.position_room_rad[:, _ROOM_ROWS[bit]].min(axis=0)
            joint = int(np.argmin(room))
            return float(room[joint]), 0.0, "rad", f"{names[joint]}: room left after braking"
        if bit in _SPEED_ROWS:
            row = _SPEED_ROWS[bit]
            joint = int(np.argmin(self._envelope.velocity_room_rad_s[:, row].min(axis=0)))
            limit = float(self._envelope.velocity_limit_rad_s[row, joint])
            return float(self._envelope.dq_rad_s[row, joint]), limit, "rad/s", names[joint]
        if bit is LimiterBit.TORQUE:
            joint = int(np.argmax(np.abs(self._asked_nm) - self._torque_nm))
            return float(self._asked_nm[joint]), float(self._torque_nm[joint]), "N·m", names[joint]
        if bit is LimiterBit.TORQUE_RATE:
            step_nm = np.abs(self._asked_nm - self._previous_nm)
            joint = int(np.argmax(step_nm - self._torque_step_nm))
            return float(step_nm[joint]), float(self._torque_step_nm[joint]), "N·m a tick", names[joint]
        if bit is LimiterBit.RELEASE:
            gap_rad = np.abs(self._envelope.q_rad[REFERENCE] - self._envelope.q_rad[MEASURED])
            joint = int(np.argmax(gap_rad))
            return float(gap_rad[joint]), self.limits.margins.seam_rad, "rad", f"{names[joint]}: brakes stay closed"
        if bit is LimiterBit.DISCONTINUITY:
            row, joint = divmod(int(np.argmax(self._step)), len(names))
            return float(self._step[row, joint]), self._ticks, "steps", f"{names[joint]}: {'speed' if row else 'angle'}"
        if bit is LimiterBit.GRIPPER:
            return _reportable(command.gripper_width_m), self.limits.gripper_width_m, "m", "width or force"
        if bit is LimiterBit.STALE:
            return age_ns * 1e-9, self.limits.margins.state_age_s, "s", "age of the measured state"
        if bit is LimiterBit.SEQUENCE:
            return float(command.sequence), float(self._previous_sequence), "", "command sequence"
        return 1.0, 0.0, "", "command, state or reference"

    def _take(self, command: JointCommand, state: PlantState, reference: JointReference) -> int:
        shape = self._shape
        try:
            if not (
                command.torque_nm.shape == shape
                and state.q_rad.shape == shape
                and state.dq_rad_s.shape == shape
                and reference.q_rad.shape == shape
                and reference.dq_rad_s.shape == shape
            ):
                return LimiterBit.SHAPE.value
            arrays = (state.q_rad, reference.q_rad, state.dq_rad_s, reference.dq_rad_s, command.torque_nm)
            np.concatenate(arrays, out=self._inputs)
        except (AttributeError, TypeError, ValueError):
            return LimiterBit.SHAPE.value
        # a sum of squares is finite only when every term is (and nothing is absurdly large)
        squares = float(np.vdot(self._inputs, self._inputs))
        return 0 if math.isfinite(squares) else LimiterBit.NOT_FINITE.value

    def _order(self, command: JointCommand, state: PlantState) -> int:
        bits = 0
        if command.sequence <= self._last_sequence:
            bits = LimiterBit.SEQUENCE.value
        self._age_ns = command.stamp_ns - state.stamp_ns
        if abs(self._age_ns) > self._state_age_ns:
            bits |= LimiterBit.STALE.value
        return bits

    def _motion(self, command: JointCommand) -> int:
        bits = 0
        envelope = self._envelope
        if self._free:
            elapsed = (command.stamp_ns - self._last_stamp_ns) / self._period_ns
            ticks = self._ticks = min(max(elapsed, 1.0), _MAX_STEP_TICKS)
            if _steps(envelope.reference, self._last_reference, self._step_limit, self._step) > ticks:
                bits = LimiterBit.DISCONTINUITY.value
        else:
            gap_rad = np.abs(envelope.q_rad[REFERENCE] - envelope.q_rad[MEASURED])
            if float(gap_rad.max()) > self.limits.margins.seam_rad:
                bits = LimiterBit.RELEASE.value
            envelope.release_at(envelope.q_rad[REFERENCE])
        if envelope.judge() < 0.0:
            bits |= self._envelope_bits()
        return bits

    def _envelope_bits(self) -> int:
        position = self._envelope.position_room_rad.min(axis=(0, 2)) < 0.0
        velocity = self._envelope.velocity_room_rad_s.min(axis=(0, 2)) < 0.0
        bits = LimiterBit.POSITION.value if position[MEASURED] else 0
        bits |= LimiterBit.REFERENCE_POSITION.value if position[REFERENCE] else 0
        bits |= LimiterBit.VELOCITY.value if velocity[MEASURED] else 0
        bits |= LimiterBit.REFERENCE_VELOCITY.value if velocity[REFERENCE] else 0
        return bits

    def _limit_gripper(self, command: JointCommand) -> tuple[float, float, int]:
        width_m, force_n = command.gripper_width_m, command.gripper_force_n
        widest_m, strongest_n = self.limits.gripper_width_m, self.limits.gripper_force_n
        if 0.0 <= width_m <= widest_m and 0.0 <= force_n <= strongest_n:
            return width_m, force_n, 0
        width_m = self._last_width_m if math.isnan(width_m) else min(max(width_m, 0.0), widest_m)
        force_n = self._last_force_n if math.isnan(force_n) else min(max(force_n, 0.0), strongest_n)
        return width_m, force_n, LimiterBit.GRIPPER.value

    def _keep(self, command: JointCommand, torque_nm: Vector, bits: int, *, brake: bool) -> None:
        self._previous_nm, self._last_nm = self._last_nm, torque_nm
        self._previous_sequence = self._last_sequence
        self._command = command
        self._bits = bits
        self._free = not brake
        if bits & _UNREADABLE:
            return
        self._last_reference[:] = self._envelope.reference
        self._last_stamp_ns = command.stamp_ns
        self._last_sequence = max(self._last_sequence, command.sequence)
        if not bits & _GRIPPER:
            self._last_width_m, self._last_force_n = command.gripper_width_m, command.gripper_force_n


def _reportable(value: float) -> float:
    return value if math.isfinite(value) else -1.0
