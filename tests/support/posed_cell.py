"""The tray cell with its arm posed and its parts laid out, as an array of body poses for cameras and drawings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from sim_worlds.cameras import describe_meshes, mesh_folder
from sim_worlds.poses import pose_of
from sim_worlds.scenes import Scene, load_scene
from twin_app.scene.kinematics import LinkFrames

OUT_OF_THE_WAY: tuple[float, ...] = (0.0, -1.2, 0.0, -2.6, 0.0, 2.0, 0.785)
"""Joint angles with the Panda's hand behind the tray, as seen from overhead."""


@dataclass(frozen=True)
class PosedCell:
    """A scene, its drawing with meshes, and where the meshes lie."""

    scene: Scene
    cell: CellDescription
    mesh_folder: Path

    def poses(
        self, *, seed: int = 1, q_rad: tuple[float, ...] = OUT_OF_THE_WAY, width_m: float = 0.08
    ) -> NDArray[np.float64]:
        """[links + parts, 7] with the parts laid out from the seed."""
        frames = LinkFrames(self.cell.robot).frames(q_rad, width_m=width_m)
        placed = [part.part_in_base for part in self.scene.place(seed, 0)]
        poses = [*(pose_of(frame) for frame in frames), *placed]
        return np.array([[*pose.position_m, *pose.orientation_xyzw] for pose in poses])


def pose_cell(*, scene_name: str = "tray") -> PosedCell:
    """Load the scene; the arm's meshes come from the machine's cache, where the first test of all puts them."""
    folder = mesh_folder()
    scene = load_scene(scene_name)
    robot = scene.description.robot
    robot = msgspec.structs.replace(robot, meshes=describe_meshes(robot, folder=folder))
    return PosedCell(scene, msgspec.structs.replace(scene.description, robot=robot), folder)
