"""Whether a task succeeded, judged from what the cell measured: grip, and the picture of tray and totes."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.camera import Detection, SceneBelief
from runtime.messages.cell import CellDescription
from runtime.messages.state import RobotState
from runtime.supervision.intent import Intent

PATIENCE_NS = 3_000_000_000
"""How long an occluded or contradicting picture is waited out."""

LOOKS = 2
"""Pictures that must agree."""

LOOKS_WEAK = 8
"""Pictures that must agree when the part is partly hidden."""

QUALITY_MIN = 0.3
QUALITY_WEAK = 0.1
"""What a part that is mostly hidden by the arm still reaches; proves presence in a tote only by repetition."""

GRIP_FORCE_N = 4.0
GRIP_WIDTH_MIN_M = 0.004
GRIP_TIME_NS = 200_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a verification with its evidence in words."""

    succeeded: bool
    evidence: str


class GripWatch:
    """Notices whether the fingers held something during an attempt, and how wide it was."""

    def __init__(self) -> None:
        self._since_ns = 0
        self.held_m = 0.0
        """Width of what was held for at least 0.2 s; 0 when nothing was."""

    def look(self, robot: RobotState) -> None:
        """Take one measured state."""
        if not holds(robot):
            self._since_ns = 0
        elif self._since_ns == 0:
            self._since_ns = robot.stamp_ns
        elif robot.stamp_ns - self._since_ns >= GRIP_TIME_NS:
            self.held_m = robot.gripper_width_m


def holds(robot: RobotState) -> bool:
    """Whether force and width say that something is between the fingers."""
    return robot.gripper_force_n >= GRIP_FORCE_N and robot.gripper_width_m >= GRIP_WIDTH_MIN_M


class PlaceMemory:
    """Where each part was last clearly seen: what the arm hides at a task's start was seen before it."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}
        self._stamp_ns = 0

    def look(self, belief: SceneBelief) -> None:
        """Take one picture's belief; the same one again costs nothing."""
        if belief.stamp_ns == self._stamp_ns:
            return
        self._stamp_ns = belief.stamp_ns
        for seen in belief.detections:
            if seen.quality >= QUALITY_MIN:
                self._places[seen.part] = seen.place

    def lying_in(self, place: str) -> frozenset[str]:
        """The parts last seen there."""
        return frozenset(part for part, where in self._places.items() if where == place)


class Verification:
    """One task's evidence: fed while an attempt runs, asked when the policy says that it is done."""

    def __init__(self, intent: Intent, cell: CellDescription, *, in_tray: frozenset[str] = frozenset()) -> None:
        self._intent = intent
        self._totes = frozenset(tote.name for tote in cell.totes)
        self._grip = GripWatch()
        self._before: set[str] = set(in_tray)
        self._asked_ns: int | None = None
        self._belief_ns = 0
        self._votes: dict[tuple[Finding, int], int] = {}
        self._newest = Finding(succeeded=False, evidence="no picture after the policy said done")

    def watch(self, belief: SceneBelief | None, robot: RobotState | None) -> None:
        """Gather while the attempt runs: which parts lay in the tray, and whether the fingers held one."""
        if belief is not None:
            self._before.update(seen.part for seen in belief.detections if _lies(seen, "tray"))
        if robot is not None:
            self._grip.look(robot)

    def look(self, belief: SceneBelief | None, robot: RobotState | None, *, now_ns: int) -> Finding | None:
        """The verdict, or None while it is open; open for at most 3 s from the first call."""
        if self._asked_ns is None:
            self._asked_ns = now_ns
        if robot is not None and holds(robot):
            self._newest = Finding(succeeded=False, evidence="the fingers still hold something")
        elif belief is not None and belief.stamp_ns > max(self._belief_ns, self._asked_ns):
            self._belief_ns = belief.stamp_ns
            for quality, looks in ((QUALITY_MIN, LOOKS), (QUALITY_WEAK, LOOKS_WEAK)):
                found = self._judge(belief, quality)
                if found is not None and (found.succeeded or quality == QUALITY_MIN):
                    self._newest = found
                    votes = self._votes[found, looks] = self._votes.get((found, looks), 0) + 1
                    if votes >= looks:
                        return found
        return self._newest if now_ns - self._asked_ns >= PATIENCE_NS else None

    def ask_again(self) -> None:
        """Another verdict is wanted, from pictures that are still to come."""
        self._asked_ns = None
        self._votes.clear()

    def _judge(self, belief: SceneBelief, quality: float) -> Finding | None:
        """What one picture says; None when it proves nothing."""
        wanted = {self._intent.part} if self._intent.part is not None else self._before
        seen = [one for one in belief.detections if one.part in wanted and one.quality >= quality]
        tray = {one.part for one in seen if one.place == "tray"}
        placed = [one for one in seen if one.place in self._totes and one.part in self._before - tray]
        for one in placed:
            if self._intent.tote in (None, one.place):
                return Finding(succeeded=True, evidence=self._success(one))
        if placed:
            return Finding(succeeded=False, evidence=f"{placed[0].part} is in the {placed[0].place} tote")
        return self._absence(belief, seen, tray)

    def _absence(self, belief: SceneBelief, seen: list[Detection], tray: set[str]) -> Finding | None:
        name = self._intent.part or "the part"
        if self._intent.part is not None and self._intent.part in tray:
            return Finding(succeeded=False, evidence=f"{name} is still in the tray")
        if self._intent.part is not None and self._intent.part not in self._before:
            return Finding(succeeded=False, evidence=f"{name} was not seen in the tray during the attempt")
        if belief.occluded:
            self._newest = Finding(succeeded=False, evidence="could not be verified: the arm hides tray or totes")
            return None
        places = sorted({one.place for one in seen if one.place not in self._totes | {"tray"}})
        if places:
            return Finding(succeeded=False, evidence=f"{name} was dropped: seen {places[0]}")
        self._newest = Finding(succeeded=False, evidence=f"{name} is not seen in any tote")
        return None

    def _success(self, placed: Detection) -> str:
        grip = f"gripped at {self._grip.held_m * 1e3:.0f} mm" if self._grip.held_m else "grip not felt"
        return f"{placed.part} left the tray and is seen in the {placed.place} tote; {grip}"


def _lies(seen: Detection, place: str) -> bool:
    return seen.place == place and seen.quality >= QUALITY_MIN
