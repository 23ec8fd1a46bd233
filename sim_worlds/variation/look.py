"""What surfaces look like: a colour, and a pattern of a second one over it. Shape and place are not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from runtime.messages.geometry import Vector3

SURFACES = ("table", "tray", "walls", "totes")
"""Surfaces with a look of their own beside the parts, which go by their names. `tray` is its floor, `walls` its
boards; `totes` are floors and boards of all of them."""


class PatternKind(IntEnum):
    """The numbers are the shader's."""

    CHECKS = 1
    STRIPES = 2
    CLOUDS = 3
    """Smooth noise in two octaves."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A second colour over the first."""

    kind: PatternKind
    period_m: float
    angle_rad: float
    """In the surface."""

    colour_rgb: Vector3
    share: float
    """Of the second colour where the pattern has it, 0…1."""

    offset_m: float = 0.0
    """Where on the pattern the surface begins, along both of its directions."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Of one surface."""

    colour_rgb: Vector3
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Finishes by surface or part; what is not named looks as the scene file says."""

    finishes: Mapping[str, Finish] = field(default_factory=dict[str, Finish])

    @property
    def patterned(self) -> bool:
        """Whether any surface has a pattern."""
        return any(finish.pattern is not None for finish in self.finishes.values())
