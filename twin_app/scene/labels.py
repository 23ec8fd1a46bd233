"""Names written on the table as outlines, so that `left` and `right` are never a question of where one stands."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QFont, QPainterPath

from runtime.messages.cell import CellDescription, Tote
from twin_app.scene.lines import Segments, no_segments, path_segments

HEIGHT_M = 0.035
"""Of the letters."""

GAP_M = 0.025
"""From the tote's wall to the letters."""


def tote_labels(cell: CellDescription) -> Segments:
    """Every tote's name on the table, beyond it for somebody who faces the robot, before it for the robot's side.

    Needs a QApplication.
    """
    pieces = [_written(tote, floor_z_m=cell.floor_z_m, side=side) for tote in cell.totes for side in (1.0, -1.0)]
    return np.concatenate(pieces) if pieces else no_segments()


def _written(tote: Tote, *, floor_z_m: float, side: float) -> Segments:
    """Side 1: letters run along +y and stand up towards the robot, which is the reader's far side; -1: turned round."""
    font = QFont()
    font.setPixelSize(100)
    path = QPainterPath()
    path.addText(0.0, 0.0, font, tote.name)
    box = path.boundingRect()
    if box.height() <= 0.0:
        return no_segments()
    scale = HEIGHT_M / 100.0
    x, y, _ = tote.centre_in_base_m
    near_x = x + side * (tote.inner_half_extents_m[0] + GAP_M + HEIGHT_M)
    segments: list[Segments] = []
    for polygon in path.toSubpathPolygons():
        corners = [polygon.at(index) for index in range(polygon.size())]
        points = np.array([[corner.x() - box.center().x(), corner.y()] for corner in corners])
        placed = np.empty((len(points), 3))
        placed[:, 0] = near_x + side * scale * points[:, 1]
        placed[:, 1] = y + side * scale * points[:, 0]
        placed[:, 2] = floor_z_m + 0.0018
        segments.append(path_segments(placed))
    return np.concatenate(segments) if segments else no_segments()
