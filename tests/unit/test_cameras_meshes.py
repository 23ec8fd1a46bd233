"""Light meshes: reduced, watertight enough to look at, cached whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from runtime.mistakes import UserMistake
from sim_worlds.cameras.meshes import describe_meshes, load_mesh, mesh_folder
from sim_worlds.cameras.obj_files import read_obj
from sim_worlds.cameras.simplification import shade, simplify
from sim_worlds.cameras.solids import box_mesh, cylinder_mesh, top_mark_mesh
from sim_worlds.cameras.visuals import NoVisuals, load_visuals
from sim_worlds.robots import load_robot, robot_names

TRIANGLES_AT_MOST = 3600


def grid_sphere(rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A unit ball as a fine grid."""
    polar, turn = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, 2 * rows), indexing="ij")
    vertices = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1).reshape(-1, 3)
    a = (np.arange(rows - 1)[:, None] * 2 * rows + np.arange(2 * rows - 1)).reshape(-1)
    below = a + 2 * rows
    return vertices, np.concatenate([np.stack([a, below, below + 1], 1), np.stack([a, below + 1, a + 1], 1)])


@pytest.mark.parametrize("budget", [60, 200, 800])
def test_a_reduced_ball_stays_in_its_budget_and_on_its_surface(budget: int) -> None:
    vertices, triangles = simplify(*grid_sphere(), triangle_budget=budget)
    used = vertices[np.unique(triangles)]
    assert budget / 4 < len(triangles) <= budget
    assert np.abs(np.linalg.norm(used, axis=1) - 1.0).max() < 0.2


def test_normals_are_smooth_on_a_ball_and_sharp_on_a_box() -> None:
    ball = shade(*grid_sphere())
    off_poles = np.abs(ball.vertices[:, 2]) < 0.95
    assert (np.einsum("ij,ij->i", ball.normals, ball.vertices)[off_poles] > 0.99).all()
    box = box_mesh((0.2, 0.3, 0.4))
    assert len(box.triangles) == 12
    assert np.allclose(np.abs(box.normals).max(axis=1), 1.0)


def test_solids_face_outwards_and_have_their_size() -> None:
    for mesh, size in ((box_mesh((0.1, 0.2, 0.3)), (0.1, 0.2, 0.3)), (cylinder_mesh((0.1, 0.1, 0.3)), (0.1, 0.1, 0.3))):
        corners = mesh.vertices[mesh.triangles].astype(float)
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (np.einsum("ij,ij->i", facing, corners.mean(axis=1)) > 0).all()
        assert np.allclose(np.ptp(mesh.vertices, axis=0), size, atol=1e-3)
    mark = top_mark_mesh((0.1, 0.1, 0.3))
    assert (mark.vertices[:, 2] > 0.15).all()


def test_every_arm_is_light_complete_and_reduced_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    robots = [load_robot(name) for name in robot_names()]
    described = [describe_meshes(robot, folder=tmp_path) for robot in robots]
    for robot, meshes in zip(robots, described, strict=True):
        total = sum(len(load_mesh(mesh.file, folder=tmp_path).triangles) for mesh in meshes)
        assert total <= TRIANGLES_AT_MOST, robot.name
        assert {mesh.joint for mesh in meshes} == set(range(-1, len(robot.joints) + 2)), robot.name
    written = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    monkeypatch.setattr("sim_worlds.cameras.meshes.read_obj", lambda path: pytest.fail(f"read {path}"))
    assert [describe_meshes(robot, folder=tmp_path) for robot in robots] == described
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == written


def test_an_interrupted_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_args: object, **_arrays: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("sim_worlds.cameras.meshes.np.savez", full_disk)
    with pytest.raises(OSError, match="No space"):
        describe_meshes(load_robot("panda"), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_arm_without_a_visual_model_is_named() -> None:
    with pytest.raises(NoVisuals, match="no_such_arm"):
        load_visuals("no_such_arm")


def test_obj_polygons_are_fanned_and_dark_materials_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.mtl").write_text("newmtl ink\nKd 0.1 0.1 0.1\nnewmtl chalk\nKd 0.9 0.9 0.9\n")
    (tmp_path / "a.obj").write_text(
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nusemtl chalk\nf 1//1 2//1 3//1 4//1\nusemtl ink\nf -4 -3 -2\n"
    )
    light, dark = read_obj(tmp_path / "a.obj")
    assert (light.dark, dark.dark) == (False, True)
    assert light.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert dark.triangles.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("keep", [0, 10, 300, -200])
def test_a_damaged_file_of_the_cache_is_made_anew(keep: int, tmp_path: Path) -> None:
    robot = load_robot("panda")
    described = describe_meshes(robot, folder=tmp_path)
    whole = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path, content in whole.items():
        path.write_bytes(content[:keep])
    with pytest.raises(ValueError, match=r"\.npz|Cannot load|No data|pickle"):
        load_mesh(described[0].file, folder=tmp_path)
    assert describe_meshes(robot, folder=tmp_path) == described
    for mesh in described:
        load_mesh(mesh.file, folder=tmp_path)


def test_an_unusable_cache_folder_is_replaced_by_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    assert mesh_folder().parent == tmp_path / "tmp"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(UserMistake, match="cache folder") as refused:
        mesh_folder()
    assert "XDG_CACHE_HOME" in refused.value.remedy
