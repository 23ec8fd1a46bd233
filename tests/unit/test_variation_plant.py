"""Loose foreign objects are bodies like the parts, and true part sizes are the plant's and the judge's."""

from __future__ import annotations

import numpy as np
import pytest

from sim_worlds.judge import Judge
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.plant.truth import packed_size, unpacked
from sim_worlds.scenes import load_scene
from sim_worlds.variation import Variation, VariedScene, vary
from tests.support.truth_picker import TruthPicker

TRAY = load_scene("tray")


def build(varied: VariedScene, *, seed: int = 1) -> PyBulletPlant:
    return PyBulletPlant(varied.scene, seed=seed, loose=varied.clutter.loose)


def cell(name: str, *, seed: int = 1) -> VariedScene:
    return vary(TRAY, variations=(Variation(name, 1.0),), seed=seed)


def test_loose_objects_rest_on_the_tray_and_move_with_a_refill() -> None:
    varied = cell("clutter", seed=3)
    plant = build(varied, seed=3)
    try:
        for tick in range(400):
            plant.step(None, stamp_ns=tick * 1_000_000)
        truth = plant.truth()
        assert truth.loose.shape == (len(varied.clutter.loose), 7)
        assert truth.poses.shape == (10 + 6 + len(varied.clutter.loose), 7)
        for pose, thing in zip(truth.loose, varied.clutter.loose, strict=True):
            assert pose[2] == pytest.approx(0.5 * thing.size_m[2], abs=0.002)
        plant.refill(1)
        assert np.linalg.norm(plant.truth().loose[:, :2] - truth.loose[:, :2], axis=1).max() > 0.02
    finally:
        plant.close()


def test_truth_with_loose_objects_survives_its_block() -> None:
    varied = cell("clutter", seed=3)
    plant = build(varied, seed=3)
    try:
        truth, loose = plant.truth(), len(varied.clutter.loose)
        packed = truth.packed()
        assert packed.shape == (packed_size(joints=7, parts=6, loose=loose),)
        again = unpacked(packed, joints=7, loose=loose)
        assert np.array_equal(again.loose, truth.loose)
        assert np.array_equal(again.parts, truth.parts)
        assert np.array_equal(again.links, truth.links)
    finally:
        plant.close()


def test_parts_of_another_size_lie_at_their_own_height_and_are_gripped_at_their_own_width() -> None:
    varied = cell("size", seed=4)
    plant = build(varied)
    try:
        judge, picker = Judge(varied.scene, plant), TruthPicker(varied.scene, plant)
        picker.hold(0.3)
        for pose, part in zip(plant.truth().parts, varied.scene.description.parts, strict=True):
            assert pose[2] == pytest.approx(0.5 * part.size_m[2], abs=0.001)
        pairs = list(zip(varied.scene.description.parts, varied.nominal.parts, strict=True))
        index, part, nominal = next(
            (index, true, nominal)
            for index, (true, nominal) in enumerate(pairs)
            if min(abs(a - b) for a in true.size_m[:2] for b in nominal.size_m[:2]) > 0.003
        )
        judge.begin(part=part.name, tote="left")
        width = picker.pick(index)
        assert min(abs(width - size) for size in part.size_m[:2]) < 0.002
        assert min(abs(width - size) for size in nominal.size_m[:2]) > 0.002
        picker.place(0)
        assert judge.outcome().succeeded
    finally:
        plant.close()


def test_what_is_not_varied_moves_no_body_of_the_plant() -> None:
    plain, varied = PyBulletPlant(TRAY, seed=2), build(cell("light"), seed=2)
    try:
        for tick in range(50):
            states = [plant.step(None, stamp_ns=tick * 1_000_000) for plant in (plain, varied)]
            assert np.array_equal(states[0].q_rad, states[1].q_rad)
        assert np.array_equal(plain.truth().poses, varied.truth().poses)
    finally:
        plain.close()
        varied.close()
