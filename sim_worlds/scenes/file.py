"""The keys of a scene file, with the range of every number."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Coordinate = Annotated[float, Meta(ge=-3.0, le=3.0)]
Point = tuple[Coordinate, Coordinate, Coordinate]
Length = Annotated[float, Meta(gt=0.0, le=2.0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
Speed = Annotated[float, Meta(ge=-0.2, le=0.2)]
Name = Annotated[str, Meta(min_length=1, max_length=40)]


class WorkspaceTable(Struct, frozen=True):
    """Where the tool centre point may be, base frame."""

    lower_m: Point
    upper_m: Point


class TableTable(Struct, frozen=True):
    """The table top; its upper face is the floor of the cell."""

    centre_m: tuple[Coordinate, Coordinate]
    size_m: tuple[Length, Length]
    colour_rgb: tuple[Fraction, Fraction, Fraction] = (0.52, 0.53, 0.55)


class TrayTable(Struct, frozen=True):
    """The surface that parts are picked from."""

    centre_m: tuple[Coordinate, Coordinate]
    inner_half_extents_m: tuple[Annotated[float, Meta(ge=0.05, le=0.5)], Annotated[float, Meta(ge=0.05, le=0.5)]]
    wall_height_m: Annotated[float, Meta(ge=0.0, le=0.1)]
    colour_rgb: tuple[Fraction, Fraction, Fraction] = (0.30, 0.31, 0.33)


class ToteTable(Struct, frozen=True):
    """A box that receives parts."""

    name: Name
    centre_m: tuple[Coordinate, Coordinate]
    inner_half_extents_m: tuple[Annotated[float, Meta(ge=0.04, le=0.3)], Annotated[float, Meta(ge=0.04, le=0.3)]]
    wall_height_m: Annotated[float, Meta(ge=0.01, le=0.2)]
    colour_rgb: tuple[Fraction, Fraction, Fraction] = (0.42, 0.40, 0.36)


class PartTable(Struct, frozen=True):
    """A kind of part; its name is `colour shape`."""

    colour: Name
    shape: Literal["cube", "flat box", "cylinder"]
    colour_rgb: tuple[Fraction, Fraction, Fraction]
    size_m: tuple[
        Annotated[float, Meta(ge=0.015, le=0.12)],
        Annotated[float, Meta(ge=0.015, le=0.12)],
        Annotated[float, Meta(ge=0.015, le=0.12)],
    ]
    mass_kg: Annotated[float, Meta(ge=0.005, le=1.0)]


class CameraTable(Struct, frozen=True):
    """A pinhole camera by where it stands and what it looks at."""

    name: Literal["overhead", "wrist"]
    mount: Literal["base", "gripper"]
    """The frame of eye, target and up; `gripper` moves with the flange."""

    eye_m: Point
    target_m: Point
    up: tuple[float, float, float]
    """Direction that points to the upper edge of the picture."""

    view_deg: Annotated[float, Meta(ge=10.0, le=120.0)]
    """Full angle of view, horizontally."""

    width_px: Annotated[int, Meta(ge=32, le=1280)] = 128
    height_px: Annotated[int, Meta(ge=32, le=1280)] = 128
    rate_hz: Annotated[float, Meta(ge=1.0, le=60.0)] = 10.0


class PlacementTable(Struct, frozen=True):
    """How parts are laid out."""

    wall_margin_m: Annotated[float, Meta(ge=0.0, le=0.2)] = 0.03
    """From a wall to a part's nearest corner."""

    gap_m: Annotated[float, Meta(ge=0.0, le=0.2)] = 0.03
    """Between the circles around any two parts: room for a finger."""


class BeltTable(Struct, frozen=True):
    """A belt under the tray's place; parts that nobody takes come round again."""

    speed_m_s: Speed
    """Along x of the base; negative towards the robot."""

    upstream_m: Annotated[float, Meta(ge=0.05, le=1.0)]
    """How far beyond the reach parts are put on."""


class LightTable(Struct, frozen=True):
    """Lamp, light from all around, and the sensors that look: see the cameras' `Lighting`."""

    lamp_direction: tuple[float, float, float] = (0.25, -0.35, 1.0)
    lamp: Annotated[float, Meta(ge=0.0, le=3.0)] = 0.62
    ambient: Annotated[float, Meta(ge=0.0, le=3.0)] = 0.42
    shadow: Fraction = 0.75
    exposure: Annotated[float, Meta(ge=0.1, le=10.0)] = 1.0
    noise: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.008
    lamp_rgb: tuple[Fraction, Fraction, Fraction] = (1.0, 0.98, 0.95)
    ambient_rgb: tuple[Fraction, Fraction, Fraction] = (0.96, 0.98, 1.0)


class PhysicsTable(Struct, frozen=True):
    """Contact physics of this cell."""

    part_friction: Annotated[float, Meta(ge=0.05, le=2.0)] = 0.8
    """Coulomb coefficient of the parts; a contact has the product of both sides."""

    surface_friction: Annotated[float, Meta(ge=0.05, le=2.0)] = 0.7
    """Of table, walls and belt."""

    solver_iterations: Annotated[int, Meta(ge=20, le=500)] = 30
    substeps: Annotated[int, Meta(ge=1, le=8)] = 2
    """Physics steps in a millisecond: the real cell's time step differs from a nominal model's."""


class SceneFile(Struct, frozen=True):
    """One scene."""

    title: Name
    robot: Name
    workspace: WorkspaceTable
    table: TableTable
    tray: TrayTable
    tote: tuple[ToteTable, ...]
    part: Annotated[tuple[PartTable, ...], Meta(min_length=1, max_length=8)]
    camera: tuple[CameraTable, ...]
    placement: PlacementTable = PlacementTable()
    belt: BeltTable | None = None
    light: LightTable = LightTable()
    physics: PhysicsTable = PhysicsTable()
