"""The block with body poses: for cameras and judge, which stand for light and for a person's eyes (decision 0012)."""

from __future__ import annotations

from runtime.messages.cell import CellDescription
from sim_worlds.plant.truth import packed_size

TRUTH = "truth"
"""The block's name."""


def truth_shape(cell: CellDescription) -> tuple[int, ...]:
    """Shape of the truth block of a cell."""
    return (packed_size(joints=len(cell.robot.joints), parts=len(cell.parts)),)
