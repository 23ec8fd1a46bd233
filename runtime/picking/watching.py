"""Where the hand waits: as near to the tray as it can be without hiding anything from the overhead camera."""

from __future__ import annotations

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.perception import shared_finder
from runtime.picking.funnel import HandState
from runtime.picking.joint_pace import at_ease

HEIGHTS_M = (0.16, 0.2, 0.25, 0.3, 0.36, 0.44)
"""Above the tray."""

STEP_M = 0.03
INSET_M = 0.01
HEIGHT_COST = 1.5
"""Of a metre up, beside a metre aside: sinking is the slower motion."""


def watch_pose(cell: CellDescription, arm: Arm) -> HandState:
    """The nearest free pose between tray and robot; where there is none, the home pose serves."""
    finder = shared_finder(cell)
    fixed = [camera for camera in cell.cameras if not camera.on_flange]
    lower, upper = cell.workspace.lower_m, cell.workspace.upper_m
    x_m, y_m, floor_m = cell.tray.centre_in_base_m
    places: list[tuple[float, float, float]] = []
    for step in range(1 + int((x_m - lower[0] - INSET_M) / STEP_M)):
        for height_m in HEIGHTS_M:
            if floor_m + height_m <= upper[2] - INSET_M:
                places.append((step * STEP_M + HEIGHT_COST * height_m, x_m - step * STEP_M, floor_m + height_m))
    for _, place_x_m, z_m in sorted(places):
        q_rad = at_ease(arm, place_x_m, y_m, z_m, 0.0)
        if q_rad is None:
            continue
        frames = arm.frames(q_rad)
        if all(finder.view_is_free(camera, arm_frames=frames) for camera in fixed):
            return HandState(place_x_m, y_m, z_m, 0.0)
    home = arm.fk(arm.home_rad).position_m
    return HandState(home[0], home[1], home[2], 0.0)
