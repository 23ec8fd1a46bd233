"""Finding, reading and checking scene files."""

from __future__ import annotations

from pathlib import Path

from sim_worlds.robots import load_body, load_robot, robot_names
from sim_worlds.scenes.drawing import draw_cell
from sim_worlds.scenes.file import SceneFile
from sim_worlds.scenes.geometry_checks import check_geometry
from sim_worlds.scenes.scene import Scene
from sim_worlds.tables import SceneError, read_table

FOLDER = Path(__file__).parent
_PROBED_LAYOUTS = 3


def scene_names() -> tuple[str, ...]:
    """The scenes that come with the program, `tray` first."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return tuple(sorted(names, key=lambda name: name != "tray"))


def load_scene(name_or_path: str | Path) -> Scene:
    """A scene by name, or by the path of a .toml file. Raises `SceneError`, which says what to do."""
    path = _locate(name_or_path)
    file = read_table(path, SceneFile)
    if file.robot not in robot_names():
        known = ", ".join(robot_names())
        raise SceneError(file=path.name, key="robot", value=file.robot, limit=f"unknown robot. Known: {known}")
    robot, body = load_robot(file.robot), load_body(file.robot)
    check_geometry(file, robot=robot, file=path.name)
    scene = Scene(
        name=path.stem,
        title=file.title,
        description=draw_cell(file, scene=path.stem, robot=robot),
        body=body,
        placement=file.placement,
        light=file.light,
        physics=file.physics,
        belt=file.belt,
    )
    for refill in range(_PROBED_LAYOUTS):
        scene.place(0, refill)
    return scene


def _locate(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    if str(name_or_path) in scene_names():
        return FOLDER / f"{name_or_path}.toml"
    known = ", ".join(scene_names())
    raise SceneError(
        file="--scene",
        key="scene",
        value=str(name_or_path),
        limit=f"unknown scene. Known: {known}",
        remedy="give one of these names, or the path of a .toml file",
    )
