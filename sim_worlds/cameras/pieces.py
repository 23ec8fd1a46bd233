"""Which pieces of a drawing a camera can see at all: the arm's links stand mostly outside of its picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription
from sim_worlds.cameras.drawing import Drawing
from sim_worlds.cameras.frames import Matrix


@dataclass(frozen=True, slots=True)
class Pieces:
    """Runs of triangles of one body each, with a ball around every body's vertices in its own frame."""

    runs: tuple[tuple[int, int, int], ...]
    """(body, first of the drawing's indices, how many), in the drawing's order."""

    centres_m: NDArray[np.float64]
    """[bodies, 3]."""

    radii_m: NDArray[np.float64]
    """[bodies]; infinite for what never moves, which is always drawn."""

    def seen(
        self, base_from_body: NDArray[np.float32], *, camera: CameraDescription, camera_from_base: Matrix
    ) -> Iterator[tuple[int, int]]:
        """(first index, how many) of what may be in the picture, neighbours joined; draws the same picture as all."""
        centres = np.einsum("bij,bj->bi", base_from_body[:, :3, :3], self.centres_m) + base_from_body[:, :3, 3]
        x, y, z = camera_from_base[:3, :3] @ centres.T + camera_from_base[:3, 3:]
        visible = z > -self.radii_m
        for across, half_px in ((x, 0.5 * camera.width_px), (y, 0.5 * camera.height_px)):
            outside_m = np.abs(across) * camera.focal_px - z * half_px
            visible &= outside_m <= self.radii_m * np.hypot(camera.focal_px, half_px)
        first, count = 0, 0
        for body, run_first, run_count in self.runs:
            if not visible[body]:
                continue
            if run_first == first + count:
                count += run_count
                continue
            if count:
                yield first, count
            first, count = run_first, run_count
        if count:
            yield first, count


def pieces_of(drawing: Drawing) -> Pieces:
    """Prepare the runs and balls of a drawing."""
    owners = drawing.vertices[drawing.indices[::3], 9].astype(np.intp)
    borders = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist(), len(owners)]
    runs = tuple(
        (int(owners[start]), 3 * start, 3 * (end - start)) for start, end in zip(borders, borders[1:], strict=False)
    )
    centres, radii = np.zeros((drawing.bodies, 3)), np.zeros(drawing.bodies)
    for body in range(drawing.bodies):
        points = drawing.vertices[drawing.vertices[:, 9] == body, :3]
        if len(points):
            centres[body] = 0.5 * (points.min(axis=0) + points.max(axis=0))
            radii[body] = np.linalg.norm(points - centres[body], axis=1).max()
    radii[0] = np.inf
    return Pieces(runs, centres, radii)
