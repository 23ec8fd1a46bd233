"""What a policy's confidence is made of, as a table and a sentence have it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.messages.plan import Signal
from runtime.messages.policy import PolicyState
from twin_app.model.freshness import has_task

UNITS = {"s": "s", "m": "m", "mm": "mm", "px": "px", "rad": "rad", "ms": "ms"}
FELT = 0.05
"""A pull nearer to 0 than this is none: it changes a confidence of one half by little more than 0.01."""

MOST_ARROWS = 5

ORDER_KEPT_NS = 2_000_000_000
"""So long rows stay where they are: what changes places ten times a second cannot be read."""


@dataclass(frozen=True, slots=True)
class Part:
    """One signal."""

    name: str
    value: str
    pull: str
    """How far and which way, with an arrow for each half of a unit; empty where the policy does not tell."""

    worst: bool
    """Whether it pulls the confidence down more than all others."""


def signal_words(name: str) -> tuple[str, str]:
    """A signal's name as words, and its unit: `chunk_inconsistency_m` -> chunk inconsistency, m."""
    words, _, last = name.rpartition("_")
    if not words:
        words, _, last = name.rpartition(" ")
    return (words.replace("_", " "), UNITS[last]) if words and last in UNITS else (name.replace("_", " "), "")


def parts(policy: PolicyState) -> tuple[Part, ...]:
    """All signals, in the policy's own order."""
    if not has_task(policy):
        return tuple(Part(signal_words(one.name)[0], _value(one), "—", worst=False) for one in policy.signals)
    worst = _worst(policy.signals)
    tells = any(signal.pull for signal in policy.signals)
    return tuple(
        Part(signal_words(signal.name)[0], _value(signal), _pull(signal) if tells else "", signal is worst)
        for signal in policy.signals
    )


class Ranking:
    """The parts with the strongest pull first, whichever way it goes."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._ranked_ns = 0

    def of(self, policy: PolicyState) -> tuple[Part, ...]:
        """In the order of now, or of a moment ago; in the policy's own where nothing pulls."""
        strength = {signal_words(signal.name)[0]: abs(signal.pull) for signal in policy.signals}
        known = parts(policy)
        if not has_task(policy) or not any(strength.values()):
            self._names = ()
            return known
        if set(self._names) != set(strength) or not 0 <= policy.stamp_ns - self._ranked_ns < ORDER_KEPT_NS:
            self._names = tuple(sorted(strength, key=lambda name: -strength[name]))
            self._ranked_ns = policy.stamp_ns
        return tuple(sorted(known, key=lambda part: self._names.index(part.name)))


def confidence_words(policy: PolicyState | None) -> str:
    """Where the confidence stands, and what pulls it down most."""
    if policy is None:
        return "The policy is silent."
    if not has_task(policy):
        return "Without a task there is nothing to be confident of."
    if not policy.signals:
        return "The policy tells nothing of what is behind its confidence now."
    return f"{_standing(policy)} {_blame(policy.signals)}"


def _standing(policy: PolicyState) -> str:
    limit = policy.confidence_limit
    if limit <= 0.0:
        return f"{policy.confidence:.2f}; this policy has no limit of its own."
    side = "BELOW" if policy.confidence < limit else "above"
    return f"{policy.confidence:.2f}, {side} its limit of {limit:.2f}."


def _blame(signals: tuple[Signal, ...]) -> str:
    worst = _worst(signals)
    if worst is None:
        return "Nothing pulls it down." if any(signal.pull for signal in signals) else ""
    return f"Most pulled down by {signal_words(worst.name)[0]}."


def _worst(signals: tuple[Signal, ...]) -> Signal | None:
    lowest = min(signals, key=lambda signal: signal.pull, default=None)
    return lowest if lowest is not None and lowest.pull <= -FELT else None


def _value(signal: Signal) -> str:
    unit = signal_words(signal.name)[1]
    size = abs(signal.value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 3
    return f"{signal.value:.{digits}f} {unit}".rstrip()


def _pull(signal: Signal) -> str:
    if abs(signal.pull) < FELT:
        return "0.0"
    arrows = min(MOST_ARROWS, math.ceil(abs(signal.pull) * 2.0))
    return f"{signal.pull:+.1f} {('▲' if signal.pull > 0 else '▼') * arrows}"
