"""What is known of a policy before it drives: what it is, what it was trained on, its figures and its weaknesses."""

from __future__ import annotations

from msgspec import Struct


class Examination(Struct, frozen=True):
    """One examination on seeds that taught the policy nothing."""

    name: str
    runs: int
    verdicts: tuple[tuple[str, int], ...]
    """How many runs ended how; `succeeded` is the good end."""

    interval95: tuple[float, float]
    """Of the rate of success, 0…1."""

    ece: float | None = None
    """Expected calibration error of the confidence, 0…1; None where it was not measured."""

    auroc: float | None = None
    """Chance that a success has the higher confidence than a failure; None where there was only one kind."""

    reliability: tuple[tuple[float, float, int], ...] = ()
    """One row a bin of confidence: mean confidence, share that succeeded, and how many looks."""

    auroc_early: float | None = None
    """As `auroc`, of the confidence in the first seconds of a run alone."""


class CardSection(Struct, frozen=True):
    """Facts that belong together: names and values, in words."""

    title: str
    rows: tuple[tuple[str, str], ...]


class PolicyCard(Struct, frozen=True):
    """The card of one policy."""

    policy: str
    label: str
    version: str
    what: str
    """What it is, in a sentence or two."""

    weaknesses: tuple[str, ...] = ()
    """What it is known to do badly or not at all, a sentence each."""

    examinations: tuple[Examination, ...] = ()
    sections: tuple[CardSection, ...] = ()
    """What it was trained on and how long that took, with seeds and hashes."""

    trained: bool = False
    """Whether it can be trained here."""

    trouble: str = ""
    """Why its figures cannot be read; empty when there are none, or all is well."""


class PolicyCards(Struct, frozen=True):
    """The cards of every policy that a cell knows."""

    stamp_ns: int
    cards: tuple[PolicyCard, ...]
