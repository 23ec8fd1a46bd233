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
    """[bodies, 4], homogeneous."""

    radii_m: NDArray[np.float64]
    """[bodies]; infinite for what never moves, which is always drawn."""

    def middles(self, base_from_body: NDArray[np.float32]) -> NDArray[np.float64]:
        """[4, bodies]: the balls' centres in base, homogeneous, of bodies placed by [bodies, 3, 4]."""
        placed = np.ones((4, len(self.radii_m)))
        placed[:3] = (base_from_body @ self.centres_m[:, :, None])[:, :, 0].T
        return placed

    def seen(
        self, middles: NDArray[np.float64], *, planes: NDArray[np.float64], camera_from_base: Matrix
    ) -> Iterator[tuple[int, int]]:
        """(first index, how many) of what may be in the picture, neighbours joined; draws the same picture as all.

        `planes` are the view's, as `view_planes` gives them.
        """
        inside_m = planes @ camera_from_base @ middles + self.radii_m
        visible = (inside_m.min(axis=0) > 0.0).tolist()
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


def view_planes(camera: CameraDescription) -> NDArray[np.float64]:
    """[5, 4]: signed distances of a point in the camera frame from the image plane and the view's four sides."""
    planes = np.array([[0.0, 0.0, 1.0, 0.0]] * 5)
    for first, axis, half_px in ((1, 0, 0.5 * camera.width_px), (3, 1, 0.5 * camera.height_px)):
        length = np.hypot(camera.focal_px, half_px)
        planes[first : first + 2, 2] = half_px / length
        planes[first : first + 2, axis] = camera.focal_px / length, -camera.focal_px / length
    return planes


def pieces_of(drawing: Drawing) -> Pieces:
    """Prepare the runs and balls of a drawing."""
    owners = drawing.vertices[drawing.indices[::3], 9].astype(np.intp)
    borders = [0, *(np.flatnonzero(np.diff(owners)) + 1).tolist(), len(owners)]
    runs = tuple(
        (int(owners[start]), 3 * start, 3 * (end - start)) for start, end in zip(borders, borders[1:], strict=False)
    )
    centres, radii = np.ones((drawing.bodies, 4)), np.zeros(drawing.bodies)
    whose = drawing.vertices[:, 9].astype(np.intp)
    by_body = drawing.vertices[np.argsort(whose, kind="stable"), :3]
    ends = np.cumsum(np.bincount(whose, minlength=drawing.bodies))
    for body, points in enumerate(np.split(by_body, ends[:-1])):
        if len(points):
            centres[body, :3] = 0.5 * (points.min(axis=0) + points.max(axis=0))
            radii[body] = np.linalg.norm(points - centres[body, :3], axis=1).max()
    radii[0] = np.inf
    return Pieces(runs, centres, radii)
