"""Recorded looks of a policy at work, and other policies asked about the same ones."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from runtime.messages.geometry import Pose
from runtime.messages.tasks import Assignment
from runtime.plugin_host import Registry
from runtime.ports import Observation, Policy, Proposal
from twin_app.assembly.examination.examination import examine
from twin_app.assembly.setup import CellSetup

ALIKE_M = 0.005
ALIKE_RAD = math.radians(5.0)
ALIKE_STEPS = 3
"""Of a chunk: what is executed before the next ones take over."""


class Compared(msgspec.Struct):
    """How one policy did beside the first one."""

    latencies_s: list[float] = []
    alike: list[bool] = []
    """Of every look at which the first one acted."""


@dataclass(slots=True)
class LookRecorder:
    """A policy whose task and looks are kept; changes nothing."""

    policy: Policy
    assignment: Assignment | None = None
    looks: list[Observation] = field(default_factory=list[Observation])

    def begin(self, assignment: Assignment) -> None:
        """See `Policy`."""
        self.assignment = assignment
        self.policy.begin(assignment)

    def infer(self, observation: Observation) -> Proposal:
        """See `Policy`; pictures are copied, their memory is used again."""
        if observation.assignment is not None:
            views = {
                name: replace(view, picture=replace(view.picture, image=view.picture.image.copy()))
                for name, view in observation.views.items()
            }
            self.looks.append(replace(observation, views=views))
        return self.policy.infer(observation)


def record_looks(setup: CellSetup, *, policy: Policy, registry: Registry) -> LookRecorder:
    """One examination of this setup's seed."""
    recorder = LookRecorder(policy)
    examine(setup, suite="nominal", policy=recorder, registry=registry)
    return recorder


def compare(recorded: LookRecorder, policies: Mapping[str, Policy], *, looks: int | None = None) -> dict[str, Compared]:
    """Ask all of them about every look, in turns: what else the machine does troubles all alike.

    The first one is the measure of `alike`. `looks`: only the first so many. Raises ValueError where no task was begun.
    """
    if recorded.assignment is None:
        raise ValueError("no task was begun")
    names = list(policies)
    compared = {name: Compared() for name in names}
    for policy in policies.values():
        policy.begin(recorded.assignment)
    for index, look in enumerate(recorded.looks[:looks]):
        proposals: dict[str, Proposal] = {}
        first = index % len(names)
        for name in (*names[first:], *names[:first]):
            began_s = time.perf_counter()
            proposals[name] = policies[name].infer(look)
            compared[name].latencies_s.append(time.perf_counter() - began_s)
        wanted = proposals[names[0]]
        if wanted.signals:
            for name in names:
                compared[name].alike.append(alike(wanted, proposals[name]))
    return compared


def alike(wanted: Proposal, found: Proposal) -> bool:
    """Whether both say the same of the task, and the hand goes the same way in the first steps."""
    pairs = list(zip(wanted.gripper_in_base, found.gripper_in_base, strict=False))[:ALIKE_STEPS]
    widths = list(zip(wanted.gripper_width_m, found.gripper_width_m, strict=False))[:ALIKE_STEPS]
    opened = all(abs(one - other) <= ALIKE_M for one, other in widths)
    return wanted.status is found.status and len(pairs) == ALIKE_STEPS and opened and all(_near(*p) for p in pairs)


def _near(one: Pose, other: Pose) -> bool:
    if math.dist(one.position_m, other.position_m) > ALIKE_M:
        return False
    return turned_rad(one.orientation_xyzw, other.orientation_xyzw) <= ALIKE_RAD


def turned_rad(one: Sequence[float], other: Sequence[float]) -> float:
    """Angle between two orientations, unit quaternions."""
    cosine = abs(sum(a * b for a, b in zip(one, other, strict=True)))
    return 2.0 * math.acos(min(1.0, cosine))
