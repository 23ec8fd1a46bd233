"""What variations do to pictures, by both renderers, and what the flaws between scene and picture do."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from runtime.messages.cell import CellDescription
from runtime.ports import Image
from sim_worlds.cameras import CameraRig, Lighting
from sim_worlds.cameras.cell_drawing import draw_cell
from sim_worlds.cameras.covers import DrawnCover
from sim_worlds.cameras.egl_renderer import EglRenderer
from sim_worlds.cameras.eye import Eye
from sim_worlds.cameras.mounting import mount
from sim_worlds.poses import matrix_of
from sim_worlds.scenes import Scene
from sim_worlds.scenes.placement import PlacedPart
from sim_worlds.variation import STRENGTHS, Variation, VariedScene, variation_names, vary
from sim_worlds.variation.flaws import FLAWLESS, Cover, CoverKind, PictureFlaws
from sim_worlds.variation.foreign_objects import place_loose
from sim_worlds.variation.look import Finish, Look, Pattern, PatternKind
from sim_worlds.variation.varied_scene import CameraShift
from tests.support.posed_cell import PosedCell, pose_cell

BLACK, WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def posed() -> PosedCell:
    return pose_cell()


def pictures(posed: PosedCell, cell: CellDescription | Scene | VariedScene, *, renderer: str = "egl") -> list[Image]:
    rig = CameraRig(cell, renderer=renderer, seed=1, mesh_folder=posed.mesh_folder)
    poses = posed.poses()
    if isinstance(cell, VariedScene):
        parts = [PlacedPart(part.name, part.part_in_base) for part in posed.scene.place(1, 0)]
        loose = place_loose(cell.clutter.loose, scene=cell.scene, parts=parts, seed=(1, 0))
        rows = [[*pose.position_m, *pose.orientation_xyzw] for pose in loose]
        poses = np.concatenate([poses, np.array(rows).reshape(-1, 7)])
    try:
        return [picture.image for picture in rig.capture_poses(poses, stamp_ns=0)]
    finally:
        rig.close()


def test_without_a_variation_the_pictures_are_the_scene_s(posed: PosedCell) -> None:
    plain, varied = pictures(posed, posed.scene), pictures(posed, vary(posed.scene, variations=(), seed=1))
    assert all(np.array_equal(one, other) for one, other in zip(plain, varied, strict=True))


@pytest.mark.parametrize("name", variation_names())
def test_a_variation_changes_the_pictures_and_the_same_seed_gives_the_same_ones(posed: PosedCell, name: str) -> None:
    varied = [vary(posed.scene, variations=(Variation(name, 1.0),), seed=seed) for seed in (4, 4, 5)]
    plain, (first, again, other) = pictures(posed, posed.scene), [pictures(posed, cell) for cell in varied]
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(plain, first, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_the_slow_renderer_draws_every_variation_too(posed: PosedCell) -> None:
    everything = [Variation(name, strength) for name in variation_names() for strength in STRENGTHS.values()]
    for wish in (everything[2::3], everything[::3]):
        shown = pictures(posed, vary(posed.scene, variations=wish, seed=2), renderer="tiny")
        assert all(image.std() > 5.0 for image in shown)


def test_a_pattern_alternates_between_its_colours_and_a_fine_one_turns_grey(posed: PosedCell) -> None:
    spread: list[float] = []
    for period_m in (0.08, 0.001):
        pattern = Pattern(PatternKind.CHECKS, period_m, 0.3, WHITE, share=1.0)
        tray = _tray(posed, Look({"tray": Finish(BLACK, pattern)}))
        spread.append(float(tray.std()))
    plain = _tray(posed, Look({"tray": Finish(BLACK)}))
    assert spread[0] > 60.0
    assert spread[1] < 25.0
    assert plain.mean() < 5.0


@pytest.mark.parametrize("kind", PatternKind)
def test_every_kind_of_pattern_lies_between_its_colours(posed: PosedCell, kind: PatternKind) -> None:
    tray = _tray(posed, Look({"tray": Finish(BLACK, Pattern(kind, 0.06, 0.7, WHITE, share=1.0, offset_m=0.01))}))
    assert tray.min() < 90
    assert tray.max() > 150


def _tray(posed: PosedCell, look: Look) -> Image:
    """Pixels of the tray's far half, without parts and shadows."""
    drawing = draw_cell(posed.cell, mesh_folder=posed.mesh_folder, look=look)
    lighting = Lighting(shadow=0.0, lamp_direction=(0.0, 0.0, 1.0))
    renderer = EglRenderer(drawing, lighting=lighting, cameras=posed.cell.cameras)
    poses = posed.poses()
    poses[-len(posed.cell.parts) :] = np.nan
    camera = posed.cell.cameras[0]
    try:
        renderer.place(poses)
        renderer.begin(camera, camera_in_base=matrix_of(camera.camera_in_parent))
        renderer.settle()
        return renderer.finish(camera)[40:58, 44:84]
    finally:
        renderer.close()


def test_identities_name_the_body_that_every_pixel_shows(posed: PosedCell) -> None:
    drawing = draw_cell(posed.cell, mesh_folder=posed.mesh_folder)
    renderer = EglRenderer(drawing, lighting=Lighting(), cameras=posed.cell.cameras)
    camera = posed.cell.cameras[0]
    camera_in_base = matrix_of(camera.camera_in_parent)
    try:
        for seed in (1, 2):
            poses = posed.poses(seed=seed)
            renderer.place(poses)
            shown = renderer.identify(camera, camera_in_base=camera_in_base)
            first = 1 + drawing.links
            for index, pose in enumerate(poses[drawing.links :]):
                rows, columns = np.nonzero(shown == first + index)
                in_camera = np.linalg.inv(camera_in_base) @ (*pose[:3], 1.0)
                expected = 64.0 + camera.focal_px * in_camera[:2] / in_camera[2]
                assert np.abs((columns.mean() + 0.5, rows.mean() + 0.5) - expected).max() < 1.0
            assert (shown == 0).mean() > 0.8
    finally:
        renderer.close()


def test_a_renderer_can_go_on_with_another_drawing_and_light(posed: PosedCell) -> None:
    plain = draw_cell(posed.cell, mesh_folder=posed.mesh_folder)
    pattern = Pattern(PatternKind.STRIPES, 0.05, 0.0, WHITE, share=0.8)
    striped = draw_cell(posed.cell, mesh_folder=posed.mesh_folder, look=Look({"table": Finish(BLACK, pattern)}))
    camera = posed.cell.cameras[0]
    renderer = EglRenderer(plain, lighting=Lighting(), cameras=posed.cell.cameras)
    seen: list[Image] = []
    try:
        for drawing, exposure in ((plain, 1.0), (striped, 1.0), (striped, 0.5), (plain, 1.0)):
            renderer.redraw(drawing, lighting=Lighting(exposure=exposure))
            renderer.place(posed.poses())
            renderer.begin(camera, camera_in_base=matrix_of(camera.camera_in_parent))
            renderer.settle()
            seen.append(renderer.finish(camera))
    finally:
        renderer.close()
    assert np.array_equal(seen[0], seen[3])
    assert not np.array_equal(seen[0], seen[1])
    assert seen[2].mean() < 0.85 * seen[1].mean()


def test_a_shifted_camera_is_turned_and_moved_in_its_own_frame(posed: PosedCell) -> None:
    shift = CameraShift(rotation_rad=(0.0, 0.1, 0.0), offset_m=(0.02, 0.0, 0.0))
    cameras = posed.cell.cameras
    plain = mount(cameras, mismatch="none", seed=1)
    shifted = mount(cameras, mismatch="none", seed=1, shifts={"wrist": shift})
    assert np.array_equal(plain[0].camera_in_parent, shifted[0].camera_in_parent)
    moved = np.linalg.inv(plain[1].camera_in_parent) @ shifted[1].camera_in_parent
    assert np.allclose(moved[:3, 3], (0.02, 0.0, 0.0))
    assert moved[0, 2] == pytest.approx(np.sin(0.1))


@pytest.mark.parametrize("kind", CoverKind)
@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_a_cover_hides_exactly_its_share_and_the_same_pixels_every_time(kind: CoverKind, share: float) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    for seed in range(6):
        cover = DrawnCover(Cover(kind, share, (0.2, 0.2, 0.2), seed), width_px=128, height_px=128)
        assert cover.hidden.mean() == pytest.approx(share, abs=0.002)
        covered = cover.over(picture)
        assert np.array_equal(covered, cover.over(picture))
        changed = (covered != picture).any(axis=2)
        assert changed[cover.hidden].mean() > 0.98
        assert changed[~cover.hidden].mean() < 0.2


def test_flaws_blur_tint_and_compress(posed: PosedCell) -> None:
    camera = posed.cell.cameras[0]
    edge = np.zeros((128, 128, 3), dtype=np.uint8)
    edge[:, 64:] = 200

    def seen(**flaws: object) -> Image:
        return Eye(camera, noise=0.0, seed=1, flaws=PictureFlaws(**flaws)).expose(edge)  # type: ignore[arg-type]

    assert np.array_equal(Eye(camera, noise=0.0, seed=1, flaws=FLAWLESS).expose(edge), edge)
    assert 20 < seen(blur_px=1.5)[64, 62, 0] < 100
    red, green, blue = seen(gain_rgb=(1.2, 1.0, 0.8))[64, 100]
    assert red > green > blue
    compressed = seen(jpeg_quality=20)
    assert not np.array_equal(compressed, edge)
    assert np.abs(compressed.astype(int) - edge).mean() < 12.0
    assert np.std(seen(noise=0.05)[:, 70:].astype(float)) > 8.0


def test_a_scene_file_may_colour_its_light(posed: PosedCell) -> None:
    light = msgspec.structs.replace(posed.scene.light, lamp_rgb=(1.0, 0.5, 0.2), ambient_rgb=(1.0, 0.5, 0.2))
    red, _, blue = pictures(posed, _relit(posed.scene, light))[0].reshape(-1, 3).mean(axis=0)
    assert red > 1.3 * blue


def _relit(scene: Scene, light) -> Scene:
    from dataclasses import replace

    return replace(scene, light=light)
