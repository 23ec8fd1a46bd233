"""The example in docs/add-a-policy.md is complete: pasted as it stands it loads, answers, and passes the gate."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from runtime.guardrail.limits import Margins, limits_of
from runtime.guardrail.plan_gate import MAX_HORIZON, check_gripper, check_shape, check_tool_speed, check_workspace
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.plugin_host import discover
from runtime.ports import Observation, Policy, Proposal
from runtime.supervision.processes import ProcessSpec
from runtime.system1.late_ladder import SILENT_S
from runtime.system2.answers import checked
from runtime.system2.planner import DEADLINE_S, MODELLED_LATENCY_S
from sim_worlds.robots import load_robot
from tests.support.drawn_pictures import draw_view
from tests.support.pick_cell import HALF_TURN_ABOUT_X, pick_cell

PAPER = Path(__file__).resolve().parents[2] / "docs" / "add-a-policy.md"
TASK = Assignment(task_id=1, attempt=1, instruction="put the red cube in the left tote")


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


@pytest.fixture
def policy(tmp_path: Path, cell: CellDescription) -> Policy:
    folder = tmp_path / "my_policy"
    folder.mkdir()
    text = PAPER.read_text(encoding="utf-8")
    for language, name in (("toml", "plugin.toml"), ("python", "policy.py")):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        (folder / name).write_text(block, encoding="utf-8")
    registry = discover(tmp_path)
    assert registry.troubles() == ()
    return registry.load_policy("my_policy", cell)


def observe(cell: CellDescription, *, assignment: Assignment | None, seen: bool = True) -> Observation:
    placed = {"red cube": (0.5, 0.05, 0.024, 0.3)} if seen else {}
    return Observation(
        observation_id=1,
        stamp_ns=1_000_000_000,
        views={camera.name: draw_view(cell, camera, placed=placed) for camera in cell.cameras if not camera.on_flange},
        q_rad=np.array([joint.home_rad for joint in cell.robot.joints]),
        dq_rad_s=np.zeros(len(cell.robot.joints)),
        gripper_in_base=Pose((0.4, 0.0, 0.4), HALF_TURN_ABOUT_X),
        gripper_width_m=cell.robot.gripper.width_max_m + 1e-5,
        gripper_force_n=0.0,
        assignment=assignment,
    )


def plan_of(proposal: Proposal) -> Plan:
    return Plan(
        plan_id=1,
        policy="my_policy",
        policy_version="1.0.0",
        task_id=1,
        observation_id=1,
        observation_stamp_ns=0,
        issued_ns=0,
        expires_ns=1,
        step_period_s=proposal.step_period_s,
        horizon=len(proposal.gripper_in_base),
        gripper_in_base=proposal.gripper_in_base,
        joints_rad=proposal.joints_rad,
        gripper_width_m=proposal.gripper_width_m,
        gripper_force_n=proposal.gripper_force_n,
        confidence=proposal.confidence,
        signals=proposal.signals,
    )


def test_it_waits_without_a_task(policy: Policy, cell: CellDescription) -> None:
    answer = checked(policy.infer(observe(cell, assignment=None)))
    assert (answer.status, answer.gripper_in_base) == (PolicyStatus.WAITING, ())


def test_it_goes_towards_the_part_that_the_instruction_names(policy: Policy, cell: CellDescription) -> None:
    policy.begin(TASK)
    answer = checked(policy.infer(observe(cell, assignment=TASK)))
    assert answer.status is PolicyStatus.WORKING
    last = answer.gripper_in_base[-1].position_m
    assert last[0] > 0.4
    assert last[1] > 0.0
    assert last[2] < 0.4
    plan, limits = plan_of(answer), limits_of(cell)
    for check in (check_shape, check_gripper, check_workspace, check_tool_speed):
        assert check(plan, limits=limits).passed, check.__name__


def test_it_declines_with_a_reason_where_it_has_arrived_or_sees_nothing(policy: Policy, cell: CellDescription) -> None:
    policy.begin(TASK)
    unseen = checked(policy.infer(observe(cell, assignment=TASK, seen=False)))
    assert (unseen.status, unseen.reason) == (
        PolicyStatus.DECLINED,
        "the overhead camera does not show that part",
    )
    observation = observe(cell, assignment=TASK)
    answer = checked(policy.infer(observation))
    for _ in range(20):
        if answer.status is PolicyStatus.WORKING:
            observation = replace(observation, gripper_in_base=answer.gripper_in_base[-1])
            answer = checked(policy.infer(observation))
    assert (answer.status, answer.reason) == (PolicyStatus.DECLINED, "above the part")


def test_every_field_of_a_proposal_and_every_status_is_explained() -> None:
    text = PAPER.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE)
    assert sorted(rows) == sorted(field.name for field in fields(Proposal))
    assert [status.name for status in PolicyStatus if f"`{status.name}`" not in text] == []


def test_the_numbers_are_those_of_the_code() -> None:
    text, margins = PAPER.read_text(encoding="utf-8"), Margins()
    for words in (
        f"up to {DEADLINE_S:g} s",
        f"{margins.plan_age_s:g} s old when the chunk arrives",
        f"accepted for {SILENT_S:g} s during a task",
        f"more than {ProcessSpec('planner', ()).heartbeat_limit_s:g} s",
        f"{MODELLED_LATENCY_S * 1e3:g} ms of simulated time",
        f"at most {margins.plan_duration_s:g} s and {MAX_HORIZON} steps",
    ):
        assert words in text, words
