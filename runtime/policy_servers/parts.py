"""The words of a mapping file: what one stretch of a state or action vector means, and how many numbers it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from runtime.messages.geometry import Pose
from runtime.policy_servers.rotations import to_euler, to_rotation_vector, to_six

EVERY_JOINT = -1
"""As a width: one number a joint."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What state parts are made of."""

    q_rad: Sequence[float]
    dq_rad_s: Sequence[float]
    tool_in_base: Pose
    """In the model's own convention for the tool's frame."""

    width_m: float
    width_max_m: float
    force_n: float

    @property
    def closed(self) -> float:
        """0 open, 1 closed."""
        return min(1.0, max(0.0, 1.0 - self.width_m / self.width_max_m))


StatePart = Callable[[Measured], Sequence[float]]

STATE_PARTS: MappingProxyType[str, StatePart] = MappingProxyType(
    {
        "joint_position_rad": lambda m: m.q_rad,
        "joint_position_deg": lambda m: [math.degrees(angle) for angle in m.q_rad],
        "joint_velocity_rad_s": lambda m: m.dq_rad_s,
        "position_m": lambda m: m.tool_in_base.position_m,
        "x_m": lambda m: m.tool_in_base.position_m[:1],
        "y_m": lambda m: m.tool_in_base.position_m[1:2],
        "z_m": lambda m: m.tool_in_base.position_m[2:],
        "quaternion_xyzw": lambda m: m.tool_in_base.orientation_xyzw,
        "quaternion_wxyz": lambda m: (m.tool_in_base.orientation_xyzw[3], *m.tool_in_base.orientation_xyzw[:3]),
        "rotation_vector_rad": lambda m: to_rotation_vector(m.tool_in_base.orientation_xyzw),
        "euler_rad": lambda m: to_euler(m.tool_in_base.orientation_xyzw),
        "roll_rad": lambda m: to_euler(m.tool_in_base.orientation_xyzw)[:1],
        "pitch_rad": lambda m: to_euler(m.tool_in_base.orientation_xyzw)[1:2],
        "yaw_rad": lambda m: to_euler(m.tool_in_base.orientation_xyzw)[2:],
        "rotation_6d": lambda m: to_six(m.tool_in_base.orientation_xyzw),
        "gripper_width_m": lambda m: (m.width_m,),
        "gripper_fingers_m": lambda m: (0.5 * m.width_m, -0.5 * m.width_m),
        "gripper_closed": lambda m: (m.closed,),
        "gripper_open": lambda m: (1.0 - m.closed,),
        "gripper_force_n": lambda m: (m.force_n,),
        "zero": lambda _: (0.0,),
    }
)
"""Name in a mapping file → its numbers. Orientations as in `rotations`, everything in the base frame."""

JOINT_ACTIONS = MappingProxyType(
    {
        "joint_position_rad": EVERY_JOINT,
        "joint_position_deg": EVERY_JOINT,
        "joint_velocity": EVERY_JOINT,
        "joint_delta": EVERY_JOINT,
    }
)
POSITION_ACTIONS = MappingProxyType({"position_m": 3, "x_m": 1, "y_m": 1, "z_m": 1})
ROTATION_ACTIONS = MappingProxyType(
    {
        "quaternion_xyzw": 4,
        "quaternion_wxyz": 4,
        "rotation_vector_rad": 3,
        "euler_rad": 3,
        "roll_rad": 1,
        "pitch_rad": 1,
        "yaw_rad": 1,
        "rotation_6d": 6,
    }
)
DELTA_ACTIONS = MappingProxyType(
    {
        "position_delta": 3,
        "x_delta": 1,
        "y_delta": 1,
        "z_delta": 1,
        "rotation_vector_delta": 3,
        "euler_delta": 3,
        "roll_delta": 1,
        "pitch_delta": 1,
        "yaw_delta": 1,
    }
)
GRIPPER_ACTIONS = MappingProxyType(
    {"gripper_width_m": 1, "gripper_closed": 1, "gripper_open": 1, "gripper_close_sign": 1}
)
"""`gripper_close_sign`: −1 open, +1 closed. The others as in `STATE_PARTS`."""

ACTION_PARTS: MappingProxyType[str, int] = MappingProxyType(
    {**JOINT_ACTIONS, **POSITION_ACTIONS, **ROTATION_ACTIONS, **DELTA_ACTIONS, **GRIPPER_ACTIONS, "unused": 1}
)
"""Name in a mapping file → how many columns."""


def columns_of(parts: Sequence[str], *, joints: int) -> int:
    """Width of an action array that consists of these parts."""
    widths = (ACTION_PARTS[part] for part in parts)
    return sum(joints if width == EVERY_JOINT else width for width in widths)
