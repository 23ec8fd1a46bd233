"""The seams of the first seven faults: on at onset, off when cleared, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.messages.camera import Frame
from runtime.messages.faults import FaultOrder, FaultSeverity
from runtime.messages.geometry import Pose
from runtime.messages.joint import JointCommand, PlantFlag
from runtime.messages.policy import PolicyStatus
from runtime.ports import Picture, Proposal
from sim_worlds.faults import CATALOGUE, CameraFaults, LoopFaults, NetworkFaults, PlantFaults, PolicyFaults
from sim_worlds.plant.protection import Protection
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.plant.thermal import MotorHeat
from sim_worlds.robots import load_robot
from sim_worlds.scenes import load_scene

SECOND_NS = 1_000_000_000


def order(
    fault_id: str, severity: FaultSeverity = FaultSeverity.SEVERE, *, onset_s: float = 1.0, duration_s: float = 0.0
):
    return FaultOrder(1, fault_id, severity, 7, int(onset_s * SECOND_NS), duration_s)


def test_the_catalogue_has_one_fault_a_layer_at_least_and_three_severities_each():
    assert [kind.fault_id for kind in CATALOGUE] == ["F01", "F12", "F13", "F20", "F26", "F31", "F41"]
    assert len({kind.layer for kind in CATALOGUE}) == 5
    for kind in CATALOGUE:
        assert all(len(values) == 3 for values in kind.parameters.values())


def test_every_fault_names_the_process_that_its_seam_runs_in():
    assert {kind.fault_id: kind.seam for kind in CATALOGUE} == {
        "F01": "cameras",
        "F12": "planner",
        "F13": "planner",
        "F20": "control",
        "F26": "plant",
        "F31": "plant",
        "F41": "planner",
    }


@pytest.mark.parametrize(
    ("seam", "fault_id"),
    [
        (CameraFaults, "F01"),
        (PolicyFaults, "F12"),
        (PolicyFaults, "F13"),
        (LoopFaults, "F20"),
        (lambda: PlantFaults(load_robot("panda")), "F26"),
        (lambda: PlantFaults(load_robot("panda")), "F31"),
        (NetworkFaults, "F41"),
    ],
)
def test_a_seam_is_on_from_onset_until_cleared_or_over_and_ignores_other_seams(seam, fault_id: str):
    faults = seam()
    for _ in range(2):
        faults.apply((order(fault_id, duration_s=2.0), order("F99")), 0)
        assert faults.effective() == ()
    faults.apply((order(fault_id, duration_s=2.0),), 1 * SECOND_NS)
    assert faults.effective() == (fault_id,)
    faults.apply((order(fault_id, duration_s=2.0),), 3 * SECOND_NS)
    assert faults.effective() == ()
    faults.apply((order(fault_id),), 3 * SECOND_NS)
    assert faults.effective() == (fault_id,)
    faults.apply((), 3 * SECOND_NS)
    assert faults.effective() == ()


def test_a_frozen_camera_repeats_pixels_while_stamps_go_on():
    faults = CameraFaults()
    faults.apply((order("F01", onset_s=0.0),), 0)
    seen = []
    for index in range(20):
        now_ns = index * SECOND_NS // 10
        frame = Frame("wrist", index, now_ns, 2, 2, "egl")
        [picture] = faults.pictures([Picture(frame, np.full((2, 2, 3), index, np.uint8))], now_ns)
        assert picture.frame.stamp_ns == now_ns
        seen.append(int(picture.image[0, 0, 0]))
    assert set(seen) == {0}
    faults.apply((), 2 * SECOND_NS)
    fresh = Picture(Frame("wrist", 30, 0, 2, 2, "egl"), np.full((2, 2, 3), 30, np.uint8))
    assert faults.pictures([fresh], 2 * SECOND_NS)[0].image[0, 0, 0] == 30


def proposal() -> Proposal:
    return Proposal(
        PolicyStatus.WORKING,
        "approaching",
        0.9,
        (),
        gripper_in_base=(Pose((0.5, 0.1, 0.2)),),
        gripper_width_m=(0.08,),
    )


def test_the_wrong_unit_scales_every_severe_chunk_and_some_mild_ones():
    faults = PolicyFaults()
    assert faults.proposal(proposal(), 0) == proposal()
    faults.apply((order("F12", onset_s=0.0),), 0)
    assert faults.proposal(proposal(), 1).gripper_in_base[0].position_m == pytest.approx((500.0, 100.0, 200.0))
    faults.apply((order("F12", FaultSeverity.MILD, onset_s=0.0),), 0)
    spoilt = sum(faults.proposal(proposal(), 1) != proposal() for _ in range(500))
    assert 60 < spoilt < 140


def test_stalls_delays_and_overruns_are_of_the_catalogues_size_and_never_negative():
    policy, network, loop = PolicyFaults(), NetworkFaults(), LoopFaults()
    for seam, fault_id in ((policy, "F13"), (network, "F41"), (loop, "F20")):
        seam.apply((order(fault_id, FaultSeverity.MEDIUM, onset_s=0.0),), 0)
    plan = None
    stalls = [policy.stall_s(1) for _ in range(300)]
    delays = [network.delay_s(plan, 1) for _ in range(300)]  # pyright: ignore[reportArgumentType]
    overruns = [loop.overrun_s(1) for _ in range(5000)]
    assert np.median(stalls) == pytest.approx(1.0, rel=0.1)
    assert np.mean(delays) == pytest.approx(0.08, rel=0.2)
    assert min(delays) >= 0.0
    assert min(overruns) >= 0.0
    assert max(overruns) > 0.012
    assert np.mean([late > 0.01 for late in overruns]) == pytest.approx(0.006, rel=0.7)


def test_the_same_seed_gives_the_same_faults():
    first, second = PolicyFaults(), PolicyFaults()
    for seam in (first, second):
        seam.apply((order("F13", onset_s=0.0),), 0)
    assert [first.stall_s(1) for _ in range(20)] == [second.stall_s(1) for _ in range(20)]


def run_plant(plant: PyBulletPlant, seconds: float):
    state = plant.measure()
    for _ in range(round(seconds * 100)):
        for _ in range(10):
            command = JointCommand(state.tick + 1, 0, np.zeros(7), 0.08, 30.0, True, False, 0)
            state = plant.step(command, stamp_ns=(state.tick + 1) * 1_000_000)
    return state


def heated(severity: FaultSeverity, *, seconds: float) -> MotorHeat:
    """The thermal model alone under F31, without load."""
    robot = load_robot("panda")
    heat, faults = MotorHeat(robot), PlantFaults(robot)
    faults.apply((order("F31", severity, onset_s=0.0),), 0)
    for step in range(1, round(seconds * 100)):
        faults.advance(step * 10_000_000)
        shift = faults.heat_shift_k(heat.housing_celsius, period_s=0.01)
        if shift is not None:
            heat.add_heat(winding_k=shift, housing_k=shift)
        heat.advance(np.zeros(7), extra_w=faults.heating_k / heat.winding_to_housing_k_w, period_s=0.01)
    return heat


@pytest.mark.parametrize("severity", [FaultSeverity.MILD, FaultSeverity.MEDIUM])
def test_mild_and_medium_overheating_derate_within_fifteen_seconds_and_never_trip(severity: FaultSeverity):
    early, late = heated(severity, seconds=15.0), heated(severity, seconds=120.0)
    assert early.derated
    assert not late.hot
    assert 0.4 < late.torque_share.min() < 1.0


def test_severe_overheating_trips_and_after_clearing_cools_but_stays_braked():
    plant = PyBulletPlant(load_scene("tray"), mismatch="none", seed=1)
    try:
        plant.set_fault(order("F31", onset_s=0.0), 0)
        state = run_plant(plant, 8.0)
        assert state.flags & PlantFlag.TRIPPED
        assert state.flags & PlantFlag.BRAKED
        plant.clear_fault(1)
        state = run_plant(plant, 5.0)
        assert state.winding_celsius.max() < 130.0
        assert state.flags & PlantFlag.BRAKED
        assert not state.flags & PlantFlag.DERATED
    finally:
        plant.close()


def test_a_trip_ends_when_the_motor_has_cooled_under_commanded_brakes_and_only_a_release_opens_them():
    protection = Protection()
    protection.arrived(brake=False, hot=False)
    protection.trip()
    protection.arrived(brake=True, hot=True)
    assert protection.flags & PlantFlag.TRIPPED
    protection.arrived(brake=True, hot=False)
    assert protection.flags == PlantFlag.BRAKED
    protection.arrived(brake=False, hot=False)
    assert protection.flags == 0


def test_friction_rises_within_a_second_and_falls_back():
    faults = PlantFaults(load_robot("panda"))
    faults.apply((order("F26", onset_s=0.0),), 0)
    factors = []
    for step in range(1, 201):
        faults.advance(step * 10_000_000)
        factors.append(faults.friction_factor)
    assert factors == sorted(factors)
    assert factors[99] == factors[-1] == 25.0
    faults.apply((), 2 * SECOND_NS)
    for step in range(200, 400):
        faults.advance(step * 10_000_000)
    assert faults.friction_factor == 1.0
