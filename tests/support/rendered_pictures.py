"""What the cameras of a simulated cell show while it picks, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.ports import Picture
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup


def pictures_of_picks(*, scene: str = "tray", seed: int = 1, picks: int = 1) -> dict[str, NDArray[np.uint8]]:
    """By camera name: u8[n, height, width, 3] at the cameras' own rate, with the sensor's noise."""
    cell = LockStepCell(CellSetup(scene=scene, seed=seed))
    seen: dict[str, list[NDArray[np.uint8]]] = {}
    read_out = cell.rig.read_out

    def remembering() -> Sequence[Picture]:
        pictures = read_out()
        for picture in pictures:
            seen.setdefault(picture.frame.camera, []).append(picture.image.copy())
        return pictures

    cell.rig.read_out = remembering  # pyright: ignore[reportAttributeAccessIssue] the loop gets the same pictures
    try:
        cell.start()
        for _ in range(picks):
            cell.pick()
    finally:
        cell.close()
    return {name: np.stack(pictures) for name, pictures in seen.items()}
