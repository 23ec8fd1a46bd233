"""One number for the content of a dataset, for the card of a model that was trained on it."""

from __future__ import annotations

import hashlib
import struct
from typing import Protocol

import msgspec
import numpy as np

from runtime.datasets.reader import DatasetReader

_HEADING = b"celltwin dataset content 1\n"
_LENGTH = struct.Struct("<Q")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def content_hash(dataset: DatasetReader) -> str:
    """SHA-256 over rate, names, tasks, every number and every compressed frame, in the order of the episodes.

    Independent of how episodes are spread over files, and of the libraries' versions that wrote these. Each part is
    preceded by its length as u64, little-endian; numbers are f32, little-endian, frame by frame. Raises
    `UnreadableDataset`.
    """
    digest = hashlib.sha256(_HEADING)
    form = dataset.form
    _add(digest, msgspec.json.encode([form.fps, form.state, form.action, form.cameras, form.extras], order="sorted"))
    for index in range(len(dataset)):
        episode = dataset.episode(index, cameras=())
        _add(digest, episode.task.encode())
        for values in episode.columns().values():
            _add(digest, np.ascontiguousarray(values, dtype="<f4").tobytes())
        _add(digest, episode.intervention.astype(np.uint8).tobytes())
        for camera in form.cameras:
            for packet in dataset.packets(index, camera.name):
                _add(digest, packet)
    return digest.hexdigest()


def _add(digest: _Hash, content: bytes) -> None:
    digest.update(_LENGTH.pack(len(content)))
    digest.update(content)
