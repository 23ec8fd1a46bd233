"""What a shadow is compared by, over the course of a task."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.geometry import Pose
from runtime.messages.policy import PolicyStatus, TargetMark
from runtime.messages.shadow import PartAgreement
from runtime.messages.tasks import Assignment
from runtime.ports import Observation, Proposal
from runtime.system2.conversation import Told
from runtime.system2.shadowing import Shadowing
from sim_worlds.robots import load_robot

POSE = Pose((0.4, 0.0, 0.3))
TRAY, TOTE = TargetMark("overhead", (50, 50), 8, "red cube"), TargetMark("overhead", (110, 50), 8, "red cube")
LOOK = Observation(0, 0, {}, np.zeros(7), np.zeros(7), POSE, 0.03, 0.0, Assignment(1, 1, "put it there"))


def told(look: Observation, mark: TargetMark) -> Told:
    poses = (POSE, Pose((0.42, 0.0, 0.3)))
    proposal = Proposal(PolicyStatus.WORKING, "at work", 0.9, (), targets=(mark,), gripper_in_base=poses)
    return Told(look, proposal, 0, 0)


def test_from_the_grip_on_where_the_part_lay_tells_nothing_until_the_next_task() -> None:
    shadowing = Shadowing(Arm(load_robot("panda")))
    seat: Any = SimpleNamespace(name="other", manifest=SimpleNamespace(version="1.0"), talk=None)
    berth: Any = SimpleNamespace()
    shadowing.follow(seat, berth)
    found: list[PartAgreement] = []
    looks = [
        (LOOK, TRAY),
        (replace(LOOK, gripper_force_n=20.0), TOTE),
        (LOOK, TOTE),  # let go in the tote
        (replace(LOOK, assignment=Assignment(2, 1, "and the next")), TOTE),
    ]
    for number, (look, active) in enumerate(looks):
        shadowing.active_said(told(replace(look, observation_id=number), active))
        shadowing.take(told(replace(look, observation_id=number), TRAY), now_ns=number)
        state = shadowing.state()
        assert state is not None
        assert state.disagreement is not None
        found.append(state.disagreement.part)
    assert found == [PartAgreement.SAME, PartAgreement.UNKNOWN, PartAgreement.UNKNOWN, PartAgreement.OTHER]
