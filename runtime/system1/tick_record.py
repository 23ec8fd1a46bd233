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
        names = [f"{group}.{joint}" for group in _GROUPS for joint in range(joint_count)]
        self.columns = (*names, *_SINGLES)
        self._singles = len(names)
        self._rows: NDArray[np.float32] = np.zeros((BLOCK_TICKS, len(self.columns)), dtype=np.float32)
        self._joint_rows = [row[: self._singles] for row in self._rows]
        self._single_rows: list[tuple[float, ...]] = []
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
        np.concatenate(
            (state.q_rad, state.dq_rad_s, reference.q_rad, command.torque_nm, state.torque_nm, residual_nm),
            out=self._joint_rows[row],
            casting="same_kind",
        )
        widths = state.gripper_width_m, command.gripper_width_m
        self._single_rows.append((missed, lateness_s, command.verdict, *widths, command.brake))
        self._filled = row + 1
        if self._filled == BLOCK_TICKS:
            self._rows[:, self._singles :] = self._single_rows
            self._single_rows = []
            data = self._rows.tobytes()
            self._full = TickTrace(self._stamp_ns, self._first_tick, self.columns, BLOCK_TICKS, data)
            self._filled = 0

    def take(self) -> TickTrace | None:
        """The newest full block, once."""
        full, self._full = self._full, None
        return full
