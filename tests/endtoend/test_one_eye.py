"""What only the eye at the hand sees is found by it, and what neither sees is not made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from plugins.flow_vla.sight import Look, Sight
from runtime.messages.requests import AddTask
from runtime.messages.tasks import TaskStatus
from runtime.ports import CameraView
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup

SEED = 0
PART, TOTE = "red cube", "left"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[LockStepCell]:
    """The fixed camera never sees what is meant, as behind a strip of tape."""
    look = Sight.look

    def taped(
        self: Sight, camera: str, view: CameraView, asked: NDArray[np.float32], place: NDArray[np.float32] | None
    ) -> Look:
        seen = look(self, camera, view, asked, place)
        return replace(seen, peak=replace(seen.peak, share=0.0, rival=0.0)) if camera == "overhead" else seen

    monkeypatch.setattr(Sight, "look", taped)
    cell = LockStepCell(CellSetup(seed=SEED, policy="flow_vla"))
    cell.start()
    cell.judge.begin(part=PART, tote=TOTE)
    yield cell
    cell.close()


def test_what_the_fixed_camera_does_not_see_is_fetched_by_the_eye_at_the_hand(cell: LockStepCell) -> None:
    receipt = cell.ask(AddTask(f"put the {PART} in the {TOTE} tote"))
    cell.run_to_end(int(receipt.detail))
    assert cell.judge.outcome().succeeded


@pytest.mark.parametrize("wish", ["green cylinder", "leftmost cylinder"])
def test_what_is_not_there_or_takes_the_whole_tray_to_see_is_still_declined(cell: LockStepCell, wish: str) -> None:
    receipt = cell.ask(AddTask(f"put the {wish} in the {TOTE} tote"))
    task = cell.run_to_end(int(receipt.detail))
    assert task.status is TaskStatus.DECLINED
    assert task.reason == f"no {wish.removeprefix('leftmost ')} is seen"
