"""Light triangle meshes of an arm, reduced once from pybullet_data and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile
from zlib import error as ZlibError  # noqa: N812 - an exception

import msgspec
import numpy as np
import platformdirs

from runtime.messages.geometry import Pose, Vector3
from runtime.messages.robot import RobotDescription, VisualMesh
from runtime.mistakes import UserMistake
from sim_worlds.cameras.obj_files import read_obj
from sim_worlds.cameras.simplification import LightMesh, shade, simplify
from sim_worlds.cameras.solids import box_mesh
from sim_worlds.cameras.visuals import MeshEntry, Visuals, carrier_of, load_visuals, pose_in_carrier
from sim_worlds.poses import matrix_of, pose_of
from sim_worlds.robots import load_body

REDUCTION_VERSION = 1
"""Part of every cached file's name: raise it when the reduction changes."""

_MESH_BYTES = 1 << 18
"""More than the largest reduced mesh takes."""


def mesh_folder() -> Path:
    """Where the .npz files of `VisualMesh.file` lie; created when missing.

    The user's cache folder, or where that cannot be written a private one in the system's temporary
    folder, which every process of this user finds.
    """
    folder = Path(platformdirs.user_cache_dir("celltwin")) / "meshes"
    if _takes_files(folder):
        return folder
    spare = Path(tempfile.gettempdir()) / f"celltwin-meshes-{os.getuid()}"
    if _takes_files(spare) and spare.lstat().st_uid == os.getuid() and not spare.is_symlink():
        return spare
    raise UserMistake(
        f"neither the cache folder {folder} nor {spare} can be written",
        remedy="mend their owner and mode or make room; XDG_CACHE_HOME moves the cache folder, TMPDIR the other",
    )


def _takes_files(folder: Path) -> bool:
    """Whether a file of a mesh's size can be written there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_MESH_BYTES))
    except OSError:
        return False
    return True


def describe_meshes(robot: RobotDescription, *, folder: Path | None = None) -> tuple[VisualMesh, ...]:
    """The arm's visual meshes; reduces and stores those that are not in the cache yet (about a second).

    Raises `NoVisuals` when the arm has no visual model, OSError when the folder cannot be written.
    """
    target = folder or mesh_folder()
    visuals = load_visuals(robot.name)
    described: list[VisualMesh] = []
    for entry in visuals.mesh:
        described.extend(_describe_file(entry, visuals, robot, target))
    if visuals.body_rgb is not None:
        described.extend(_describe_body(robot, visuals.body_rgb, target))
    return tuple(described)


def load_mesh(file: str, *, folder: Path | None = None) -> LightMesh:
    """A stored mesh; raises OSError when it is missing and ValueError when it is damaged."""
    path = (folder or mesh_folder()) / file
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return LightMesh(stored["vertices"], stored["normals"], stored["triangles"])
    except (BadZipFile, EOFError, LookupError, TypeError, AttributeError, ZlibError) as trouble:
        raise ValueError(f"{path.name} is damaged: {trouble}") from trouble


def _is_sound(path: Path) -> bool:
    """Whether a stored mesh is there and can be read to its end."""
    try:
        load_mesh(path.name, folder=path.parent)
    except (OSError, ValueError):
        return False
    return True


def _describe_file(entry: MeshEntry, visuals: Visuals, robot: RobotDescription, folder: Path) -> list[VisualMesh]:
    pose = _in_joint(entry, robot)
    carrier = carrier_of(entry.joint, robot=robot)
    stem = _stem(robot, entry.joint, (entry.file, entry.triangles))
    dark = folder / f"{stem}-dark.npz"
    if not _is_sound(folder / f"{stem}-light.npz") or (dark.is_file() and not _is_sound(dark)):
        _reduce(entry, stem, folder)
    described: list[VisualMesh] = []
    tones = (("light", visuals.light_rgb), ("dark", visuals.dark_rgb))
    for tone, colour in tones:
        if (folder / f"{stem}-{tone}.npz").is_file():
            described.append(VisualMesh(carrier, f"{stem}-{tone}.npz", pose, entry.colour_rgb or colour))
    return described


def _reduce(entry: MeshEntry, stem: str, folder: Path) -> None:
    """Writes the dark group first: the light one, always there, marks the pair as complete."""
    groups = sorted(read_obj(_data_folder() / entry.file), key=lambda group: not group.dark)
    total = sum(len(group.triangles) for group in groups)
    for index, group in enumerate(groups):
        budget = max(60, entry.triangles * len(group.triangles) // total)
        mesh = shade(*simplify(group.vertices, group.triangles, triangle_budget=budget))
        last = index == len(groups) - 1
        _store(folder / f"{stem}-{'light' if last else 'dark'}.npz", mesh)


def _describe_body(robot: RobotDescription, colour_rgb: Vector3, folder: Path) -> list[VisualMesh]:
    """Solid hand and fingers as the plant has them; the right finger is the left one's mirror image."""
    count = len(robot.joints)
    body = load_body(robot.name)
    gripper_in_joint = matrix_of(robot.flange_in_last_joint) @ matrix_of(robot.gripper.gripper_in_flange)
    described: list[VisualMesh] = []
    for box in body.hand:
        pose = pose_of(gripper_in_joint @ matrix_of(Pose(box.centre_m)))
        described.append(VisualMesh(count - 1, _stored_box(robot, box.size_m, folder), pose, colour_rgb))
    for carrier, side in ((count, 1.0), (count + 1, -1.0)):
        for box in body.finger:
            x, y, z = box.centre_m
            file = _stored_box(robot, box.size_m, folder)
            described.append(VisualMesh(carrier, file, Pose((x, side * y, z)), colour_rgb))
    return described


def _stored_box(robot: RobotDescription, size_m: Vector3, folder: Path) -> str:
    file = f"{_stem(robot, 'box', size_m)}.npz"
    if not _is_sound(folder / file):
        _store(folder / file, box_mesh(size_m))
    return file


def _in_joint(entry: MeshEntry, robot: RobotDescription) -> Pose:
    pose = pose_in_carrier(entry, robot=robot)
    if entry.joint != "hand":
        return pose
    gripper = robot.gripper.gripper_in_flange
    hand_in_flange = Pose((0.0, 0.0, 0.0), gripper.orientation_xyzw)
    return pose_of(matrix_of(robot.flange_in_last_joint) @ matrix_of(hand_in_flange) @ matrix_of(pose))


def _stem(robot: RobotDescription, joint: int | str, source: tuple[object, ...] | Vector3) -> str:
    digest = hashlib.sha256(msgspec.json.encode([REDUCTION_VERSION, source])).hexdigest()[:10]
    return f"{robot.name}-{joint}-{digest}"


def _store(path: Path, mesh: LightMesh) -> None:
    """Whole or not at all: another process may be reading or writing the same file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, vertices=mesh.vertices, normals=mesh.normals, triangles=mesh.triangles)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _data_folder() -> Path:
    spec = find_spec("pybullet_data")
    if spec is None or spec.origin is None:
        raise OSError("the package pybullet_data is missing: run `make setup`")
    return Path(spec.origin).parent
