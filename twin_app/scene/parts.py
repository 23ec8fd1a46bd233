"""Where the twin draws the parts: where they are believed to be, or were last while the arm covers them."""

from __future__ import annotations

import numpy as np

from runtime.messages.camera import SceneBelief
from runtime.messages.cell import PartKind
from twin_app.scene.kinematics import Matrix, matrix_of


class PartMemory:
    """Follows the beliefs; a part that is hidden stays, pale, and one that is really gone goes."""

    def __init__(self, parts: tuple[PartKind, ...]) -> None:
        self._parts = parts
        self._index = {part.name: index for index, part in enumerate(parts)}
        self._seen: dict[int, Matrix] = {}
        self._hidden: set[int] = set()

    def follow(self, belief: SceneBelief) -> None:
        """Take in the newest belief."""
        now: dict[int, Matrix] = {}
        for detection in belief.detections:
            index = self._index.get(detection.part)
            if index is None:
                continue
            top_in_base = matrix_of(detection.part_in_base)
            centre_in_base = top_in_base.copy()
            centre_in_base[:3, 3] -= 0.5 * self._parts[index].size_m[2] * top_in_base[:3, 2]
            now[index] = centre_in_base
        unseen = set(self._seen) - set(now)
        self._hidden = unseen if belief.occluded else set()
        self._seen = {**{index: self._seen[index] for index in self._hidden}, **now}

    def forget(self) -> None:
        """No belief at all."""
        self._seen.clear()
        self._hidden.clear()

    def frames(self, *, hidden: bool) -> Matrix:
        """[parts, 4, 4] of the parts seen now, or of those hidden; the others are zero."""
        placed = np.zeros((max(1, len(self._parts)), 4, 4))
        for index, frame in self._seen.items():
            if (index in self._hidden) == hidden:
                placed[index] = frame
        return placed

    def place_of(self, name: str) -> Matrix | None:
        """Frame of a part in the base frame, or None when it is nowhere."""
        return self._seen.get(self._index.get(name, -1))
