"""Forms from patterns: every way to fill their gaps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product


def filled(pattern: str, ways: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """`pattern` with each of its gaps in `ways` filled in every way; other gaps stay."""
    forms: list[str] = []
    for chosen in product(*ways.values()):
        form = pattern
        for gap, way in zip(ways, chosen, strict=True):
            form = form.replace(f"{{{gap}}}", way)
        forms.append(form)
    return tuple(forms)
