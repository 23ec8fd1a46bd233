"""A cell as a drawing: what stands still, the arm, the parts, and foreign objects, in the colours of a look."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from runtime.messages.cell import CellDescription, Tray
from runtime.messages.geometry import Box, Pose, Vector3
from runtime.messages.robot import RobotDescription
from sim_worlds.cameras.drawing import PLAIN, Block, Drawing, DrawingBoard
from sim_worlds.cameras.meshes import load_mesh
from sim_worlds.cameras.simplification import LightMesh
from sim_worlds.cameras.solids import box_mesh, cylinder_mesh, part_meshes, plate_mesh
from sim_worlds.variation.foreign_objects import Clutter, FixedObject, LooseObject
from sim_worlds.variation.look import SURFACES, Finish, Look, Pattern

MARK_RGB: Vector3 = (0.97, 0.97, 0.95)
TRAY_RGB: Vector3 = (0.30, 0.31, 0.33)
BELT_RGB: Vector3 = (0.17, 0.18, 0.19)
TOTE_RGB: Vector3 = (0.40, 0.41, 0.43)
BELT_UPSTREAM_M = 0.35
"""How much of a belt is drawn beyond the reach of the arm."""

SURFACE_RAISE_M = 0.0006
"""Tray and tote floors are drawn this much above the drawing's value, free of depth fighting."""


def draw_cell(
    cell: CellDescription,
    *,
    mesh_folder: Path | None = None,
    look: Look | None = None,
    clutter: Clutter | None = None,
    arm: tuple[Block, ...] | None = None,
) -> Drawing:
    """The whole cell; `arm` saves reading its meshes. Raises OSError when a mesh of the arm is missing."""
    board, painter, clutter = DrawingBoard(), Painter(cell, look or Look()), clutter or Clutter()
    for box in cell.obstacles:
        top_m = box.centre_in_base.position_m[2] + box.half_extents_m[2]
        colour, surface = painter.paint(_surface_name(box), box.colour_rgb)
        casts = top_m > cell.floor_z_m + 0.005
        mesh = box_mesh(_doubled(box))
        board.add(mesh, body=0, colour_rgb=colour, pose=box.centre_in_base, casts=casts, surface=surface)
    _add_surfaces(board, cell, painter)
    board.take(draw_arm(cell.robot, mesh_folder=mesh_folder) if arm is None else arm)
    links = len(cell.robot.joints) + 3
    for index, part in enumerate(cell.parts):
        colour, surface = painter.paint(part.name, part.colour_rgb)
        body, *mark = part_meshes(part.shape, part.size_m)
        board.add(body, body=1 + links + index, colour_rgb=colour, surface=surface)
        for mesh in mark:
            board.add(mesh, body=1 + links + index, colour_rgb=MARK_RGB, casts=False)
    _add_clutter(board, clutter, first_body=1 + links + len(cell.parts))
    return board.finish(links=links, parts=len(cell.parts), loose=len(clutter.loose), patterns=painter.patterns)


def draw_arm(robot: RobotDescription, *, mesh_folder: Path | None = None) -> tuple[Block, ...]:
    """The arm alone, for the drawings of cells that differ only in other things."""
    board = DrawingBoard()
    for mesh in robot.meshes:
        board.add(
            load_mesh(mesh.file, folder=mesh_folder),
            body=2 + mesh.joint,
            colour_rgb=mesh.colour_rgb,
            pose=mesh.mesh_in_joint,
        )
    return board.blocks


class Painter:
    """Colour and surface number of everything that may have a finish of its own."""

    def __init__(self, cell: CellDescription, look: Look) -> None:
        names = (*SURFACES, *(part.name for part in cell.parts))
        self._finishes = look.finishes
        self._numbers = {name: number for number, name in enumerate(names, start=PLAIN + 1)}
        finishes = [look.finishes.get(name) for name in names]
        found = tuple(None if finish is None else finish.pattern for finish in finishes)
        self.patterns: tuple[Pattern | None, ...] = (None, *found) if look.patterned else ()
        """By surface number."""

    def paint(self, name: str, colour_rgb: Vector3) -> tuple[Vector3, int]:
        """As the look says, or else the given colour and no pattern."""
        finish: Finish | None = self._finishes.get(name)
        return (colour_rgb, PLAIN) if finish is None else (finish.colour_rgb, self._numbers[name])


def _surface_name(box: Box) -> str:
    """Of a box of the drawing: the table, a board around the tray, or one of a tote."""
    if box.name == "table":
        return "table"
    return "walls" if box.name.startswith("tray ") else "totes"


def _add_surfaces(board: DrawingBoard, cell: CellDescription, painter: Painter) -> None:
    belt = any(cell.tray.belt_velocity_m_s)
    tray = ("tray", *_surface(cell.tray), BELT_RGB if belt else TRAY_RGB)
    totes = [("totes", tote.centre_in_base_m, tote.inner_half_extents_m, TOTE_RGB) for tote in cell.totes]
    for name, (x, y, z), half_extents_m, plain_rgb in (*totes, tray):
        colour, surface = painter.paint(name, plain_rgb)
        pose = Pose((x, y, z + SURFACE_RAISE_M))
        board.add(plate_mesh(half_extents_m), body=0, colour_rgb=colour, pose=pose, casts=False, surface=surface)


def _add_clutter(board: DrawingBoard, clutter: Clutter, *, first_body: int) -> None:
    for thing in clutter.fixed:
        board.add(_solid(thing), body=0, colour_rgb=thing.colour_rgb, pose=thing.object_in_base)
    for index, thing in enumerate(clutter.loose):
        board.add(_solid(thing), body=first_body + index, colour_rgb=thing.colour_rgb)


def _solid(thing: FixedObject | LooseObject) -> LightMesh:
    return cylinder_mesh(thing.size_m) if thing.shape == "cylinder" else box_mesh(thing.size_m)


def _surface(tray: Tray) -> tuple[Vector3, tuple[float, float]]:
    """Centre and half extents of what is drawn: a belt comes from further upstream than the arm reaches."""
    centre, half = np.array(tray.centre_in_base_m), np.array(tray.inner_half_extents_m)
    velocity = np.array(tray.belt_velocity_m_s)
    if velocity.any():
        upstream = -velocity[:2] / np.linalg.norm(velocity[:2])
        half = half + 0.5 * BELT_UPSTREAM_M * np.abs(upstream)
        centre[:2] += 0.5 * BELT_UPSTREAM_M * upstream
    return (float(centre[0]), float(centre[1]), float(centre[2])), (float(half[0]), float(half[1]))


def _doubled(box: Box) -> Vector3:
    x, y, z = box.half_extents_m
    return (2.0 * x, 2.0 * y, 2.0 * z)
