"""The catalogue in words and numbers for a person: degrees, millimetres and percent instead of the program's units."""

from __future__ import annotations

import math

from sim_worlds.variation.parameters import Parameter, Span, VariationKind
from sim_worlds.variation.wish import STRENGTHS

_SCALES = {"_rad": (180.0 / math.pi, "°"), "_m": (1000.0, " mm"), "_px": (1.0, " px"), "_share": (100.0, " %")}
_FACTOR = "_factor"


def shown(parameter: Parameter, span: Span) -> str:
    """A range with its unit: one number where both ends are equal; factors begin with ×."""
    scale, unit = next((found for end, found in _SCALES.items() if parameter.name.endswith(end)), (1.0, ""))
    low, high = (f"{_rounded(end * scale):g}" for end in span)
    sign = "× " if parameter.name.endswith(_FACTOR) else ""
    return f"{sign}{low}{unit}" if low == high else f"{sign}{low}…{high}{unit}"


def rows_of(kind: VariationKind) -> list[tuple[str, ...]]:
    """For each parameter its name, what it is, and its range at every named strength."""
    return [
        (parameter.name, parameter.means, *(shown(parameter, parameter.span(at)) for at in STRENGTHS.values()))
        for parameter in kind.parameters
    ]


def _rounded(value: float) -> float:
    return round(value, 4) + 0.0
