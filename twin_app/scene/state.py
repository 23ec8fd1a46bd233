"""What the 3D twin shows at one moment. Everything in it was measured, believed or planned; nothing is truth."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.camera import SceneBelief
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan
from runtime.messages.state import RobotState


@dataclass(frozen=True, slots=True)
class TwinState:
    """The newest message of each kind; None where none has come yet."""

    robot: RobotState | None = None
    """Places the arm."""

    belief: SceneBelief | None = None
    """Places the parts."""

    plan: Plan | None = None
    """Drawn as a path and a ghost."""

    target: str = ""
    """Catalogue name of the part that the policy goes for; marked."""

    fresh: bool = True
    """False while the link is down: everything that moves is drawn pale."""

    shadow: tuple[Pose, ...] = ()
    """What the policy in shadow would do; drawn as a second path."""
