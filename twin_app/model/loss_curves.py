"""Loss curves of a training, read while it goes on."""

from __future__ import annotations

import json
import math
from typing import Any, cast

MOST_POINTS = 4_000
"""Kept of a curve; beyond it every second one goes, the shape stays."""


class LossCurves:
    """By stage and figure: steps and values, in the order in which they came."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, list[tuple[int, float]]]] = {}
        self._not_finite: dict[str, dict[str, list[int]]] = {}
        """Steps at which a figure was infinite or no number: a training that has gone astray."""

    def take(self, line: str) -> None:
        """One line of the curves' file; a broken one is passed over."""
        try:
            found: Any = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(found, dict):
            return
        told = cast("dict[str, Any]", found)
        stage, step = told.pop("stage", None), told.pop("step", None)
        told.pop("time", None)
        if not isinstance(stage, str) or not isinstance(step, int):
            return
        figures = self.stages.setdefault(stage, {})
        for name, value in told.items():
            if isinstance(value, int | float):
                astray = self._not_finite.setdefault(stage, {}).setdefault(name, [])
                self._add(figures.setdefault(name, []), astray, step, _number(value))

    def astray(self, stage: str) -> dict[str, int]:
        """By figure: how many of its values were infinite or no numbers. They are in no curve."""
        return {name: len(steps) for name, steps in self._not_finite.get(stage, {}).items() if steps}

    def _add(self, curve: list[tuple[int, float]], astray: list[int], step: int, value: float) -> None:
        while curve and step <= curve[-1][0]:  # the stage was begun anew, or goes on where it was last kept
            curve.pop()
        while astray and step <= astray[-1]:
            astray.pop()
        if not math.isfinite(value):
            astray.append(step)
            return
        curve.append((step, value))
        if len(curve) > MOST_POINTS:
            del curve[1::2]


def _number(value: float) -> float:
    """A whole number may be larger than any float."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
