"""The simulated plant: physics against the nominal model, limits, protection, delay, sensors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from runtime.kinematics import Arm
from runtime.messages.joint import JointCommand, PlantFlag, PlantState
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.plant.truth import packed_size, unpacked
from sim_worlds.scenes import Scene, SceneError, load_scene
from tests.support.truth_picker import TruthPicker

TICK_NS = 1_000_000


@pytest.fixture(scope="module")
def scene() -> Scene:
    return load_scene("tray")


@pytest.fixture
def plant(scene: Scene):
    with_plant = PyBulletPlant(scene, mismatch="none", seed=1)
    yield with_plant
    with_plant.close()


def command(plant: PyBulletPlant, arm: Arm, **changes: object) -> JointCommand:
    state = plant.measure()
    torque = arm.gravity(state.q_rad)
    plain = JointCommand(state.tick + 1, state.stamp_ns, torque, 0.08, 30.0, False, False, 0)
    return dataclasses.replace(plain, **changes)


def drive(plant: PyBulletPlant, arm: Arm, ticks: int, **changes: object) -> PlantState:
    state = plant.measure()
    for _ in range(ticks):
        state = plant.step(command(plant, arm, **changes), stamp_ns=(plant.measure().tick + 1) * TICK_NS)
    return state


def silence(plant: PyBulletPlant, ticks: int) -> PlantState:
    state = plant.measure()
    for _ in range(ticks):
        state = plant.step(None, stamp_ns=(plant.measure().tick + 1) * TICK_NS)
    return state


def test_brakes_hold_the_arm_until_the_first_command(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    state = silence(plant, 500)
    assert state.flags == PlantFlag.BRAKED
    assert state.missed_commands == 0
    assert np.abs(state.q_rad - arm.home_rad).max() < 5e-4


@pytest.mark.parametrize("load_nm", [0.0, 4.0])
def test_a_closed_brake_lets_nothing_creep_under_load(scene: Scene, load_nm: float):
    plant = PyBulletPlant(scene, mismatch="low", seed=1)
    arm = Arm(scene.description.robot)
    began = plant.truth().links
    torque = arm.gravity(arm.home_rad) * (load_nm != 0.0) + [load_nm, *[0.0] * 6]
    drive(plant, arm, 5_000, brake=True, torque_nm=torque)
    assert np.abs(plant.truth().links - began).max() < 1e-4
    plant.close()


def test_a_braked_joint_that_was_forced_stays_where_it_is_then(scene: Scene, plant: PyBulletPlant):
    plant._braking = [0.5] * 7  # worn out: less than gravity
    plant._close_brakes()
    forced = silence(plant, 300).q_rad
    plant._braking = [200.0] * 7
    plant._close_brakes()
    held = silence(plant, 500).q_rad
    again = silence(plant, 500).q_rad
    assert np.abs(forced - Arm(scene.description.robot).home_rad).max() > 0.05
    assert np.abs(again - held).max() < 1e-4


def test_gravity_torque_alone_holds_the_arm_with_open_brakes(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    drive(plant, arm, 50, brake=True)
    state = drive(plant, arm, 500)
    assert not state.flags & PlantFlag.BRAKED
    assert np.abs(state.q_rad - arm.home_rad).max() < 2e-3


def test_the_arm_without_mismatch_follows_the_nominal_model_with_rotor_inertia(scene: Scene, plant: PyBulletPlant):
    picker = TruthPicker(scene, plant)
    picker.hold(0.3)
    picker.worst_error_rad = 0.0
    picker.move(picker.arm.home_rad + [0.4, -0.3, 0.3, 0.3, 0.4, -0.3, 0.8], 1.0)
    assert picker.worst_error_rad < 4e-3


def test_twenty_missed_commands_brake_and_nineteen_do_not(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    drive(plant, arm, 50)
    state = silence(plant, 19)
    assert state.missed_commands == 19
    assert not state.flags & PlantFlag.BRAKED
    state = drive(plant, arm, 1)
    assert state.missed_commands == 0
    state = silence(plant, 20)
    assert state.flags & PlantFlag.COMMUNICATION_LOSS
    assert state.flags & PlantFlag.BRAKED
    assert state.missed_commands_total == 39


def test_after_protection_only_an_edge_of_the_brake_command_releases(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    drive(plant, arm, 50)
    silence(plant, 25)
    assert drive(plant, arm, 30).flags & PlantFlag.COMMUNICATION_LOSS
    drive(plant, arm, 5, brake=True)
    assert not drive(plant, arm, 1).flags & (PlantFlag.COMMUNICATION_LOSS | PlantFlag.BRAKED)


def test_a_braked_arm_in_full_motion_stands_within_fifty_milliseconds(scene: Scene, plant: PyBulletPlant):
    picker = TruthPicker(scene, plant)
    picker.hold(0.1)
    rest = np.zeros(7)
    for tick in range(400):
        speed = min(tick / 200, 1.0) * 1.2
        picker.reference[0] += 0.001 * speed
        picker._tick(picker.reference, np.array([speed, *rest[1:]]), rest)
    assert picker.state.dq_rad_s[0] > 1.0
    state = silence(plant, 20 + 50)
    assert np.abs(state.dq_rad_s).max() < 0.01


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_command_that_is_not_finite_counts_as_missed(scene: Scene, plant: PyBulletPlant, bad: float):
    arm = Arm(scene.description.robot)
    before = drive(plant, arm, 50)
    state = drive(plant, arm, 5, torque_nm=np.full(7, bad))
    assert state.missed_commands == 5
    assert np.isfinite(state.q_rad).all()
    assert np.abs(state.q_rad - before.q_rad).max() < 1e-3


def test_torque_is_clipped_to_peak_and_rate_and_says_so(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    peak = np.array([joint.torque_nm for joint in scene.description.robot.joints])
    rate = np.array([joint.torque_rate_nm_s for joint in scene.description.robot.joints])
    state = drive(plant, arm, 100, brake=True)
    before = state.torque_nm
    for _ in range(200):
        state = drive(plant, arm, 1, torque_nm=np.full(7, 1e4), brake=True)
        assert (state.torque_nm <= peak + 1e-9).all()
        assert (np.abs(state.torque_nm - before) <= rate * 0.001 * (1 + 1e-6)).all()
        assert state.flags & PlantFlag.TORQUE_CLIPPED
        before = state.torque_nm
    assert state.torque_nm == pytest.approx(peak)


@pytest.mark.parametrize(("level", "ticks"), [("none", 0), ("low", 1), ("high", 3)])
def test_the_transport_delay_is_that_of_the_mismatch_level(scene: Scene, level: str, ticks: int):
    plant = PyBulletPlant(scene, mismatch=level, seed=3)
    arm = Arm(scene.description.robot)
    try:
        drive(plant, arm, 20)
        for waited in range(ticks + 1):
            state = drive(plant, arm, 1, stopping=True)
            assert (state.stop_seen_ns > 0) == (waited == ticks)
        assert drive(plant, arm, ticks + 1).stop_seen_ns == 0
    finally:
        plant.close()


def test_an_unknown_mismatch_level_is_refused(scene: Scene):
    with pytest.raises(SceneError, match="none, low, high"):
        PyBulletPlant(scene, mismatch="huge", seed=1)


def test_the_same_seed_and_commands_give_bit_identical_states(scene: Scene):
    def run() -> bytes:
        plant = PyBulletPlant(scene, mismatch="low", seed=5)
        picker = TruthPicker(scene, plant)
        picker.hold(0.1)
        picker.move(picker.arm.home_rad + 0.1, 0.3)
        plant.refill(2)
        picker.hold(0.2)
        result = picker.state.q_rad.tobytes() + picker.state.dq_rad_s.tobytes() + plant.truth().packed().tobytes()
        plant.close()
        return result

    assert run() == run()


def test_another_seed_gives_another_plant_that_the_record_tells(scene: Scene):
    first, second = (PyBulletPlant(scene, mismatch="low", seed=seed) for seed in (1, 2))
    assert first.mismatch_record() != second.mismatch_record()
    assert first.mismatch_record()["delay_ticks"] == 1.0
    first.close()
    second.close()


def test_encoders_are_quantised_and_noisy_only_with_a_mismatch(scene: Scene, plant: PyBulletPlant):
    assert tuple(silence(plant, 3).dq_rad_s) == tuple(plant._speeds[:7])
    noisy = PyBulletPlant(scene, mismatch="low", seed=1)
    steps = silence(noisy, 3).q_rad / scene.body.encoder_step_rad
    assert steps == pytest.approx(np.rint(steps), abs=1e-6)
    assert np.std([silence(noisy, 1).dq_rad_s for _ in range(200)]) == pytest.approx(1e-3, rel=0.2)
    noisy.close()


def test_truth_packs_and_unpacks_without_loss(plant: PyBulletPlant):
    truth = plant.truth()
    array = truth.packed()
    assert array.shape == (packed_size(joints=7, parts=6),)
    again = unpacked(array, joints=7)
    assert again.tick == truth.tick
    assert (again.poses == truth.poses).all()


def test_truth_agrees_with_the_nominal_kinematics_of_the_gripper(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    truth = plant.truth()
    tool = 0.5 * (truth.links[-1, :3] + truth.links[-2, :3])
    assert tool == pytest.approx(arm.fk(plant.measure().q_rad).position_m, abs=1e-6)
    assert np.linalg.norm(truth.links[-1, :3] - truth.links[-2, :3]) == pytest.approx(0.08, abs=1e-3)
    assert truth.links[1:8, :3] == pytest.approx(arm.frames(plant.measure().q_rad)[:, :3, 3], abs=1e-6)


def test_refilling_twice_with_one_id_changes_nothing(plant: PyBulletPlant):
    first = plant.truth().parts
    plant.refill(1)
    second = plant.truth().parts
    assert not np.allclose(first, second)
    silence(plant, 10)
    settled = plant.truth().parts
    plant.refill(1)
    assert (plant.truth().parts == settled).all()


def test_the_winding_heats_with_load_and_cools_without(scene: Scene, plant: PyBulletPlant):
    arm = Arm(scene.description.robot)
    load = np.array([0.0, 60.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    state = drive(plant, arm, 3000, torque_nm=load, brake=True)
    assert state.winding_celsius[1] > 28.0
    assert state.winding_celsius[1] > state.housing_celsius[1] + 2.0
    assert state.winding_celsius[0] < 26.0
    hot = state.winding_celsius[1]
    state = drive(plant, arm, 1000, torque_nm=np.zeros(7), brake=True)
    assert state.winding_celsius[1] < hot
