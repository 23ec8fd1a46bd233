"""What the cameras' pictures show, by both renderers."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator

import numpy as np
import pytest

from runtime.messages.cell import PartKind
from runtime.ports import Image
from sim_worlds.cameras import CameraRig, Lighting
from sim_worlds.poses import matrix_of
from tests.support.posed_cell import PosedCell, pose_cell

QUIET = Lighting(noise=0.0)


@pytest.fixture(scope="module")
def posed() -> PosedCell:
    return pose_cell()


@pytest.fixture(scope="module", params=["egl", "tiny"])
def rig(request: pytest.FixtureRequest, posed: PosedCell) -> Iterator[CameraRig]:
    rig = CameraRig(posed.cell, renderer=request.param, mismatch="none", lighting=QUIET, mesh_folder=posed.mesh_folder)
    yield rig
    rig.close()


def hue_distance(image: Image, kind: PartKind) -> np.ndarray:
    """Turns between every pixel's hue and the part's; grey pixels are far from everything."""
    rgb = image.astype(float) / 255.0
    high, low = rgb.max(axis=2), rgb.min(axis=2)
    spread = np.maximum(high - low, 1e-6)
    red, green, blue = np.moveaxis(rgb, 2, 0)
    sixths = np.select(
        [high == red, high == green], [(green - blue) / spread % 6.0, (blue - red) / spread + 2.0],
        (red - green) / spread + 4.0,
    )  # fmt: skip
    hue = colorsys.rgb_to_hsv(*kind.colour_rgb)[0]
    turn = np.abs(sixths / 6.0 - hue)
    grey = spread / np.maximum(high, 1e-6) < 0.45
    return np.where(grey, 1.0, np.minimum(turn, 1.0 - turn))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_part_is_where_the_pinhole_camera_says_and_in_its_own_hue(
    rig: CameraRig, posed: PosedCell, seed: int
) -> None:
    poses = posed.poses(seed=seed)
    overhead = rig.capture_poses(poses, stamp_ns=0)[0]
    camera = posed.cell.cameras[0]
    base_to_camera = np.linalg.inv(matrix_of(camera.camera_in_parent))
    first_part = len(poses) - len(posed.cell.parts)
    for kind, pose in zip(posed.cell.parts, poses[first_part:], strict=True):
        nearest = hue_distance(overhead.image, kind) < 0.04
        rows, columns = np.nonzero(nearest)
        top = base_to_camera @ [*pose[:2], pose[2] + 0.5 * kind.size_m[2], 1.0]
        expected = 64.0 + camera.focal_px * top[:2] / top[2]
        found = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
        assert len(rows) > 20, kind.name
        assert np.abs(found - expected).max() < 1.0, kind.name


def test_a_cylinder_shows_a_pale_mark_in_the_middle_of_its_top(rig: CameraRig, posed: PosedCell) -> None:
    poses = posed.poses(seed=1)
    overhead = rig.capture_poses(poses, stamp_ns=0)[0].image.astype(int)
    camera = posed.cell.cameras[0]
    base_to_camera = np.linalg.inv(matrix_of(camera.camera_in_parent))
    first_part = len(poses) - len(posed.cell.parts)
    for kind, pose in zip(posed.cell.parts, poses[first_part:], strict=True):
        top = base_to_camera @ [*pose[:2], pose[2] + 0.5 * kind.size_m[2], 1.0]
        column, row = (64.0 + camera.focal_px * top[:2] / top[2]).astype(int)
        middle = overhead[row, column]
        assert (middle.min() > 150) == (kind.shape == "cylinder"), kind.name


def test_a_part_in_the_hand_is_seen_by_the_wrist_camera(rig: CameraRig, posed: PosedCell) -> None:
    poses = posed.poses(width_m=0.042)
    red = next(index for index, kind in enumerate(posed.cell.parts) if kind.colour == "red")
    row = len(poses) - len(posed.cell.parts) + red
    links = len(posed.cell.robot.joints) + 3
    gone = poses.copy()
    gone[row, :3] = (0.0, 0.0, -1.0)
    held = poses.copy()
    held[row, :3] = poses[links - 2 : links, :3].mean(axis=0)
    kind = posed.cell.parts[red]
    area = [int((hue_distance(rig.capture_poses(p, stamp_ns=0)[1].image, kind) < 0.04).sum()) for p in (gone, held)]
    assert area[0] == 0
    assert area[1] > 100


def test_a_body_without_a_finite_pose_is_not_drawn(rig: CameraRig, posed: PosedCell) -> None:
    poses = posed.poses()
    poses[-len(posed.cell.parts) :] = np.nan
    overhead = rig.capture_poses(poses, stamp_ns=0)[0].image
    assert all((hue_distance(overhead, kind) < 0.04).sum() == 0 for kind in posed.cell.parts)


def test_every_frame_carries_its_stamp_and_a_rising_sequence(rig: CameraRig, posed: PosedCell) -> None:
    first = rig.capture_poses(posed.poses(), stamp_ns=123)
    second = rig.capture_poses(posed.poses(), stamp_ns=456)
    assert [picture.frame.camera for picture in first] == ["overhead", "wrist"]
    assert {picture.frame.stamp_ns for picture in first} == {123}
    assert {picture.frame.stamp_ns for picture in second} == {456}
    assert second[0].frame.sequence == first[0].frame.sequence + 1
    assert {picture.frame.renderer for picture in first} == {rig.renderer}
    assert all(picture.image.shape == (128, 128, 3) for picture in first)


def test_the_shadow_darkens_the_table_and_can_be_turned_off(posed: PosedCell) -> None:
    table: list[int] = []
    for shadow in (0.0, 1.0):
        rig = CameraRig(
            posed.cell,
            renderer="egl",
            mismatch="none",
            lighting=Lighting(noise=0.0, shadow=shadow),
            mesh_folder=posed.mesh_folder,
        )
        table.append(int(rig.capture_poses(posed.poses(), stamp_ns=0)[0].image.astype(int).sum()))
        rig.close()
    assert table[1] < 0.99 * table[0]


def test_exposure_brightens_the_picture(posed: PosedCell) -> None:
    mean: list[float] = []
    for exposure in (0.6, 1.2):
        lighting = Lighting(noise=0.0, exposure=exposure)
        rig = CameraRig(posed.cell, renderer="egl", lighting=lighting, mesh_folder=posed.mesh_folder)
        mean.append(float(rig.capture_poses(posed.poses(), stamp_ns=0)[0].image.mean()))
        rig.close()
    assert mean[1] > 1.25 * mean[0]


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(posed: PosedCell) -> None:
    runs: list[list[Image]] = []
    for seed in (3, 3, 4):
        rig = CameraRig(posed.scene, renderer="egl", seed=seed, mesh_folder=posed.mesh_folder)
        pictures = [rig.capture_poses(posed.poses(), stamp_ns=stamp) for stamp in (1, 2)]
        runs.append([picture.image for pair in pictures for picture in pair])
        rig.close()
    assert all(np.array_equal(a, b) for a, b in zip(runs[0], runs[1], strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(runs[0], runs[2], strict=True))


def test_the_camera_port_asks_for_the_truth_of_the_moment(posed: PosedCell) -> None:
    asked: list[int] = []

    def truth() -> np.ndarray:
        asked.append(1)
        return posed.poses()

    rig = CameraRig(posed.cell, renderer="egl", mesh_folder=posed.mesh_folder, truth=truth)
    assert len(rig.capture(stamp_ns=5)) == 2
    assert asked == [1]
    rig.close()


def test_without_egl_the_slow_renderer_takes_over_and_says_so(
    posed: PosedCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_driver(**_settings: object) -> None:
        raise RuntimeError("libEGL.so.1: not found")

    monkeypatch.setattr("sim_worlds.cameras.egl_renderer.moderngl.create_context", no_driver)
    rig = CameraRig(posed.cell, renderer="auto", mesh_folder=posed.mesh_folder)
    assert rig.renderer == "tiny"
    assert "libEGL" in rig.warning
    assert "libegl1" in rig.warning
    rig.close()


def test_an_unknown_renderer_or_mismatch_is_refused_with_the_allowed_ones(posed: PosedCell) -> None:
    with pytest.raises(ValueError, match="auto, egl, tiny"):
        CameraRig(posed.cell, renderer="vulkan", mesh_folder=posed.mesh_folder)
    with pytest.raises(ValueError, match="none, low, high"):
        CameraRig(posed.cell, mismatch="huge", mesh_folder=posed.mesh_folder)
