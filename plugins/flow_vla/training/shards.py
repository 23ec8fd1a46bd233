"""Stills with their labels on disk, shard by shard: made once, in parallel, and read as they are needed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from plugins.flow_vla.geometry import cell_places
from plugins.flow_vla.training.labels import CAMERAS
from runtime.keeping import told_when_damaged
from runtime.messages.cell import CellDescription
from runtime.perception import ViewGeometry

STILLS = 250
"""Of one shard."""

_NAMES = {"colour", "shape", "drops"} | {
    f"{name} {camera}" for name in ("picture", "cells", "offsets", "heights", "turns", "sides") for camera in CAMERAS
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Labelled pictures of one camera; p parts each."""

    pictures: Tensor
    """f32[n, 3, 128, 128] within 0…1."""

    cells: Tensor
    """i64[n, p]: the cell of each part, -1 where it cannot be seen."""

    offsets: Tensor
    heights: Tensor
    turns: Tensor
    sides: Tensor
    colour: Tensor
    shape: Tensor
    drops: Tensor
    inside: Tensor
    """bool[totes, cells]: which cells lie in each tote, for the fixed camera."""

    def parts_of(self, row: int) -> dict[str, NDArray[Any]]:
        """What questions about one picture are made of."""
        return {
            "colour": self.colour[row].numpy(),
            "shape": self.shape[row].numpy(),
            "visible": self.cells[row].numpy() >= 0,
        }


class Shards:
    """All shards of a folder as one set. Raises ValueError when there is none."""

    def __init__(self, folder: Path, cell: CellDescription) -> None:
        files = sorted(folder.glob("stills-*.npz"))
        if not files:
            raise ValueError(f"{folder}: no stills-*.npz")
        self._arrays: dict[str, NDArray[Any]] = {}
        loaded = [_read(file) for file in files]
        for name in list(loaded[0]):
            self._arrays[name] = np.concatenate([arrays.pop(name) for arrays in loaded])
        overhead = next(camera for camera in cell.cameras if camera.name == CAMERAS[0])
        view = ViewGeometry(overhead, overhead.camera_in_parent)
        self._inside = torch.from_numpy(np.stack([_inside(view, tote) for tote in cell.totes]))

    def __len__(self) -> int:
        return len(self._arrays["colour"])

    def content_hash(self) -> str:
        """SHA-256 over every picture and label, in the order of the seeds: names, types, shapes and numbers."""
        digest = hashlib.sha256()
        for name, values in sorted(self._arrays.items()):
            digest.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
            digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()

    def batch(self, rows: NDArray[np.int64], camera: str) -> Batch:
        """The pictures of one camera with these numbers."""
        arrays = self._arrays

        def own(name: str) -> Tensor:
            return torch.from_numpy(arrays[f"{name} {camera}"][rows])

        def shared(name: str) -> Tensor:
            return torch.from_numpy(arrays[name][rows])

        return Batch(
            pictures=own("picture").permute(0, 3, 1, 2).float() / 255.0,
            cells=own("cells"),
            offsets=own("offsets"),
            heights=own("heights"),
            turns=own("turns"),
            sides=own("sides"),
            colour=shared("colour"),
            shape=shared("shape"),
            drops=shared("drops"),
            inside=self._inside,
        )


def _read(file: Path) -> dict[str, NDArray[Any]]:
    """Raises `UserMistake` for a file that is not as it was made."""
    with told_when_damaged(file), file.open("rb") as stream:
        arrays = dict(np.load(stream, allow_pickle=False))
        if strange := sorted(arrays.keys() ^ _NAMES):
            raise ValueError(f"array {strange[0]!r} is {'missing' if strange[0] in _NAMES else 'not known'}")
        if len({len(array) for array in arrays.values()}) != 1:
            raise ValueError("its arrays are of different length")
        return arrays


def _inside(view: ViewGeometry, tote: Any) -> NDArray[np.bool_]:  # a Tote
    places = cell_places(view, z_m=tote.centre_in_base_m[2] + 0.02)
    centre, half = tote.centre_in_base_m, tote.inner_half_extents_m
    return (np.abs(places[:, 0] - centre[0]) < half[0]) & (np.abs(places[:, 1] - centre[1]) < half[1])
