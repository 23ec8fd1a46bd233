"""Static scenes for training: seeded, consistent with themselves, labelled with the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

import numpy as np
import pytest

from runtime.kinematics import Arm
from sim_worlds.cameras.frames import inverse
from sim_worlds.poses import matrix_of
from sim_worlds.scenes import SceneError, load_scene
from sim_worlds.stills import Still, StillRecipe, Studio
from sim_worlds.variation import STRENGTHS, TrainingMix, Variation, variation_names

SEEDS = range(80)
CELL = load_scene("tray").description


def taken(recipe: StillRecipe, seeds: Iterable[int]) -> list[Still]:
    with closing(Studio(recipe)) as studio:
        return [studio.take(seed) for seed in seeds]


@pytest.fixture(scope="module")
def stills() -> list[Still]:
    return taken(StillRecipe(), SEEDS)


@pytest.fixture(scope="module")
def mixed() -> list[Still]:
    return taken(StillRecipe(mix=TrainingMix()), SEEDS)


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio(StillRecipe(mix=TrainingMix()))
    yield studio
    studio.close()


def same(first: Still, second: Still) -> bool:
    pictures = all(
        np.array_equal(first.views[name].picture.image, second.views[name].picture.image) for name in first.views
    )
    return pictures and first.parts == second.parts and np.array_equal(first.q_rad, second.q_rad)


def test_a_still_depends_on_its_seed_alone(studio: Studio, mixed: list[Still]) -> None:
    for seed in (40, 3, 40, 17):
        assert same(studio.take(seed), mixed[seed])
    assert not same(mixed[3], mixed[4])


def test_pictures_and_nominal_poses_are_as_in_an_observation(stills: list[Still]) -> None:
    arm = Arm(CELL.robot)
    for still in stills:
        assert set(still.views) == {"overhead", "wrist"}
        for name, view in still.views.items():
            assert view.picture.image.shape == (128, 128, 3)
            assert view.picture.image.dtype == np.uint8
            assert view.camera.name == name
        assert still.views["overhead"].camera_in_base == CELL.cameras[0].camera_in_parent
        flange = arm.frames(still.q_rad)[-1] @ matrix_of(CELL.robot.flange_in_last_joint)
        nominal = flange @ matrix_of(CELL.cameras[1].camera_in_parent)
        assert np.allclose(matrix_of(still.views["wrist"].camera_in_base), nominal, atol=1e-9)
        assert arm.fk(still.q_rad) == still.gripper_in_base


def test_every_place_and_every_occasion_occurs(stills: list[Still]) -> None:
    places = Counter(part.place for still in stills for part in still.parts)
    assert set(places) == {"tray", "left", "right", "hand", "absent"}
    assert places["tray"] > 200
    occasions = Counter(still.occasion for still in stills)
    assert set(occasions) == {"watching", "approaching", "gripping", "carrying", "passing"}


def test_a_part_that_shows_alone_shows_where_its_label_says(stills: list[Still]) -> None:
    looked_at = 0
    for still in stills:
        for part in still.parts:
            sight = part.sights.get("overhead")
            if sight is None or part.place != "tray" or sight.share < 0.9 or not sight.inside:
                continue
            column, row = (int(value) for value in sight.pixel)
            window = still.views["overhead"].picture.image[row - 1 : row + 2, column - 1 : column + 2]
            mark = "cylinder" in part.name
            colour = window.reshape(-1, 3).mean(axis=0)
            assert mark or colour.max() - colour.min() > 40, (still.seed, part.name)
            looked_at += 1
    assert looked_at > 150


def test_absent_parts_have_no_label_of_place_and_hidden_ones_do_not_count_as_visible(stills: list[Still]) -> None:
    for still in stills:
        for part in still.parts:
            assert (part.part_in_base is None) == (part.place == "absent")
            assert (not part.sights) == (part.place == "absent")
            for sight in part.sights.values():
                assert sight.shown_px <= sight.whole_px * 1.35 + 12
                assert not sight.visible or sight.shown_px >= 3


def test_what_is_carried_is_between_the_fingers_and_nowhere_else(stills: list[Still]) -> None:
    carried = [still for still in stills if still.occasion == "carrying"]
    assert len(carried) > 5
    for still in carried:
        part = still.part(still.gripped)
        assert part.place == "hand"
        assert part.part_in_base is not None
        in_gripper = inverse(matrix_of(still.gripper_in_base)) @ matrix_of(part.part_in_base)
        assert np.abs(in_gripper[:3, 3]).max() < 0.02
        assert min(abs(still.gripper_width_m - size) for size in part.size_m[:2]) < 1e-9
        assert [other.name for other in still.parts if other.place == "hand"] == [still.gripped]


def test_labels_follow_the_true_camera_and_not_the_drawn_one() -> None:
    recipe = StillRecipe(variations=(Variation("camera", 1.0),), mismatch="none")
    for still in taken(recipe, range(10)):
        for name, view in still.views.items():
            nominal, true = matrix_of(view.camera_in_base), matrix_of(still.camera_in_base[name])
            cosine = 0.5 * (np.trace(nominal[:3, :3].T @ true[:3, :3]) - 1.0)
            assert np.degrees(np.arccos(cosine)) == pytest.approx(5.0, abs=1e-6)
            for part in still.parts:
                if part.part_in_base is not None:
                    in_camera = inverse(true) @ (*part.part_in_base.position_m, 1.0)
                    expected = 64.0 + view.camera.focal_px * in_camera[:2] / in_camera[2]
                    assert np.allclose(part.sights[name].pixel, expected)


def test_variations_change_the_picture_but_not_what_happens() -> None:
    plain = taken(StillRecipe(), range(6))
    light = taken(StillRecipe(variations=(Variation("light", 1.0),)), range(6))
    for one, other in zip(plain, light, strict=True):
        assert np.array_equal(one.q_rad, other.q_rad)
        assert [part.part_in_base for part in one.parts] == [part.part_in_base for part in other.parts]
        images = (one.views["overhead"].picture.image, other.views["overhead"].picture.image)
        assert np.abs(images[0].astype(int) - images[1]).mean() > 1.0


@pytest.mark.parametrize("scene", ["conveyor", "tray_iiwa"])
def test_every_scene_can_be_taken_at_full_strength(scene: str) -> None:
    everything = tuple(Variation(name, STRENGTHS["strong"]) for name in variation_names())
    stills = taken(StillRecipe(scene, variations=everything), range(5))
    assert [still.seed for still in stills] == list(range(5))
    assert all(len(still.variations) == len(variation_names()) for still in stills)


def test_an_unusable_scene_is_said() -> None:
    with pytest.raises(SceneError, match="unknown scene"):
        Studio(StillRecipe("warehouse"))


def test_a_given_strength_stands_before_the_mix() -> None:
    recipe = StillRecipe(variations=(Variation("light", 0.25),), mix=TrainingMix(chance=1.0))
    strengths = {one.name: one.strength for one in recipe.variations_of(3)}
    assert strengths["light"] == 0.25
    assert set(strengths) == set(variation_names())
