"""A small pick cell for tests of perception, policies and planner: any arm, a tray, two totes, six parts."""

from __future__ import annotations

import math

from runtime.messages.cell import CameraDescription, CellDescription, PartKind, Tote, Tray
from runtime.messages.geometry import Box, Pose, Region
from runtime.messages.robot import RobotDescription

HALF_TURN_ABOUT_X = (1.0, 0.0, 0.0, 0.0)

PARTS = (
    PartKind("red cube", "red", "cube", (0.85, 0.12, 0.1), (0.04, 0.04, 0.04), 0.05),
    PartKind("green cube", "green", "cube", (0.1, 0.65, 0.2), (0.04, 0.04, 0.04), 0.05),
    PartKind("blue flat box", "blue", "flat box", (0.12, 0.25, 0.85), (0.06, 0.035, 0.025), 0.05),
    PartKind("yellow cylinder", "yellow", "cylinder", (0.9, 0.8, 0.1), (0.042, 0.042, 0.04), 0.05),
    PartKind("red cylinder", "red", "cylinder", (0.85, 0.12, 0.1), (0.042, 0.042, 0.04), 0.05),
    PartKind("magenta flat box", "magenta", "flat box", (0.8, 0.15, 0.75), (0.06, 0.035, 0.025), 0.05),
)


def pick_cell(robot: RobotDescription, *, belt_m_s: float = 0.0) -> CellDescription:
    """The cell around this arm; two parts are red, so that shape matters."""
    tray = Tray((0.5, 0.0, 0.004), (0.17, 0.17), 0.025, belt_velocity_m_s=(0.0, belt_m_s, 0.0))
    totes = (Tote("left", (0.48, 0.33, 0.004), (0.1, 0.1), 0.06), Tote("right", (0.48, -0.33, 0.004), (0.1, 0.1), 0.06))
    return CellDescription(
        name="test cell",
        scene="test",
        robot=robot,
        workspace=Region((0.15, -0.5, 0.0), (0.75, 0.5, 0.8)),
        floor_z_m=0.0,
        obstacles=(Box("table", Pose((0.4, 0.0, -0.02)), (0.5, 0.6, 0.02)),),
        tray=tray,
        totes=totes,
        parts=PARTS,
        cameras=(overhead(), wrist()),
        simulated=True,
    )


def overhead(*, field_of_view_rad: float = math.radians(36.0)) -> CameraDescription:
    """Looks straight down, its picture's right is the robot's left."""
    focal_px = 64.0 / math.tan(0.5 * field_of_view_rad)
    # camera x = -base y, camera y = -base x, camera z = -base z
    turn = (math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0)
    return CameraDescription("overhead", 128, 128, focal_px, 10.0, False, Pose((0.5, 0.0, 1.35), turn))


def wrist() -> CameraDescription:
    """On the flange, 7 cm ahead of it, parallel to the hand."""
    return CameraDescription("wrist", 128, 128, 110.0, 10.0, True, Pose((0.06, 0.0, 0.02)))
