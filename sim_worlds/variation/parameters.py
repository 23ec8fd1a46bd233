"""What a variation may change: named parameters with a range at each strength, drawn from one seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sim_worlds.variation.varied_scene import VariedScene


class Span(NamedTuple):
    """A value is drawn evenly between the two; they are equal where the strength alone decides."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number that a variation draws. The end of the name is the unit: rad, m, px, share, factor, count.

    Between the named strengths the ends of the range lie on straight lines, from `neutral` at strength 0.
    """

    name: str
    means: str
    weak: Span
    medium: Span
    strong: Span
    neutral: float = 0.0
    """The value without the variation."""

    def span(self, strength: float) -> Span:
        """The range at a strength from 0 to 1."""
        stations = (Span(self.neutral, self.neutral), self.weak, self.medium, self.strong)
        place = 3.0 * strength
        before = min(int(place), 2)
        share = place - before
        low, high = (
            start + share * (end - start) for start, end in zip(stations[before], stations[before + 1], strict=True)
        )
        return Span(low, high)

    def at(self, strength: float, *, evenly: float) -> float:
        """The value for a number drawn evenly from 0 to 1; factors are even on a logarithmic scale."""
        low, high = self.span(strength)
        if self.name.endswith("_factor"):
            return math.exp(math.log(low) + evenly * (math.log(high) - math.log(low)))
        return low + evenly * (high - low)


@dataclass(slots=True)
class Draw:
    """One drawing of a variation: hands out its values, and remembers them for the record.

    The same seed draws the same positions within the ranges whatever the strength, so that a stronger variation
    is the same one, only more of it.
    """

    kind: VariationKind
    strength: float
    random: np.random.Generator
    drawn: dict[str, float] = field(default_factory=dict[str, float])

    def value(self, name: str, *, of: str = "") -> float:
        """A fresh value of this parameter; `of` says whose, where there are several. KeyError: no such parameter."""
        parameter = self.kind.parameter(name)
        value = parameter.at(self.strength, evenly=float(self.random.random()))
        self.drawn[f"{self.kind.name}.{of}.{name}" if of else f"{self.kind.name}.{name}"] = value
        return value

    def count(self, name: str) -> int:
        """A fresh whole number of this parameter."""
        value = self.value(name)
        self.drawn[f"{self.kind.name}.{name}"] = whole = round(value)
        return whole

    def direction(self) -> tuple[float, float, float]:
        """A direction in space, every one as likely."""
        x, y, z = self.random.standard_normal(3)
        length = math.sqrt(x * x + y * y + z * z)
        return (float(x / length), float(y / length), float(z / length))


@dataclass(frozen=True, slots=True)
class VariationKind:
    """An entry of the catalogue."""

    name: str
    sentence: str
    parameters: tuple[Parameter, ...]
    apply: Callable[[VariedScene, Draw], VariedScene]
    """The cell with this variation on top of what it has already."""

    def parameter(self, name: str) -> Parameter:
        """By name; raises KeyError."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise KeyError(name)
