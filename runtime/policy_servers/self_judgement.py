"""What can be said of a model that only sends actions: how well its chunks agree, and whether it has come to rest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.messages.plan import Signal
from runtime.policy_servers.acting import Chunk
from runtime.ports import Observation

STILL_M = 0.004
STILL_RAD = 0.02
DOUBT_M = 0.02
DOUBT_RAD = 0.05
"""Two chunks that differ by so much on average for the same moments halve the confidence."""


@dataclass(slots=True)
class Stillness:
    """Since when the arm and its gripper have not moved."""

    since_ns: int = 0
    q_rad: tuple[float, ...] = ()
    width_m: float = 0.0

    def seconds(self, observation: Observation) -> float:
        """How long it has lasted at this observation."""
        q_rad = tuple(observation.q_rad.tolist())
        turned = not self.q_rad or max(abs(a - b) for a, b in zip(q_rad, self.q_rad, strict=True)) > STILL_RAD
        if turned or abs(observation.gripper_width_m - self.width_m) > STILL_M:
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


def _distances(before: Chunk, after: Chunk, shift: int) -> list[float]:
    if after.joints_rad:
        pairs = zip(before.joints_rad[shift:], after.joints_rad, strict=False)
        return [max(abs(a - b) for a, b in zip(old, new, strict=True)) for old, new in pairs]
    poses = zip(before.gripper_in_base[shift:], after.gripper_in_base, strict=False)
    return [math.dist(old.position_m, new.position_m) for old, new in poses]
