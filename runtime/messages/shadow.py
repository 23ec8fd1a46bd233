"""How far a policy in shadow is from the one that drives."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class PartAgreement(Enum):
    """Whether two policies go for the same part, as far as their marks tell."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


class Disagreement(Struct, frozen=True):
    """The shadow's chunk against the active policy's for the same observation."""

    stamp_ns: int
    """Capture instant of the observation that both have answered."""

    distance_m: float
    """Between the end effectors, mean over the moments that both chunks cover."""

    distance_max_m: float
    part: PartAgreement
    lead_s: float
    """How far in time the shadow is ahead on the active policy's path; below 0: behind. 0 when neither moves."""


class DisagreementTally(Struct, frozen=True):
    """All comparisons since the shadow began, so that a table need not be read off a trend."""

    compared: int = 0
    distance_mean_m: float = 0.0
    distance_max_m: float = 0.0
    lead_mean_s: float = 0.0
    """Of its amount, whichever of the two is ahead."""

    same_part: int = 0
    other_part: int = 0
    unanswered: int = 0
    """Observations for which the active policy had a chunk and the shadow, asked the same, had none."""
