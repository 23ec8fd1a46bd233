"""What can be said of a model that only sends actions: how well its chunks agree, and whether it has come to rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.messages.geometry import Quaternion
from runtime.messages.plan import Signal
from runtime.policy_servers.acting import Chunk
from runtime.ports import Observation

STILL_M = 0.004
STILL_RAD = 0.02
ASKED_M = 0.01
ASKED_RAD = 0.03
"""A chunk that stays so near to where the arm is asks for rest: models tremble."""

HELD_N = 4.0
"""The fingers press on something: that they are to close farther moves nothing."""

DOUBT_M = 0.02
DOUBT_RAD = 0.05
"""Two chunks that differ by so much on average for the same moments halve the confidence."""


@dataclass(slots=True)
class Stillness:
    """Since when arm and gripper have neither moved nor been asked to: they stand still while nobody may drive."""

    since_ns: int = 0
    q_rad: tuple[float, ...] = ()
    width_m: float = 0.0

    def seconds(self, chunk: Chunk, observation: Observation) -> float:
        """How long it has lasted at this observation and the chunk that answers it."""
        q_rad = tuple(observation.q_rad.tolist())
        turned = not self.q_rad or _farthest(q_rad, self.q_rad) > STILL_RAD
        moved = turned or abs(observation.gripper_width_m - self.width_m) > STILL_M
        if moved or _asks_for_motion(chunk, observation):
            self.since_ns, self.q_rad, self.width_m = observation.stamp_ns, q_rad, observation.gripper_width_m
        return (observation.stamp_ns - self.since_ns) * 1e-9


@dataclass(slots=True)
class Agreement:
    """Temporal consistency: what two chunks in a row say of the same moments (Agia et al., Sentinel, 2024)."""

    last: Chunk | None = None
    last_ns: int = 0

    def judge(self, chunk: Chunk, *, stamp_ns: int, period_s: float) -> tuple[float, tuple[Signal, ...]]:
        """Confidence 0…1 and the distance behind it; a first chunk is taken at half."""
        before, self.last = self.last, chunk
        shift = round((stamp_ns - self.last_ns) * 1e-9 / period_s)
        self.last_ns = stamp_ns
        unit, doubt = ("rad", DOUBT_RAD) if chunk.joints_rad else ("m", DOUBT_M)
        distances = [] if before is None or shift < 0 else _distances(before, chunk, shift)
        if not distances:
            return 0.5, ()
        mean = sum(distances) / len(distances)
        return 1.0 / (1.0 + mean / doubt), (Signal(f"chunks differ by {unit}", mean),)


def _asks_for_motion(chunk: Chunk, observation: Observation) -> bool:
    """Whether this chunk would move the arm or the gripper from where they are."""
    q_rad, here = tuple(observation.q_rad.tolist()), observation.gripper_in_base
    return (
        any(_farthest(step, q_rad) > ASKED_RAD for step in chunk.joints_rad)
        or any(math.dist(pose.position_m, here.position_m) > ASKED_M for pose in chunk.gripper_in_base)
        or any(_angle_rad(pose.orientation_xyzw, here.orientation_xyzw) > ASKED_RAD for pose in chunk.gripper_in_base)
        or any(_moves_gripper(width_m, observation) for width_m in chunk.gripper_width_m)
    )


def _moves_gripper(width_m: float, observation: Observation) -> bool:
    if abs(width_m - observation.gripper_width_m) <= STILL_M:
        return False
    return width_m > observation.gripper_width_m or observation.gripper_force_n < HELD_N


def _farthest(some: Sequence[float], others: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(some, others, strict=True))


def _angle_rad(some: Quaternion, other: Quaternion) -> float:
    return 2.0 * math.acos(min(1.0, abs(sum(a * b for a, b in zip(some, other, strict=True)))))


def _distances(before: Chunk, after: Chunk, shift: int) -> list[float]:
    if after.joints_rad:
        pairs = zip(before.joints_rad[shift:], after.joints_rad, strict=False)
        return [_farthest(old, new) for old, new in pairs]
    poses = zip(before.gripper_in_base[shift:], after.gripper_in_base, strict=False)
    return [math.dist(old.position_m, new.position_m) for old, new in poses]
