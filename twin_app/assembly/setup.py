"""What a cell is started with, and the parts every process builds from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from platformdirs import user_data_path

from runtime.messages.cell import CellDescription
from runtime.messages.requests import AddTask
from runtime.mistakes import UserMistake, quoted
from runtime.plugin_host.servers import ServerChoice

if TYPE_CHECKING:
    from runtime.plugin_host import Registry
    from sim_worlds.scenes import Scene
    from sim_worlds.variation import VariedScene

PLUGIN_FOLDER = Path(__file__).resolve().parents[2] / "plugins"


class CellSetup(msgspec.Struct, frozen=True):
    """A person's choices for one run of a cell; travels to every worker as JSON."""

    cell: str = "cell-1"
    scene: str = "tray"
    policy: str = "programmed"
    mismatch: str = "low"
    seed: int = 1
    renderer: str = "auto"
    """egl, tiny, or auto: egl where it works."""

    variations: tuple[str, ...] = ()
    """As on the command line: NAME or NAME:STRENGTH. What runtime and policies are told does not change with them."""
    servers: dict[str, ServerChoice] = {}
    """Where the servers of policies are, as a person says; by policy."""

    shadow: str = ""
    """The policy that runs in shadow from the start; empty: none."""

    fallback: str = ""
    """The policy that stands in for another one; empty: none. Without meaning while it is that which drives."""

    plugins: str = ""
    """A folder with more plugins, beside the program's own; empty: none."""


class SessionSetup(msgspec.Struct, frozen=True):
    """What a live session is started with, beside the cell itself."""

    cell: CellSetup
    data_folder: str = ""
    """Empty: the user's data folder."""

    record: str = ""
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    autostart: bool = True
    auto_restart: bool = False
    ends_with_parent: bool = False
    """True for a headless run: a runner that dies must not leave a cell behind. A console may die and come back."""

    parent_pid: int = 0
    """Who started the supervisor; filled in by `start_supervisor`. 0: unknown."""

    first_tasks: tuple[AddTask, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """The cell as it really is, and what the runtime may know of it."""

    varied: VariedScene

    @property
    def scene(self) -> Scene:
        """As it really is: for plant, cameras and judge."""
        return self.varied.scene

    @property
    def cell(self) -> CellDescription:
        """For runtime, policies and console."""
        return self.varied.nominal


def data_folder_of(setup: SessionSetup) -> Path:
    """Where queue, logs and recordings of this cell are kept."""
    base = Path(setup.data_folder) if setup.data_folder else user_data_path("celltwin")
    return base / setup.cell.cell


def variants_folder() -> Path:
    """Where `celltwin compress` registers what it made."""
    return user_data_path("celltwin") / "variants"


def absolute_scene(name_or_path: str) -> str:
    """A scene as it may travel to the cell's processes, which work in another folder: a path made absolute."""
    return str(Path(name_or_path).absolute()) if name_or_path.endswith(".toml") else name_or_path


def read_scene(setup: CellSetup) -> Drawing:
    """Read the scene, add the arm's light meshes, vary it; raises `UserMistake` for what is wrong with it."""
    from sim_worlds.cameras.meshes import describe_meshes
    from sim_worlds.scenes import load_scene
    from sim_worlds.variation import parse_variations, vary

    scene = load_scene(setup.scene)
    robot = msgspec.structs.replace(scene.description.robot, meshes=describe_meshes(scene.description.robot))
    cell = msgspec.structs.replace(scene.description, name=setup.cell, robot=robot)
    variations = parse_variations(setup.variations)
    return Drawing(vary(replace(scene, description=cell), variations=variations, seed=setup.seed))


def read_plugins(setup: CellSetup) -> Registry:
    """Find the plugins and make sure that the wished policies are among them."""
    from runtime.plugin_host import discover

    more = [Path(setup.plugins)] if setup.plugins else []
    registry = discover(PLUGIN_FOLDER, *more, choices=setup.servers, variants=variants_folder())
    names = [manifest.name for manifest in registry.policies()]
    for wished in filter(None, (setup.policy, setup.shadow, setup.fallback)):
        if wished not in names:
            troubles = registry.troubles()
            refused = "".join(f"; plugin {trouble.plugin} is not used: {trouble.reason}" for trouble in troubles)
            raise UserMistake(f"unknown policy {quoted(wished)}{refused}", remedy=f"one of: {', '.join(names)}")
    if setup.shadow == setup.policy:
        raise UserMistake(f"policy {quoted(setup.policy)} cannot drive and be in shadow", remedy="choose another one")
    return registry


def encode_setup(setup: CellSetup) -> str:
    """As one word of a command line."""
    return msgspec.json.encode(setup).decode()


def decode_setup(text: str) -> CellSetup:
    """Back from the command line; raises `msgspec.ValidationError`."""
    return msgspec.json.decode(text, type=CellSetup)
