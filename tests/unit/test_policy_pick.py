"""The programmed pick in a cell without dynamics: what it does with what it sees."""

from __future__ import annotations

import math

import pytest

from plugins.programmed.policy import ProgrammedPolicy, programmed, programmed_careful
from runtime.messages.cell import CellDescription
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from sim_worlds.robots import load_robot
from tests.support.drawn_pictures import Placed
from tests.support.kinematic_cell import KinematicCell
from tests.support.pick_cell import pick_cell


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


@pytest.fixture
def parts(cell: CellDescription) -> dict[str, Placed]:
    spots = [(0.42, -0.09), (0.44, 0.02), (0.43, 0.11), (0.57, -0.1), (0.56, 0.0), (0.58, 0.1)]
    return {
        part.name: (x, y, 0.004 + 0.5 * part.size_m[2], 0.3 * index)
        for index, (part, (x, y)) in enumerate(zip(cell.parts, spots, strict=True))
    }


def inside(cell: CellDescription, place: Placed, tote: str) -> bool:
    box = next(one for one in cell.totes if one.name == tote)
    return all(
        abs(value - centre) < half
        for value, centre, half in zip(place, box.centre_in_base_m, box.inner_half_extents_m, strict=False)
    )


def order(text: str) -> Assignment:
    return Assignment(task_id=1, attempt=1, instruction=text)


@pytest.mark.parametrize(("part", "tote"), [("red cube", "left"), ("red cylinder", "right"), ("blue flat box", "left")])
def test_the_part_that_is_asked_for_lands_in_its_tote(
    cell: CellDescription, parts: dict[str, Placed], part: str, tote: str
) -> None:
    world = KinematicCell(cell, parts)
    answer = world.run(programmed(cell), order(f"put the {part} in the {tote} tote"))
    assert answer.status is PolicyStatus.DONE
    assert inside(cell, world.parts[part], tote)
    assert {name: place for name, place in world.parts.items() if name != part} == {
        name: place for name, place in parts.items() if name != part
    }


def test_a_missed_grasp_is_noticed_and_tried_again(cell: CellDescription, parts: dict[str, Placed]) -> None:
    world = KinematicCell(cell, parts)
    world.slips = 1
    answer = world.run(programmed(cell), order("put the green cube in the right tote"), seconds=30.0)
    assert answer.status is PolicyStatus.DONE
    assert inside(cell, world.parts["green cube"], "right")
    missed = {signal.value for one in world.proposals for signal in one.signals if signal.name == "missed_grasps"}
    assert missed == {0.0, 1.0}


def test_a_part_that_the_belt_is_about_to_take_away_is_left_to_come_round() -> None:
    cell = pick_cell(load_robot("panda"), belt_m_s=0.025)
    world = KinematicCell(cell, {"red cube": (0.5, 0.15, 0.024, 0.0)})
    policy = programmed(cell)
    policy.begin(order("put the red cube in the right tote"))
    low_m = cell.tray.centre_in_base_m[2] + 0.1
    while world.parts["red cube"][1] > 0.0:
        answer = world.step(policy, order("put the red cube in the right tote"))
        assert answer.status is PolicyStatus.WORKING
        assert min(pose.position_m[2] for pose in answer.gripper_in_base) > low_m
    answer = world.run(policy, order("put the red cube in the right tote"), seconds=25.0, begin=False)
    assert answer.status is PolicyStatus.DONE
    assert inside(cell, world.parts["red cube"], "right")


def test_a_part_that_always_slips_ends_as_failed_with_the_reason(
    cell: CellDescription, parts: dict[str, Placed]
) -> None:
    world = KinematicCell(cell, parts)
    world.slips = 99
    answer = world.run(programmed(cell), order("put the green cube in the right tote"), seconds=60.0)
    assert answer.status is PolicyStatus.FAILED
    assert "missed" in answer.reason


def test_a_part_that_is_not_there_is_declined(cell: CellDescription, parts: dict[str, Placed]) -> None:
    del parts["red cube"]
    answer = KinematicCell(cell, parts).run(programmed(cell), order("put the red cube in the left tote"))
    assert answer.status is PolicyStatus.DECLINED
    assert "red cube is not seen" in answer.reason


def test_words_that_are_not_understood_are_declined_without_motion(
    cell: CellDescription, parts: dict[str, Placed]
) -> None:
    world = KinematicCell(cell, parts)
    before = world.arm.fk(world.q_rad).position_m
    answer = world.run(programmed(cell), order("juggle"))
    assert answer.status is PolicyStatus.DECLINED
    assert math.dist(world.arm.fk(world.q_rad).position_m, before) < 0.005


def test_a_policy_that_takes_over_mid_carry_finishes_the_pick(cell: CellDescription, parts: dict[str, Placed]) -> None:
    world = KinematicCell(cell, parts)
    task = order("put the red cube in the left tote")
    first = programmed(cell)
    first.begin(task)
    while not world.held:
        world.step(first, task)
    second = programmed_careful(cell)
    second.resume(task)
    assert world.run(second, task, begin=False).status is PolicyStatus.DONE
    assert inside(cell, world.parts["red cube"], "left")


def test_a_policy_that_takes_over_after_the_release_sees_that_it_is_done(
    cell: CellDescription, parts: dict[str, Placed]
) -> None:
    parts["red cube"] = (0.48, 0.3, 0.024, 0.0)
    task = order("put the red cube in the left tote")
    second = programmed(cell)
    second.resume(task)
    assert KinematicCell(cell, parts).run(second, task, begin=False).status is PolicyStatus.DONE
    assert KinematicCell(cell, parts).run(programmed(cell), task).status is PolicyStatus.DECLINED


def hold(world: KinematicCell, words: str) -> None:
    """Grasp for this order, and stop there."""
    policy, task = programmed(world.cell), order(words)
    policy.begin(task)
    while not world.held:
        world.step(policy, task)
    for _ in range(5):
        world.step(policy, task)


def test_another_part_in_the_hand_is_put_back_first_whatever_its_width(
    cell: CellDescription, parts: dict[str, Placed]
) -> None:
    for held in ("green cube", "blue flat box"):
        world = KinematicCell(cell, parts)
        hold(world, f"put the {held} in the left tote")
        answer = world.run(programmed(cell), order("put the red cube in the right tote"), seconds=40.0)
        assert answer.status is PolicyStatus.DONE
        assert inside(cell, world.parts["red cube"], "right")
        x_m, y_m, *_ = world.parts[held]
        assert abs(x_m - 0.5) < 0.17
        assert abs(y_m) < 0.17
        assert "putting back what the hand held" in {one.phase for one in world.proposals}


def test_a_task_that_begins_anew_with_its_part_in_the_hand_is_carried_on(
    cell: CellDescription, parts: dict[str, Placed]
) -> None:
    world = KinematicCell(cell, parts)
    hold(world, "put the green cube in the left tote")
    answer = world.run(programmed(cell), order("put the green cube in the left tote"), seconds=30.0)
    assert answer.status is PolicyStatus.DONE
    assert inside(cell, world.parts["green cube"], "left")
    assert "putting back what the hand held" not in {one.phase for one in world.proposals}


def test_what_is_held_is_never_let_go_on_the_way(cell: CellDescription, parts: dict[str, Placed]) -> None:
    world = KinematicCell(cell, parts)
    hold(world, "put the green cube in the left tote")
    policy, task = programmed(cell), order("put the red cube in the right tote")
    policy.begin(task)
    height_m = 1.0
    while world.held:
        height_m = world.arm.fk(world.q_rad).position_m[2]
        world.step(policy, task)
    assert height_m < 0.06


def test_careful_takes_about_twice_as_long(cell: CellDescription, parts: dict[str, Placed]) -> None:
    task = order("put the red cube in the left tote")
    worlds = [KinematicCell(cell, parts) for _ in range(2)]
    for world, policy in zip(worlds, (programmed(cell), programmed_careful(cell)), strict=True):
        world.run(policy, task)
    ratio = len(worlds[1].proposals) / len(worlds[0].proposals)
    assert 1.5 < ratio < 2.3


def test_confidence_moves_with_what_was_measured(cell: CellDescription, parts: dict[str, Placed]) -> None:
    world = KinematicCell(cell, parts)
    world.slips = 1
    world.run(programmed(cell), order("put the green cube in the right tote"), seconds=30.0)
    values = [one.confidence for one in world.proposals]
    assert all(0.0 <= value <= 1.0 for value in values)
    assert max(values) - min(values) > 0.2
    carrying = [one.confidence for one in world.proposals if one.phase == "carrying"]
    assert min(carrying) < max(values)


def test_without_a_task_the_hand_stays_where_it_is(cell: CellDescription, parts: dict[str, Placed]) -> None:
    world = KinematicCell(cell, parts)
    before = world.arm.fk(world.q_rad).position_m
    policy = programmed(cell)
    answers = [world.step(policy, None) for _ in range(5)]
    assert {answer.status for answer in answers} == {PolicyStatus.WAITING}
    assert math.dist(world.arm.fk(world.q_rad).position_m, before) < 0.005


def test_every_chunk_stays_in_the_workspace(cell: CellDescription, parts: dict[str, Placed]) -> None:
    world = KinematicCell(cell, parts)
    policy: ProgrammedPolicy = programmed(cell)
    for number, part in enumerate(("red cube", "magenta flat box"), start=1):
        world.run(policy, Assignment(number, 1, f"put the {part} in the right tote"))
    assert all(cell.workspace.contains(pose.position_m) for one in world.proposals for pose in one.gripper_in_base)
