"""What cameras look at, whatever it was given as: a drawing alone, a scene with its light, or a varied scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from runtime.messages.cell import CellDescription
from sim_worlds.cameras.lighting import Lighting, lighting_of
from sim_worlds.cameras.meshes import describe_meshes
from sim_worlds.scenes import Scene
from sim_worlds.variation.flaws import PictureFlaws
from sim_worlds.variation.foreign_objects import Clutter
from sim_worlds.variation.look import Look
from sim_worlds.variation.varied_scene import CameraShift, VariedScene


@dataclass(frozen=True, slots=True)
class Subject:
    """A cell as it really is, the arm's meshes included, and how its pictures come out."""

    cell: CellDescription
    lighting: Lighting
    look: Look = field(default_factory=Look)
    clutter: Clutter = field(default_factory=Clutter)
    shifts: Mapping[str, CameraShift] = field(default_factory=dict[str, CameraShift])
    flaws: Mapping[str, PictureFlaws] = field(default_factory=dict[str, PictureFlaws])


def subject_of(
    given: CellDescription | Scene | VariedScene, *, lighting: Lighting | None = None, mesh_folder: Path | None = None
) -> Subject:
    """`lighting` stands for the scene's own."""
    if isinstance(given, VariedScene):
        cell = _with_meshes(given.scene.description, mesh_folder)
        light = lighting or lighting_of(given.scene.light)
        return Subject(cell, light, given.look, given.clutter, given.shifts, given.flaws)
    if isinstance(given, Scene):
        return Subject(_with_meshes(given.description, mesh_folder), lighting or lighting_of(given.light))
    return Subject(_with_meshes(given, mesh_folder), lighting or Lighting())


def _with_meshes(cell: CellDescription, folder: Path | None) -> CellDescription:
    if cell.robot.meshes:
        return cell
    meshes = describe_meshes(cell.robot, folder=folder)
    return msgspec.structs.replace(cell, robot=msgspec.structs.replace(cell.robot, meshes=meshes))
