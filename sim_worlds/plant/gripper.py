"""Force and width control of the parallel gripper, as its own electronics do it."""

from __future__ import annotations

from runtime.messages.robot import GripperDescription

_STIFFNESS_N_M = 3000.0
_DAMPING_N_S_M = 40.0
_COUPLING_N_M = 3000.0
"""Both fingers hang on one spindle; the coupling pulls them to a common opening."""


class GripperDrive:
    """A width reference that moves at the gripper's speed; the fingers follow it with bounded force.

    Stiffness and damping belong to 0.1 kg fingers at 1 ms steps: ω = 173 rad/s, damping ratio 1.15.
    """

    def __init__(self, gripper: GripperDescription, *, width_m: float) -> None:
        self._gripper = gripper
        self._reference_m = width_m
        self.force_n = 0.0
        """Closing force of the drive on the mean finger, as the gripper measures it; never negative."""

    def forces(
        self, *, left: tuple[float, float], right: tuple[float, float], width_m: float, force_n: float, step_s: float
    ) -> tuple[float, float]:
        """Forces along the fingers' opening directions in N; `left` and `right` are (position, speed)."""
        gripper = self._gripper
        limit = 0.0 if force_n < 0.0 else force_n if force_n < gripper.force_max_n else gripper.force_max_n
        goal = 0.0 if width_m < 0.0 else width_m if width_m < gripper.width_max_m else gripper.width_max_m
        width = left[0] + right[0]
        lead = 2.0 * limit / _STIFFNESS_N_M + 0.002
        low, high, reference = width - lead, width + lead, self._reference_m
        reference = low if reference < low else high if reference > high else reference
        travel, change = gripper.speed_m_s * step_s, goal - reference
        change = -travel if change < -travel else travel if change > travel else change
        self._reference_m = reference = reference + change
        speed = 0.5 * change / step_s
        mean = 0.5 * width
        push = _STIFFNESS_N_M * (0.5 * reference - mean)
        push = -limit if push < -limit else limit if push > limit else push
        self.force_n = -push if push < 0.0 else 0.0
        apart = 0.5 * (left[0] - right[0])
        return (
            push - _COUPLING_N_M * apart - _DAMPING_N_S_M * (left[1] - speed),
            push + _COUPLING_N_M * apart - _DAMPING_N_S_M * (right[1] - speed),
        )
