"""Named, seeded variations: what is drawn, from what, and what never changes."""

from __future__ import annotations

import colorsys
import itertools
import math

import numpy as np
import pytest

from runtime.mistakes import UserMistake
from sim_worlds.scenes import load_scene, scene_names
from sim_worlds.variation import CATALOGUE, STRENGTHS, TrainingMix, Variation, parse_variations, variation_names, vary
from sim_worlds.variation.foreign_objects import place_loose
from sim_worlds.variation.free_hues import PALE, FreeHues
from twin_app.model.variations import VARIATIONS

NAMES = variation_names()
TRAY = load_scene("tray")


def wish(name: str, strength: str = "strong") -> Variation:
    return Variation(name, STRENGTHS[strength])


def test_without_a_variation_the_cell_is_the_scene_itself() -> None:
    varied = vary(TRAY, variations=(), seed=3)
    assert varied.scene is TRAY
    assert varied.nominal is TRAY.description
    assert not varied.look.finishes
    assert not varied.shifts
    assert not varied.flaws
    assert not varied.clutter.loose + varied.clutter.fixed


@pytest.mark.parametrize("scene", scene_names())
@pytest.mark.parametrize(("name", "strength"), list(itertools.product(NAMES, STRENGTHS)))
def test_every_variation_changes_the_cell_but_never_its_drawing(scene: str, name: str, strength: str) -> None:
    plain = load_scene(scene)
    for seed in range(5):
        varied = vary(plain, variations=(wish(name, strength),), seed=seed)
        assert varied.nominal is plain.description
        assert varied.variations == (wish(name, strength),)
        assert varied.drawn
        assert varied != vary(plain, variations=(), seed=seed)
        varied.scene.place(seed, 0)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_cell_and_another_seed_another(name: str) -> None:
    first, again, other = (vary(TRAY, variations=(wish(name),), seed=seed) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", NAMES)
def test_a_variation_draws_the_same_whatever_else_is_varied(name: str) -> None:
    alone = vary(TRAY, variations=(wish(name),), seed=9).drawn
    together = vary(TRAY, variations=[wish(other) for other in reversed(NAMES)], seed=9).drawn
    assert {key: value for key, value in together.items() if key.startswith(f"{name}.")} == alone


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_a_weaker_variation_is_the_same_one_only_less_of_it(kind) -> None:
    weak, strong = (vary(TRAY, variations=(wish(kind.name, word),), seed=4).drawn for word in ("weak", "strong"))
    assert weak.keys() == strong.keys()
    for key in weak:
        parameter = kind.parameter(key.rsplit(".", 1)[-1])
        if not parameter.name.endswith("_count"):
            place = [_place(value, parameter.span(STRENGTHS[word]), parameter.name) for value, word in
                     ((weak[key], "weak"), (strong[key], "strong"))]  # fmt: skip
            assert place[0] == pytest.approx(place[1], abs=1e-6)


def _place(value: float, span: tuple[float, float], name: str) -> float:
    low, high = span
    if low == high:
        return 0.0
    if name.endswith("_factor"):
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low)


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_ranges_are_ordered_grow_with_the_strength_and_start_at_nothing(kind) -> None:
    for parameter in kind.parameters:
        spans = [parameter.span(strength) for strength in (0.0, *STRENGTHS.values())]
        assert spans[0] == (parameter.neutral, parameter.neutral)
        assert spans[1:] == [parameter.weak, parameter.medium, parameter.strong]
        assert all(low <= high for low, high in spans)
        reach = [max(abs(end - parameter.neutral) for end in span) for span in spans]
        assert reach == sorted(reach), parameter.name


def test_the_strength_of_camera_and_occlusion_is_exact() -> None:
    for word, degrees, share in (("weak", 1.0, 0.1), ("medium", 2.0, 0.2), ("strong", 5.0, 0.3)):
        varied = vary(TRAY, variations=(wish("camera", word), wish("occlusion", word)), seed=2)
        for shift in varied.shifts.values():
            assert math.degrees(math.hypot(*shift.rotation_rad)) == pytest.approx(degrees)
        assert {flaw.cover.share for flaw in varied.flaws.values() if flaw.cover} == {share}


def test_parts_of_any_size_can_be_gripped_stay_round_and_weigh_accordingly() -> None:
    gripper = TRAY.description.robot.gripper
    for seed in range(100):
        parts = vary(TRAY, variations=(wish("size"),), seed=seed).scene.description.parts
        for part, nominal in zip(parts, TRAY.description.parts, strict=True):
            assert min(part.size_m[:2]) <= gripper.width_max_m - 0.01
            assert part.shape != "cylinder" or part.size_m[0] == part.size_m[1]
            assert part.mass_kg / nominal.mass_kg == pytest.approx(math.prod(part.size_m) / math.prod(nominal.size_m))


def test_occlusion_hides_one_camera_or_the_other_or_both() -> None:
    hidden = {
        tuple(sorted(name for name, flaw in vary(TRAY, variations=(wish("occlusion"),), seed=seed).flaws.items()))
        for seed in range(60)
    }
    assert hidden == {("overhead",), ("wrist",), ("overhead", "wrist")}


def test_foreign_objects_and_surfaces_have_no_part_s_colour() -> None:
    hues = [360.0 * colorsys.rgb_to_hsv(*part.colour_rgb)[0] for part in TRAY.description.parts]
    for seed in range(50):
        varied = vary(TRAY, variations=(wish("clutter"), wish("texture")), seed=seed)
        colours = [thing.colour_rgb for thing in (*varied.clutter.loose, *varied.clutter.fixed)]
        colours += [varied.look.finishes[name].colour_rgb for name in ("table", "tray", "walls", "totes")]
        for colour in colours:
            hue, saturation, _ = colorsys.rgb_to_hsv(*colour)
            apart = min(abs((360.0 * hue - other + 180.0) % 360.0 - 180.0) for other in hues)
            assert saturation <= PALE or apart >= 19.9


def test_where_no_hue_is_free_things_are_grey() -> None:
    crowded = [TRAY.description.parts[0]] * 1
    parts = [_recoloured(crowded[0], hue) for hue in range(0, 360, 30)]
    colour = FreeHues(parts).colour(np.random.default_rng(1), saturation=0.9, value=0.5)
    assert colorsys.rgb_to_hsv(*colour)[1] <= PALE + 1e-9


def _recoloured(part, hue: float):
    from msgspec.structs import replace

    return replace(part, colour_rgb=colorsys.hsv_to_rgb(hue / 360.0, 0.8, 0.8))


def test_loose_objects_lie_on_the_tray_apart_from_parts_in_every_layout() -> None:
    clutter = vary(TRAY, variations=(wish("clutter"),), seed=8).clutter
    assert 4 <= len(clutter.loose) <= 6
    tray = TRAY.description.tray
    for refill in range(60):
        parts = TRAY.place(8, refill)
        poses = place_loose(clutter.loose, scene=TRAY, parts=parts, seed=(8, refill))
        assert poses == place_loose(clutter.loose, scene=TRAY, parts=parts, seed=(8, refill))
        for pose, thing in zip(poses, clutter.loose, strict=True):
            for axis in (0, 1):
                offset = abs(pose.position_m[axis] - tray.centre_in_base_m[axis])
                assert offset + thing.radius_m <= tray.inner_half_extents_m[axis]
            for part in parts:
                assert math.dist(pose.position_m[:2], part.part_in_base.position_m[:2]) > thing.radius_m + 0.02


def test_nothing_that_is_only_drawn_stands_where_the_hand_goes() -> None:
    workspace, tray = TRAY.description.workspace, TRAY.description.tray
    for seed in range(50):
        for thing in vary(TRAY, variations=(wish("clutter"),), seed=seed).clutter.fixed:
            x, y, z = thing.object_in_base.position_m
            flat = thing.size_m[2] < 0.001
            outside = not workspace.contains((x, y, max(z, workspace.lower_m[2])))
            assert flat or (outside and thing.size_m[2] <= 0.03)
            if flat:
                assert abs(x - tray.centre_in_base_m[0]) < tray.inner_half_extents_m[0]
                assert abs(y - tray.centre_in_base_m[1]) < tray.inner_half_extents_m[1]


def test_a_belt_carries_no_clutter() -> None:
    clutter = vary(load_scene("conveyor"), variations=(wish("clutter"),), seed=1).clutter
    assert not clutter.loose
    assert clutter.fixed


@pytest.mark.parametrize(
    ("word", "strength"), [("light", 2 / 3), ("light:weak", 1 / 3), ("Light:STRONG", 1.0), ("light:0.4", 0.4)]
)
def test_a_wish_is_read(word: str, strength: float) -> None:
    (read,) = parse_variations([word])
    assert read == Variation("light", strength)
    assert parse_variations([read.words]) == (read,)


@pytest.mark.parametrize(
    ("word", "what", "remedy"),
    [
        ("fog", "unknown variation 'fog'", "one of: light, texture"),
        ("light:huge", "unknown strength 'huge' of variation light", "weak, medium, strong"),
        ("light:1.5", "strength '1.5' of variation light is outside 0…1", "0 to 1"),
        ("light:nan", "strength 'nan' of variation light is outside 0…1", "0 to 1"),
        ("", "unknown variation ''", "one of"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_allowed(word: str, what: str, remedy: str) -> None:
    with pytest.raises(UserMistake) as caught:
        parse_variations([word])
    assert caught.value.what == what
    assert remedy in caught.value.remedy


def test_of_one_name_the_last_wish_counts_and_an_unknown_one_is_refused() -> None:
    assert parse_variations(["light:weak", "noise", "light:strong"])[0].strength == 1.0
    with pytest.raises(ValueError, match="allowed are light, texture"):
        vary(TRAY, variations=(Variation("fog", 1.0),), seed=1)


def test_the_command_line_names_every_variation() -> None:
    assert VARIATIONS == NAMES


def test_a_training_mix_draws_some_variations_at_any_strength() -> None:
    mix = TrainingMix(strongest={"light": 1.0, "camera": 0.5}, chance=0.5)
    samples = [mix.sample(seed) for seed in range(400)]
    assert samples == [mix.sample(seed) for seed in range(400)]
    strengths = {name: [one.strength for sample in samples for one in sample if one.name == name] for name in NAMES}
    assert 150 < len(strengths["light"]) < 250
    assert 0.9 < max(strengths["light"]) <= 1.0
    assert 0.45 < max(strengths["camera"]) <= 0.5
    assert not strengths["size"]
    assert [s for s in samples if not s]
