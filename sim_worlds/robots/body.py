"""What a simulated arm has beyond its description: solid hand and fingers, brakes, sensor resolution."""

from __future__ import annotations

from msgspec import Struct

from runtime.messages.geometry import Vector3
from runtime.messages.robot import RobotDescription


class BodyBox(Struct, frozen=True):
    """A solid box, parallel to the gripper's axes."""

    centre_m: Vector3
    """Hand: in the gripper frame. Finger: in the left finger's frame, the right one's is mirrored in y."""

    size_m: Vector3
    """Full extents."""


class RobotBody(Struct, frozen=True):
    """Physical properties that no runtime is told: the plant's business."""

    hand: tuple[BodyBox, ...]
    finger: tuple[BodyBox, ...]
    """Finger frame: the gripper's axes at the tool centre point, moved by half the opening along +y or −y."""

    finger_mass_kg: float
    """Of one finger, its share of the drive's inertia included; contained in the gripper's mass."""

    finger_friction: float
    brake_nm: tuple[float, ...]
    """Holding torque of the closed brake, one a joint."""

    encoder_step_rad: float
    """Resolution of the joint encoders."""

    encoder_noise_rad: float
    """Standard deviation at mismatch `low`; likewise the next two."""

    speed_noise_rad_s: float
    torque_noise_nm: float


class RobotFile(Struct, frozen=True):
    """One file of this folder."""

    robot: RobotDescription
    body: RobotBody
