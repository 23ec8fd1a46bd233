"""Parts in drawn pictures: what they are, where they lie, and what a picture cannot tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.perception import PartFinder, ViewGeometry, find_parts, shared_finder
from sim_worlds.robots import load_robot
from tests.support.drawn_pictures import Placed, draw_view
from tests.support.pick_cell import overhead, pick_cell

FLOOR_M = 0.004


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


def lying(cell: CellDescription, name: str, x: float, y: float, yaw: float = 0.0) -> Placed:
    height = next(part.size_m[2] for part in cell.parts if part.name == name)
    return (x, y, FLOOR_M + 0.5 * height, yaw)


@pytest.mark.parametrize("seed", range(6))
def test_parts_are_found_within_half_a_pixel(cell: CellDescription, seed: int) -> None:
    random = np.random.default_rng(seed)
    spots = [(0.42, -0.1), (0.42, 0.0), (0.42, 0.1), (0.56, -0.1), (0.56, 0.0), (0.56, 0.1)]
    placed = {
        part.name: lying(cell, part.name, x + random.uniform(-0.02, 0.02), y + random.uniform(-0.02, 0.02), yaw)
        for part, (x, y), yaw in zip(cell.parts, spots, random.uniform(-1.5, 1.5, 6), strict=True)
    }
    found = {seen.part: seen for seen in PartFinder(cell).find(draw_view(cell, overhead(), placed=placed))}
    assert set(found) == set(placed)
    for name, (x, y, _, _) in placed.items():
        assert math.hypot(found[name].x_m - x, found[name].y_m - y) < 0.5 * found[name].pixel_m
        assert found[name].quality > 0.6


@pytest.mark.parametrize("yaw", [-1.2, -0.5, 0.0, 0.4, 1.1])
def test_a_box_shows_its_yaw(cell: CellDescription, yaw: float) -> None:
    placed = {"blue flat box": lying(cell, "blue flat box", 0.5, 0.05, yaw)}
    (seen,) = PartFinder(cell).find(draw_view(cell, overhead(), placed=placed))
    assert abs((seen.yaw_rad - yaw + math.pi / 2) % math.pi - math.pi / 2) < 0.15


def test_shape_tells_parts_of_one_colour_apart(cell: CellDescription) -> None:
    placed = {
        "red cube": lying(cell, "red cube", 0.45, -0.08, 0.3),
        "red cylinder": lying(cell, "red cylinder", 0.55, 0.08),
    }
    found = {seen.part: seen for seen in PartFinder(cell).find(draw_view(cell, overhead(), placed=placed))}
    assert found["red cube"].x_m == pytest.approx(0.45, abs=0.003)
    assert found["red cylinder"].x_m == pytest.approx(0.55, abs=0.003)


def test_a_belief_names_places_and_what_is_missing(cell: CellDescription) -> None:
    placed = {
        "green cube": lying(cell, "green cube", 0.5, 0.0),
        "yellow cylinder": lying(cell, "yellow cylinder", 0.48, -0.30),
    }
    belief = find_parts(draw_view(cell, overhead(), placed=placed, stamp_ns=5), cell)
    assert {seen.part: seen.place for seen in belief.detections} == {"green cube": "tray", "yellow cylinder": "right"}
    assert set(belief.missing) == {part.name for part in cell.parts} - set(placed)
    assert belief.stamp_ns == 5
    assert not belief.occluded


def test_a_part_on_its_edge_in_a_tote_is_still_that_part(cell: CellDescription) -> None:
    part = next(part for part in cell.parts if part.name == "blue flat box")
    x_m, y_m, z_m = part.size_m
    tipped = part.__class__(part.name, part.colour, part.shape, part.colour_rgb, (x_m, z_m, y_m), part.mass_kg)
    drawn_cell = cell.__class__(**{**{f: getattr(cell, f) for f in cell.__struct_fields__}, "parts": (tipped,)})
    placed = {"blue flat box": (0.48, 0.3, FLOOR_M + 0.5 * y_m, 0.4)}
    (seen,) = PartFinder(cell).find(draw_view(drawn_cell, overhead(), placed=placed))
    assert (seen.part, seen.place) == ("blue flat box", "left")
    assert seen.quality > 0.4


def test_an_arm_over_the_tray_proves_nothing_absent(cell: CellDescription) -> None:
    arm = Arm(cell.robot)
    over_tray = arm.inverse(Pose((0.5, 0.0, 0.3), (1.0, 0.0, 0.0, 0.0)), arm.home_rad)
    assert over_tray is not None
    placed = {"green cube": lying(cell, "green cube", 0.5, 0.0)}
    view = draw_view(cell, overhead(), placed=placed)
    hidden = PartFinder(cell).believe(view, arm_frames=arm.frames(over_tray))
    assert hidden.occluded
    assert "green cube" in hidden.missing


def test_the_same_picture_is_read_again_only_when_arm_or_picture_differ(cell: CellDescription) -> None:
    finder = PartFinder(cell)
    arm = Arm(cell.robot)
    over_tray = arm.inverse(Pose((0.5, 0.0, 0.3), (1.0, 0.0, 0.0, 0.0)), arm.home_rad)
    assert over_tray is not None
    view = draw_view(cell, overhead(), placed={"green cube": lying(cell, "green cube", 0.5, 0.0)})
    other = draw_view(cell, overhead(), placed={"green cube": lying(cell, "green cube", 0.45, 0.05)})
    away, above = np.tile(np.eye(4), (len(cell.robot.joints), 1, 1)) - 10.0 * np.eye(4, k=3), arm.frames(over_tray)
    for asked, frames in ((view, away), (view, away), (view, above), (other, away), (view, away)):
        assert finder.survey(asked, arm_frames=frames) == PartFinder(cell).survey(asked, arm_frames=frames)
    assert finder.survey(view, arm_frames=away) != finder.survey(view, arm_frames=above)
    assert shared_finder(cell) is shared_finder(pick_cell(load_robot("panda")))


def test_an_outline_cut_by_the_border_is_worth_less(cell: CellDescription) -> None:
    camera = overhead()
    edge_m = 0.5 * camera.width_px * (1.35 - FLOOR_M) / camera.focal_px
    view = draw_view(cell, camera, placed={"green cube": lying(cell, "green cube", 0.5, edge_m - 0.01)})
    (seen,) = PartFinder(cell).find(view)
    assert seen.cut
    assert seen.quality < 0.4


def test_grey_pictures_hold_no_part(cell: CellDescription) -> None:
    assert PartFinder(cell).find(draw_view(cell, overhead(), placed={})) == ()


def test_pixels_and_planes_undo_each_other() -> None:
    camera = overhead()
    view = ViewGeometry(camera, camera.camera_in_parent)
    points = np.array([[0.5, 0.0, 0.02], [0.4, 0.2, 0.02], [0.62, -0.15, 0.02]])
    pixels, depth = view.project(points)
    assert np.allclose(depth, 1.33)
    assert np.allclose(view.on_plane(pixels, z_m=0.02), points[:, :2])


def test_a_ray_to_the_sky_meets_no_plane() -> None:
    camera = overhead()
    level = ViewGeometry(camera, Pose((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0)))
    assert np.isnan(level.on_plane(np.array([[64.0, 64.0]]), z_m=0.0)).all()
