"""What the guard holds every plan and every command against: data-sheet limits, each with its margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Vector3

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Margins:
    """How far inside the data sheet the guard stays, and how old things may be.

    Fractions are of the robot's own limit. Sources: MoveIt Servo drops commands after 0.1 s, which is too short
    for a picture-driven policy at 10 Hz, so a plan may be 0.4 s old; libfranka brakes after 20 missed commands
    (a measured state may be 30 ms old); brakes count for 80 % of their nominal deceleration.
    """

    position_rad: float = 0.02
    velocity_fraction: float = 0.95
    acceleration_fraction: float = 0.95
    jerk_fraction: float = 1.0
    torque_fraction: float = 0.95
    torque_rate_fraction: float = 0.95
    brake_fraction: float = 0.8
    """Of the data-sheet acceleration, as deceleration that a stop may count on."""

    reaction_s: float = 0.005
    """Tick, transport and actuation: what passes before a stop begins to act."""

    plan_age_s: float = 0.4
    plan_lead_s: float = 0.01
    """How far a plan's stamps may lie in the future; more is a foreign clock."""

    plan_duration_s: float = 5.0
    """Longest chunk in time, and latest expiry from now."""

    state_age_s: float = 0.03
    reference_step_factor: float = 1.5
    """Slack over the largest step that velocity and acceleration limits allow the reference in one tick."""

    seam_rad: float = 0.15
    """How far a chunk's first step may lie beyond what the velocity limit reaches in the time left."""

    tool_speed_m_s: float = 1.7
    """Cartesian limits between two targets (data sheet of the Franka arm, translation and rotation)."""

    tool_turn_rad_s: float = 2.5
    workspace_m: float = 0.0
    floor_m: float = 0.0
    self_clearance_m: float = 0.01
    scene_clearance_m: float = 0.002
    """Small, because fingertips work beside the walls and above the floor of a tray."""


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The numbers that the rules compare with; arrays have one entry a joint. Built by `limits_of`."""

    position_lower_rad: Vector
    """Data sheet, for what is measured; references stay `margins.position_rad` inside."""

    position_upper_rad: Vector
    reference_lower_rad: Vector
    reference_upper_rad: Vector
    velocity_rad_s: Vector
    """Data sheet."""

    reference_velocity_rad_s: Vector
    acceleration_rad_s2: Vector
    reference_acceleration_rad_s2: Vector
    braking_rad_s2: Vector
    reference_jerk_rad_s3: Vector
    torque_nm: Vector
    torque_rate_nm_s: Vector
    gripper_width_m: float
    gripper_force_n: float
    workspace_lower_m: Vector3
    workspace_upper_m: Vector3
    floor_z_m: float
    margins: Margins
    joint_names: tuple[str, ...]

    @property
    def joints(self) -> int:
        """How many joints the arm has."""
        return len(self.joint_names)


def limits_of(cell: CellDescription, margins: Margins | None = None) -> Limits:
    """The limits of this cell's arm and space, with margins. Raises `ValueError` when a margin leaves no room."""
    margin = Margins() if margins is None else margins
    joints = cell.robot.joints
    lower = np.array([joint.position_lower_rad for joint in joints])
    upper = np.array([joint.position_upper_rad for joint in joints])
    if not np.all(upper - lower > 2.0 * margin.position_rad):
        raise ValueError(f"margin position_rad = {margin.position_rad} leaves no range of motion to some joint")
    velocity = np.array([joint.velocity_rad_s for joint in joints])
    acceleration = np.array([joint.acceleration_rad_s2 for joint in joints])
    inset = margin.workspace_m
    return Limits(
        position_lower_rad=lower,
        position_upper_rad=upper,
        reference_lower_rad=lower + margin.position_rad,
        reference_upper_rad=upper - margin.position_rad,
        velocity_rad_s=velocity,
        reference_velocity_rad_s=velocity * margin.velocity_fraction,
        acceleration_rad_s2=acceleration,
        reference_acceleration_rad_s2=acceleration * margin.acceleration_fraction,
        braking_rad_s2=acceleration * margin.brake_fraction,
        reference_jerk_rad_s3=np.array([joint.jerk_rad_s3 for joint in joints]) * margin.jerk_fraction,
        torque_nm=np.array([joint.torque_nm for joint in joints]) * margin.torque_fraction,
        torque_rate_nm_s=np.array([joint.torque_rate_nm_s for joint in joints]) * margin.torque_rate_fraction,
        gripper_width_m=cell.robot.gripper.width_max_m,
        gripper_force_n=cell.robot.gripper.force_max_n,
        workspace_lower_m=_shifted(cell.workspace.lower_m, inset),
        workspace_upper_m=_shifted(cell.workspace.upper_m, -inset),
        floor_z_m=cell.floor_z_m + margin.floor_m,
        margins=margin,
        joint_names=tuple(joint.name for joint in joints),
    )


def _shifted(corner: Vector3, by_m: float) -> Vector3:
    return (corner[0] + by_m, corner[1] + by_m, corner[2] + by_m)
