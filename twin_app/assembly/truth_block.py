"""The block with body poses: for cameras and judge, which stand for light and for a person's eyes (decision 0012)."""

from __future__ import annotations

from sim_worlds.plant.truth import packed_size
from sim_worlds.variation import VariedScene

TRUTH = "truth"
"""The block's name."""


def truth_shape(varied: VariedScene) -> tuple[int, ...]:
    """Shape of the truth block of a cell."""
    cell, clutter = varied.scene.description, varied.clutter
    return (packed_size(joints=len(cell.robot.joints), parts=len(cell.parts), loose=len(clutter.loose)),)
