"""A seven-joint arm and an empty cell for tests of the fast loop; round figures, not a data sheet."""

from __future__ import annotations

import math

from runtime.messages.cell import CellDescription, Tray
from runtime.messages.geometry import Pose, Quaternion, Region, Vector3
from runtime.messages.robot import (
    Capsule,
    GripperDescription,
    JointDescription,
    RobotDescription,
    ThermalDescription,
)

_QUARTER = math.sqrt(0.5)
_TURN_UP: Quaternion = (_QUARTER, 0.0, 0.0, _QUARTER)
_TURN_DOWN: Quaternion = (-_QUARTER, 0.0, 0.0, _QUARTER)
_EIGHTH: Quaternion = (0.0, 0.0, -math.sin(math.pi / 8), math.cos(math.pi / 8))

_PLACEMENTS: tuple[tuple[Vector3, Quaternion], ...] = (
    ((0.0, 0.0, 0.333), (0.0, 0.0, 0.0, 1.0)),
    ((0.0, 0.0, 0.0), _TURN_DOWN),
    ((0.0, -0.316, 0.0), _TURN_UP),
    ((0.0825, 0.0, 0.0), _TURN_UP),
    ((-0.0825, 0.384, 0.0), _TURN_DOWN),
    ((0.0, 0.0, 0.0), _TURN_UP),
    ((0.088, 0.0, 0.0), _TURN_UP),
)
_RANGES = ((-2.89, 2.89), (-1.76, 1.76), (-2.89, 2.89), (-3.07, -0.07), (-2.89, 2.89), (-0.01, 3.75), (-2.89, 2.89))
_HOME = (0.0, -0.6, 0.0, -2.4, 0.0, 1.8, 0.785)
_MASSES = (4.0, 3.0, 3.2, 3.5, 2.0, 1.6, 1.5)
_CENTRES: tuple[Vector3, ...] = (
    (0.0, -0.03, -0.06),
    (0.0, -0.1, 0.03),
    (0.04, 0.03, -0.05),
    (-0.04, 0.1, 0.03),
    (0.0, 0.04, -0.1),
    (0.05, 0.0, 0.0),
    (0.0, 0.0, 0.12),
)
_TORQUES = (87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0)


def _joint(index: int) -> JointDescription:
    position, turn = _PLACEMENTS[index]
    mass = _MASSES[index]
    wrist = index >= 4
    return JointDescription(
        name=f"joint{index + 1}",
        joint_in_parent=Pose(position, turn),
        axis=(0.0, 0.0, 1.0),
        position_lower_rad=_RANGES[index][0],
        position_upper_rad=_RANGES[index][1],
        velocity_rad_s=2.6 if wrist else 2.1,
        acceleration_rad_s2=17.0 if wrist else 10.0,
        jerk_rad_s3=8000.0 if wrist else 5000.0,
        torque_nm=_TORQUES[index],
        torque_rate_nm_s=1000.0,
        mass_kg=mass,
        centre_of_mass_m=_CENTRES[index],
        inertia_kg_m2=(0.006 * mass, 0.0, 0.0, 0.006 * mass, 0.0, 0.004 * mass),
        rotor_inertia_kg_m2=0.2 if wrist else 0.6,
        friction_coulomb_nm=0.3 if wrist else 0.6,
        friction_viscous_nm_s=0.3 if wrist else 0.7,
        friction_breakaway_nm=0.4 if wrist else 0.8,
        stribeck_velocity_rad_s=0.05,
        home_rad=_HOME[index],
    )


def seven_joint_arm() -> RobotDescription:
    """A slender arm with a parallel gripper."""
    ones = (1.0,) * 7
    return RobotDescription(
        name="test arm",
        source="round figures for tests",
        joints=tuple(_joint(index) for index in range(7)),
        flange_in_last_joint=Pose((0.0, 0.0, 0.107)),
        gripper=GripperDescription(
            width_max_m=0.08,
            speed_m_s=0.1,
            force_max_n=70.0,
            gripper_in_flange=Pose((0.0, 0.0, 0.1034), _EIGHTH),
            mass_kg=0.73,
        ),
        thermal=ThermalDescription(
            ambient_celsius=25.0,
            heating_w_per_nm2=ones,
            winding_to_housing_k_w=ones,
            housing_to_ambient_k_w=ones,
            winding_j_k=ones,
            housing_j_k=ones,
            copper_per_k=0.0039,
            derate_celsius=130.0,
            trip_celsius=155.0,
        ),
        capsules=(
            Capsule(-1, (0.0, 0.0, 0.05), (0.0, 0.0, 0.25), 0.08),
            Capsule(2, (0.0, 0.0, -0.2), (0.0, 0.0, 0.0), 0.06),
            Capsule(4, (0.0, 0.0, -0.2), (0.0, 0.0, 0.0), 0.06),
            Capsule(6, (0.0, 0.0, 0.05), (0.0, 0.0, 0.17), 0.05),
        ),
        ignored_pairs=((0, 1), (1, 2), (2, 3)),
    )


def empty_cell() -> CellDescription:
    """The arm above an empty floor."""
    return CellDescription(
        name="test cell",
        scene="empty",
        robot=seven_joint_arm(),
        workspace=Region((0.1, -0.6, -0.02), (0.85, 0.6, 0.9)),
        floor_z_m=-0.02,
        obstacles=(),
        tray=Tray((0.5, 0.0, 0.0), (0.17, 0.17), 0.025),
        totes=(),
        parts=(),
        cameras=(),
        simulated=True,
    )
