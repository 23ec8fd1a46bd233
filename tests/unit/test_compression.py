"""Latency, agreement and success of variants: asked in turns, kept seed by seed, drawn as a picture."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.messages.geometry import Pose
from runtime.messages.plan import Signal
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.ports import Observation, Proposal
from twin_app.assembly.compression.looks import LookRecorder, alike, compare
from twin_app.assembly.compression.pace import Pace
from twin_app.assembly.compression.table import draw_table, row_of
from twin_app.assembly.examination.examination import Result

TASK = Assignment(1, 1, "put the red cube in the left tote")


def proposal(*, off_m: float = 0.0, turned_rad: float = 0.0, status: PolicyStatus = PolicyStatus.WORKING) -> Proposal:
    turn = (0.0, 0.0, math.sin(0.5 * turned_rad), math.cos(0.5 * turned_rad))
    poses = tuple(Pose((0.1 * step + off_m, 0.0, 0.2), turn) for step in range(8))
    return Proposal(status, phase="", confidence=1.0, signals=(Signal("a", 1.0),), gripper_in_base=poses)


class Asked:
    """Answers always the same, and tells when."""

    def __init__(self, name: str, answer: Proposal, told: list[str]) -> None:
        self.name, self.answer, self.told = name, answer, told

    def begin(self, assignment: Assignment) -> None:
        self.told.append(f"begin {self.name}")

    def infer(self, observation: Observation) -> Proposal:
        self.told.append(self.name)
        return self.answer


def observation() -> Observation:
    return Observation(1, 1, {}, None, None, Pose((0.0, 0.0, 0.0)), 0.0, 0.0, TASK)  # type: ignore[arg-type]  # unread


@pytest.mark.parametrize(
    ("found", "same"),
    [
        (proposal(), True),
        (proposal(off_m=0.0049), True),
        (proposal(off_m=0.0051), False),
        (proposal(turned_rad=math.radians(4.9)), True),
        (proposal(turned_rad=math.radians(-5.1)), False),
        (proposal(status=PolicyStatus.DONE), False),
        (replace(proposal(), gripper_in_base=()), False),
    ],
)
def test_agreement_is_within_5_mm_and_5_degrees_and_of_one_mind(found: Proposal, same: bool) -> None:  # noqa: FBT001
    assert alike(proposal(), found) is same


def test_fingers_that_open_differently_do_not_agree() -> None:
    one, near, far = (replace(proposal(), gripper_width_m=(width,) * 8) for width in (0.04, 0.044, 0.046))
    assert alike(one, near)
    assert not alike(one, far)


def test_policies_are_asked_in_turns_about_the_same_looks() -> None:
    told: list[str] = []
    policies = {"a": Asked("a", proposal(), told), "b": Asked("b", proposal(off_m=0.1), told)}
    recorded = LookRecorder(policies["a"], assignment=TASK, looks=[observation()] * 3)
    found = compare(recorded, policies)
    assert told == ["begin a", "begin b", "a", "b", "b", "a", "a", "b"]
    assert found["a"].alike == [True] * 3
    assert found["b"].alike == [False] * 3
    assert len(found["b"].latencies_s) == 3
    told.clear()
    compare(recorded, policies, looks=1)
    assert told == ["begin a", "begin b", "a", "b"]


def test_a_recorder_keeps_task_and_looks_and_changes_nothing() -> None:
    told: list[str] = []
    recorder = LookRecorder(Asked("a", proposal(), told))
    recorder.begin(TASK)
    assert recorder.infer(observation()) == proposal()
    recorder.infer(replace(observation(), assignment=None))
    assert recorder.assignment == TASK
    assert len(recorder.looks) == 1


@pytest.mark.keeps(kind="descriptors", reason="matplotlib reads letters from font files as they are needed")
def test_a_row_holds_what_was_measured_and_a_picture_shows_it(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"x" * 1_500_000)
    found = [Result(seed, "", "x", "succeeded" if seed else "timeout", "", 1.0) for seed in range(10)]
    row = row_of("toy", tmp_path, Pace(1.0, 2.0, 0.9, 5), found)
    assert (row.size_mb, row.succeeded, row.n, row.agreement) == (1.5, 9, 10, 0.9)
    assert row.interval95[0] < 0.9 < row.interval95[1]
    draw_table([row], tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
