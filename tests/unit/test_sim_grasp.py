"""Grasps on every scene: picked by truth, held while carried, judged by where the part lies afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from sim_worlds.judge import Judge
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.scenes import load_scene
from tests.support.truth_picker import TruthPicker


@pytest.mark.parametrize(("name", "shape"), [("tray", "cube"), ("tray", "cylinder"), ("tray_iiwa", "flat box")])
def test_a_grasped_part_arrives_in_the_tote(name: str, shape: str):
    scene = load_scene(name)
    plant = PyBulletPlant(scene, mismatch="low", seed=1)
    try:
        picker, judge = TruthPicker(scene, plant), Judge(scene, plant)
        picker.hold(0.1)
        kinds = scene.description.parts
        part = next(index for index, kind in enumerate(kinds) if kind.shape == shape)
        judge.begin(part=kinds[part].name, tote="left")
        width = picker.pick(part)
        assert width == pytest.approx(kinds[part].size_m[1], abs=0.002)
        assert judge.outcome().place == "gripper"
        assert picker.state.gripper_force_n > 10.0
        picker.place(0)
        outcome = judge.outcome()
        assert outcome.succeeded
        assert not outcome.wrong_part
        assert not outcome.dropped
    finally:
        plant.close()


def test_the_judge_sees_a_wrong_part_and_a_dropped_one():
    scene = load_scene("tray")
    plant = PyBulletPlant(scene, mismatch="none", seed=1)
    try:
        judge = Judge(scene, plant)
        names = [part.name for part in scene.description.parts]
        judge.begin(part=names[0], tote="left")
        assert not judge.outcome().succeeded
        assert judge.outcome().place == "tray"
        placed = scene.place(1, 0)
        _put(plant, 1, placed[1], (0.48, -0.33, 0.03))
        assert judge.outcome().moved == (names[1],)
        assert judge.outcome().wrong_part
        _put(plant, 0, placed[0], (0.20, 0.50, 0.03))
        assert judge.outcome().dropped
        with pytest.raises(KeyError):
            judge.begin(part="pink pyramid", tote="left")
    finally:
        plant.close()


def _put(plant: PyBulletPlant, index: int, placed, position_m) -> None:
    from runtime.messages.geometry import Pose
    from sim_worlds.scenes import PlacedPart

    plant._world.put_part(index, PlacedPart(placed.name, Pose(position_m)))


def test_the_belt_carries_parts_at_its_speed_and_brings_them_round_again():
    scene = load_scene("conveyor")
    plant = PyBulletPlant(scene, mismatch="low", seed=1)
    try:
        speed = scene.description.tray.belt_velocity_m_s[0]
        for tick in range(300):
            plant.step(None, stamp_ns=tick * 1_000_000)
        before = plant.truth().parts[:, 0]
        for tick in range(1000):
            plant.step(None, stamp_ns=tick * 1_000_000)
        moved = plant.truth().parts[:, 0] - before
        carried = moved[moved < 0.0]
        assert len(carried) >= 4
        assert carried == pytest.approx(np.full(len(carried), speed), abs=0.002)
        for tick in range(6000):
            plant.step(None, stamp_ns=tick * 1_000_000)
        low = scene.description.tray.centre_in_base_m[0] - scene.description.tray.inner_half_extents_m[0] - 0.06
        assert (plant.truth().parts[:, 0] > low).all()
    finally:
        plant.close()
