"""Where the hand waits: as near to the tray as it can be without hiding anything from the overhead camera."""

from __future__ import annotations

from plugins.programmed.funnel import HandState, pose_of
from plugins.programmed.sight import Sight
from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription

HEIGHTS_M = (0.18, 0.24, 0.3, 0.38, 0.46)
STEP_M = 0.03
INSET_M = 0.01


def watch_pose(cell: CellDescription, arm: Arm, sight: Sight) -> HandState:
    """Search from the tray's middle back towards the robot; where no pose is free, the home pose serves."""
    lower, upper = cell.workspace.lower_m, cell.workspace.upper_m
    x_m, y_m = cell.tray.centre_in_base_m[:2]
    floor_m = cell.tray.centre_in_base_m[2]
    while x_m >= lower[0] + INSET_M:
        for height_m in HEIGHTS_M:
            z_m = min(floor_m + height_m, upper[2] - INSET_M)
            state = HandState(x_m, y_m, z_m, 0.0)
            q_rad = arm.inverse(pose_of(state), arm.home_rad)
            if q_rad is not None and sight.is_free(q_rad):
                return state
        x_m -= STEP_M
    home = arm.fk(arm.home_rad).position_m
    return HandState(home[0], home[1], home[2], 0.0)
