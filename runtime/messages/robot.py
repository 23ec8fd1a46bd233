"""The arm as its data sheet and identification tell it: the nominal model, all that is known of it."""

from __future__ import annotations

from msgspec import Struct

from runtime.messages.geometry import Pose, Vector3


class JointDescription(Struct, frozen=True):
    """One revolute joint and the link that it moves."""

    name: str
    joint_in_parent: Pose
    """Where the joint's frame stands in the frame of the joint before it, at angle zero."""

    axis: Vector3
    """Axis of rotation in the joint's own frame."""

    position_lower_rad: float
    position_upper_rad: float
    velocity_rad_s: float
    acceleration_rad_s2: float
    jerk_rad_s3: float
    torque_nm: float
    torque_rate_nm_s: float
    mass_kg: float
    """Of the link that this joint moves, everything rigidly attached to it included."""

    centre_of_mass_m: Vector3
    """In the joint's frame."""

    inertia_kg_m2: tuple[float, float, float, float, float, float]
    """ixx, ixy, ixz, iyy, iyz, izz about the centre of mass, axes of the joint's frame."""

    rotor_inertia_kg_m2: float
    """Motor inertia reflected to the joint (times the gear ratio squared)."""

    friction_coulomb_nm: float
    friction_viscous_nm_s: float
    friction_breakaway_nm: float
    """Stribeck peak: friction at the edge of motion, at least the Coulomb value."""

    stribeck_velocity_rad_s: float
    home_rad: float


class Capsule(Struct, frozen=True):
    """A link's volume for clearance: all points within `radius_m` of a segment, in the joint's frame."""

    joint: int
    """Index of the joint whose frame carries it; -1 is the base."""

    start_m: Vector3
    end_m: Vector3
    radius_m: float


class ThermalDescription(Struct, frozen=True):
    """Two-node motor thermal model of every joint motor, scaled to the joint."""

    ambient_celsius: float
    heating_w_per_nm2: tuple[float, ...]
    """Copper loss over joint torque squared, W/(N·m)², one a joint, at 25 °C."""

    winding_to_housing_k_w: tuple[float, ...]
    housing_to_ambient_k_w: tuple[float, ...]
    winding_j_k: tuple[float, ...]
    housing_j_k: tuple[float, ...]
    copper_per_k: float
    derate_celsius: float
    trip_celsius: float


class GripperDescription(Struct, frozen=True):
    """A parallel gripper with its own force controller."""

    width_max_m: float
    speed_m_s: float
    force_max_n: float
    gripper_in_flange: Pose
    """Tool centre point between the fingertips, z out of the hand, y along the fingers' motion."""

    mass_kg: float
    """Hand and fingers; already contained in the last joint's mass."""


class VisualMesh(Struct, frozen=True):
    """A light triangle mesh of one link, to draw only."""

    joint: int
    """Frame that carries it: -1 base, 0…n-1 joints, n left finger, n+1 right finger."""

    file: str
    """Name of an .npz (vertices f4[n,3], normals f4[n,3], triangles u4[m,3]) in the session's mesh folder."""

    mesh_in_joint: Pose
    colour_rgb: Vector3


class RobotDescription(Struct, frozen=True):
    """Everything the runtime and the console may know about an arm; nothing else names one."""

    name: str
    source: str
    """Where limits, masses and friction come from."""

    joints: tuple[JointDescription, ...]
    flange_in_last_joint: Pose
    gripper: GripperDescription
    thermal: ThermalDescription
    capsules: tuple[Capsule, ...]
    ignored_pairs: tuple[tuple[int, int], ...]
    """Pairs of capsule indices that may touch: neighbours along the arm."""

    meshes: tuple[VisualMesh, ...] = ()
