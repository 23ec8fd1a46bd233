"""What is known about a cell before anything moves: its drawing, not its state."""

from __future__ import annotations

from msgspec import Struct

from runtime.messages.geometry import Box, Pose, Region, Vector3
from runtime.messages.robot import RobotDescription


class CameraDescription(Struct, frozen=True):
    """Pinhole camera. Camera frame: x right, y down, z forward (OpenCV's convention)."""

    name: str
    width_px: int
    height_px: int
    focal_px: float
    """fx = fy; the principal point is the middle of the picture, (width/2, height/2)."""

    rate_hz: float
    on_flange: bool
    camera_in_parent: Pose
    """Parent is the flange when `on_flange`, otherwise the robot base."""


class PartKind(Struct, frozen=True):
    """A part that may lie in the cell: an entry of the catalogue, without a place."""

    name: str
    """Colour and shape in words, e.g. `red cube`; unique in a cell."""

    colour: str
    shape: str
    """cube, flat box or cylinder."""

    colour_rgb: Vector3
    size_m: Vector3
    """Full extents; a cylinder's are diameter, diameter, height."""

    mass_kg: float


class Tote(Struct, frozen=True):
    """An open box that receives parts."""

    name: str
    """left or right, as the instructions call it."""

    centre_in_base_m: Vector3
    """Middle of the inner floor."""

    inner_half_extents_m: tuple[float, float]
    wall_height_m: float


class Tray(Struct, frozen=True):
    """The surface that parts are picked from; for a conveyor the reach of the belt."""

    centre_in_base_m: Vector3
    """Middle of the surface that parts lie on."""

    inner_half_extents_m: tuple[float, float]
    wall_height_m: float
    belt_velocity_m_s: Vector3 = (0.0, 0.0, 0.0)
    """Nominal velocity of the surface; zero for a tray."""


class CellDescription(Struct, frozen=True):
    """The drawing of one cell: the robot, fixed things, cameras and the catalogue of parts."""

    name: str
    scene: str
    robot: RobotDescription
    workspace: Region
    """The tool centre point stays inside."""

    floor_z_m: float
    obstacles: tuple[Box, ...]
    """Fixed solids for clearance and drawing: table, tray walls, tote walls."""

    tray: Tray
    totes: tuple[Tote, ...]
    parts: tuple[PartKind, ...]
    cameras: tuple[CameraDescription, ...]
    simulated: bool
    """True for every cell without hardware; fault injection is possible on these only."""
