"""The named areas of a cell: which one a point lies in, how high its floor is, whether the arm covers it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Vector3
from runtime.perception.projection import ViewGeometry

MARGIN_M = 0.012
"""How far outside an inner border a measured middle may lie and still count as inside."""

TRAY = "tray"
ELSEWHERE = "elsewhere"


class Places:
    """Tray and totes of a cell as rectangles in the base frame."""

    def __init__(self, cell: CellDescription) -> None:
        """The tray comes first, the totes in the order of the description."""
        areas: list[tuple[str, Vector3, tuple[float, float]]] = [
            (TRAY, cell.tray.centre_in_base_m, cell.tray.inner_half_extents_m)
        ]
        areas += [(tote.name, tote.centre_in_base_m, tote.inner_half_extents_m) for tote in cell.totes]
        self._areas = areas
        self.table_z_m = cell.tray.centre_in_base_m[2]
        """Height of the surface that parts are picked from."""

        self._floor_z_m = cell.floor_z_m
        self._newest_area: tuple[tuple[object, ...], NDArray[np.uint8]] | None = None

    def at(self, x_m: float, y_m: float) -> str:
        """tray, a tote's name or elsewhere."""
        index = self._index(x_m, y_m)
        return ELSEWHERE if index is None else self._areas[index][0]

    def floor_z_m(self, x_m: float, y_m: float) -> float:
        """Height of what a part lies on there."""
        index = self._index(x_m, y_m)
        return self._floor_z_m if index is None else self._areas[index][1][2]

    def covered(self, view: ViewGeometry, mask: NDArray[np.uint8]) -> bool:
        """Whether the mask hides any piece of tray or totes that the picture shows."""
        return cv2.countNonZero(cv2.bitwise_and(self._area(view), mask)) > 0

    def _area(self, view: ViewGeometry) -> NDArray[np.uint8]:
        """u8[height, width], 255 on tray and totes; the newest one is kept, because a fixed camera asks again."""
        newest = self._newest_area
        if newest is not None and newest[0] == view.key:
            return newest[1]
        area = np.zeros((view.size_px[1], view.size_px[0]), dtype=np.uint8)
        for _, (x, y, z), (half_x, half_y) in self._areas:
            corners = [(x + sx * half_x, y + sy * half_y, z) for sx, sy in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
            pixels, _ = view.project(np.array(corners))
            cv2.fillConvexPoly(area, pixels.round().astype(np.int32), 255)
        self._newest_area = (view.key, area)
        return area

    def _index(self, x_m: float, y_m: float) -> int | None:
        best, best_outside_m = None, MARGIN_M
        for index, (_, (x, y, _), (half_x, half_y)) in enumerate(self._areas):
            outside_m = max(math.fabs(x_m - x) - half_x, math.fabs(y_m - y) - half_y)
            if outside_m <= best_outside_m:
                best, best_outside_m = index, outside_m
        return best
