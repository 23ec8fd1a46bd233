"""The 1 kHz record of the loop, packed in blocks of 50 ticks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.joint import JointCommand, JointReference, PlantState, Vector
from runtime.messages.state import TickTrace

BLOCK_TICKS = 50
_GROUPS = ("q_rad", "dq_rad_s", "q_reference_rad", "torque_commanded_nm", "torque_measured_nm", "residual_nm")
_SINGLES = ("missed_ticks", "lateness_s", "verdict", "gripper_width_m", "gripper_commanded_m", "braked")


class TickRecord:
    """Collects one row a tick without allocating; a full block is handed out once."""

    def __init__(self, joint_count: int) -> None:
        self._joints = joint_count
        names = [f"{group}.{joint}" for group in _GROUPS for joint in range(joint_count)]
        self.columns = (*names, *_SINGLES)
        self._singles = len(names)
        self._rows: NDArray[np.float32] = np.zeros((BLOCK_TICKS, len(self.columns)), dtype=np.float32)
        self._groups = self._rows[:, : self._singles].reshape(BLOCK_TICKS, len(_GROUPS), joint_count)
        self._filled = 0
        self._first_tick = 0
        self._stamp_ns = 0
        self._full: TickTrace | None = None

    def add(
        self,
        *,
        tick: int,
        now_ns: int,
        state: PlantState,
        reference: JointReference,
        command: JointCommand,
        residual_nm: Vector,
        missed: int,
        lateness_s: float,
    ) -> None:
        """One tick."""
        row = self._filled
        if row == 0:
            self._first_tick = tick
            self._stamp_ns = now_ns
        groups = self._groups[row]
        groups[0] = state.q_rad
        groups[1] = state.dq_rad_s
        groups[2] = reference.q_rad
        groups[3] = command.torque_nm
        groups[4] = state.torque_nm
        groups[5] = residual_nm
        self._rows[row, self._singles :] = (
            missed,
            lateness_s,
            command.verdict,
            state.gripper_width_m,
            command.gripper_width_m,
            command.brake,
        )
        self._filled = row + 1
        if self._filled == BLOCK_TICKS:
            data = self._rows.tobytes()
            self._full = TickTrace(self._stamp_ns, self._first_tick, self.columns, BLOCK_TICKS, data)
            self._filled = 0

    def take(self) -> TickTrace | None:
        """The newest full block, once."""
        full, self._full = self._full, None
        return full
