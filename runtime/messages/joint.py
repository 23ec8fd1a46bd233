"""What crosses the border to the plant at 1 kHz. Arrays, because this is the hot path."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class PlantFlag(IntFlag):
    """What the arm's own electronics report."""

    BRAKED = 1
    """Brakes closed: the arm does not follow commands."""

    COMMUNICATION_LOSS = 2
    """Braked by itself after 20 missed commands in a row; stays until a release is commanded."""

    DERATED = 4
    """A motor is above its derating temperature: its torque is limited."""

    TRIPPED = 8
    """A motor was above its trip temperature: until it has cooled under closed brakes, which a release opens."""

    TORQUE_CLIPPED = 16
    """A command was outside the torque or torque-rate limit and the drive clipped it."""


@dataclass(slots=True)
class PlantState:
    """Measured state of the arm, as its encoders and sensors report it (noise included)."""

    tick: int
    stamp_ns: int
    q_rad: Vector
    dq_rad_s: Vector
    torque_nm: Vector
    """Measured joint torque, motor side."""

    gripper_width_m: float
    gripper_force_n: float
    """Measured grip force between the fingers."""

    winding_celsius: Vector
    housing_celsius: Vector
    flags: int
    """PlantFlag bits."""

    missed_commands: int
    """In a row, up to now."""

    missed_commands_total: int
    command_sequence: int
    """Sequence of the command applied in this step."""

    stop_seen_ns: int
    """When the plant first applied a command of the running stop; 0 when none does."""


@dataclass(slots=True)
class JointCommand:
    """One tick's command to the arm."""

    sequence: int
    stamp_ns: int
    torque_nm: Vector
    gripper_width_m: float
    gripper_force_n: float
    brake: bool
    """True closes the brakes; False opens them (a release after protection needs an edge True → False)."""

    stopping: bool
    """True while a stop is being executed or is latched."""

    verdict: int
    """The limiter's reason bits for this tick; 0 is an untouched pass."""


@dataclass(slots=True)
class JointReference:
    """Where the trajectory wants the joints to be at this tick: what the command was computed from."""

    q_rad: Vector
    dq_rad_s: Vector
    ddq_rad_s2: Vector
