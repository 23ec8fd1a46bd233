"""The next second of motion, at full pace or as much of it as the joints can follow."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector
from runtime.picking.following import Waypoint, follow
from runtime.picking.funnel import Goal, HandState, Pace, Path, descend, pose_of
from runtime.picking.joint_pace import JointPace
from runtime.picking.walls import Walls

STEP_PERIOD_S = 0.1
HORIZON = 8
"""Steps of a chunk."""

FULL_PACE = Pace(
    speed_m_s=0.8,
    acceleration_m_s2=2.0,
    height_m_s=0.4,
    turn_rad_s=2.0,
    turn_rad_s2=6.0,
    braking_m_s2=1.2,
)
NARROWING_MAX = 2.0
EXCESS_MAX = 1.0
"""So much faster than the joints' pace a path may be before it is planned anew."""

BORDER_M = 0.002


class Mover:
    """Makes paths of one chunk's length for one arm. Belongs to one thread: it uses the arm's working memory."""

    def __init__(self, arm: Arm, cell: CellDescription, *, speed: float = 1.0) -> None:
        """`speed`: factor to the full one."""
        self._pace = FULL_PACE.scaled(speed)
        self._joint_pace = JointPace(arm, step_period_s=STEP_PERIOD_S, factor=speed)
        self._workspace = cell.workspace
        self._walls = Walls(cell)

    def towards(self, committed: Sequence[HandState], goal: Goal, *, q_rad: Vector) -> Path:
        """Through the funnel to a goal."""
        reach = self._joint_pace.reach(q_rad)
        path = descend(committed, goal, self._pace, reach, duration_s=HORIZON * STEP_PERIOD_S)
        excess = self._joint_pace.excess(path, steps=HORIZON, q_rad=q_rad)
        if excess > EXCESS_MAX:
            slower = reach.narrowed(min(excess, NARROWING_MAX))
            path = descend(committed, goal, self._pace, slower, duration_s=HORIZON * STEP_PERIOD_S)
        return path

    def along(self, committed: Sequence[HandState], waypoints: Sequence[Waypoint], *, q_rad: Vector) -> Path:
        """After waypoints, one a step."""
        reach = self._joint_pace.reach(q_rad)
        path = follow(committed, waypoints, self._pace, reach, step_period_s=STEP_PERIOD_S)
        excess = self._joint_pace.excess(path, steps=HORIZON, q_rad=q_rad)
        if excess > EXCESS_MAX:
            slower = reach.narrowed(min(excess, NARROWING_MAX))
            path = follow(committed, waypoints, self._pace, slower, step_period_s=STEP_PERIOD_S)
        return path

    def poses(self, path: Path) -> tuple[Pose, ...]:
        """One a step, kept off walls and within the workspace: a hand thrown off its path may coast to its border."""
        states = (path.at((index + 1) * STEP_PERIOD_S) for index in range(HORIZON))
        return tuple(self._walls.kept_off(self._inside(state)) for state in states)

    def _inside(self, state: HandState) -> Pose:
        pose = pose_of(state)
        x_m, y_m, z_m = (
            min(max(value, low + BORDER_M), high - BORDER_M)
            for value, low, high in zip(pose.position_m, self._workspace.lower_m, self._workspace.upper_m, strict=True)
        )
        return Pose((x_m, y_m, z_m), pose.orientation_xyzw)
