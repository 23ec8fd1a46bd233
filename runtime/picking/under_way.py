"""What the hand does anyway until an inference can act: the chunk under way, or what is measured going on."""

from __future__ import annotations

from runtime.kinematics import Arm
from runtime.picking.funnel import HandState, Path, coast, wrap, yaw_of
from runtime.ports import Observation

SAME_PATH_M = 0.03
SAME_PATH_RAD = 0.15
"""The arm is taken to be on the chunk sent before while it is no farther from it than this."""

LEAD_STEPS = 4
"""Substeps until a chunk is executed: inference, transport, and System 1's judgement of it."""

LAG_S = 0.3
"""A chunk that is executed more slowly than planned is found again so far back."""


class UnderWay:
    """Keeps the path that was proposed last and finds the hand on it."""

    def __init__(self, arm: Arm, *, length_s: float, lead_steps: int = LEAD_STEPS) -> None:
        """`length_s` of a chunk: an older path is over. `arm` lends its working memory for a call."""
        self._arm = arm
        self._lead_steps = lead_steps
        self._length_s = length_s
        self._path: Path | None = None
        self._path_ns = 0

    def keep(self, path: Path, *, stamp_ns: int) -> None:
        """Remember the path that begins at the observation of that moment."""
        self._path, self._path_ns = path, stamp_ns

    def states(self, observation: Observation) -> tuple[HandState, ...]:
        """The next substeps, which nothing can change any more."""
        x_m, y_m, z_m = observation.gripper_in_base.position_m
        measured = HandState(x_m, y_m, z_m, yaw_of(observation.gripper_in_base))
        age_s = (observation.stamp_ns - self._path_ns) * 1e-9
        if self._path is not None and 0.0 < age_s <= self._length_s:
            index, off_m = self._path.passed(x_m, y_m, z_m, about_s=age_s, lag_s=LAG_S)
            states = self._path.states
            if off_m < SAME_PATH_M and abs(wrap(states[index].yaw_rad - measured.yaw_rad)) < SAME_PATH_RAD:
                last = len(states) - 1
                return tuple(states[min(index + step, last)].copy() for step in range(1, self._lead_steps + 1))
        rates = self._arm.jacobian(observation.q_rad) @ observation.dq_rad_s
        measured.vx_m_s, measured.vy_m_s, measured.vz_m_s = (float(rate) for rate in rates[:3])
        measured.turn_rad_s = float(rates[5])
        return coast(measured, steps=self._lead_steps)
