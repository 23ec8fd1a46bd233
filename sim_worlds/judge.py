"""Judges a pick by where the parts really are: outside the runtime, which never learns of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from runtime.messages.cell import CellDescription, Tote
from sim_worlds.plant.truth import Truth
from sim_worlds.scenes.scene import Scene

_HELD_M = 0.05
"""A part whose centre is this near to the tool centre point counts as held while it is above the table's parts."""

_HELD_ABOVE_M = 0.06
_PILED_M = 0.06
"""Parts piled in a tote may stand this far above its wall."""


class SeesTruth(Protocol):
    """What the judge needs of a plant: itself, or a mirror of its truth."""

    def truth(self) -> Truth:
        """Where everything is now."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order."""

    succeeded: bool
    """The named part lies in the named tote, and no other part has changed its place."""

    place: str
    """Of the named part: tray, a tote's name, gripper or elsewhere; empty where none was named."""

    wrong_part: bool
    """Another part was taken or has gone elsewhere."""

    dropped: bool
    """The named part lies neither on the tray, nor in a tote, nor in the gripper."""

    moved: tuple[str, ...]
    """Other parts that changed their place; with the place where no part was named."""

    wrong_tote: bool = False
    """The named part lies in another tote than the named one."""

    @property
    def words(self) -> str:
        """For a person: where the named part lies, and what else moved."""
        if not self.place:
            return f"moved: {', '.join(self.moved)}" if self.moved else "no part moved"
        also = f"; also moved: {', '.join(self.moved)}" if self.moved else ""
        return f"it lies in place {self.place!r}{also}"


class Judge:
    """Compares the parts' places before and after an order."""

    def __init__(self, scene: Scene, plant: SeesTruth) -> None:
        self._cell = scene.description
        self._endless = scene.belt is not None
        self._plant = plant
        self._names = [part.name for part in scene.description.parts]
        self._part, self._tote = "", ""
        self._before: dict[str, str] = {}

    def begin(self, *, part: str, tote: str) -> None:
        """An order is given out. Raises KeyError for a part or tote that the cell does not have.

        Both empty: what is wanted was said in a person's own words; one part that comes to lie in a tote is a success.
        """
        if (part or tote) and part not in self._names:
            raise KeyError(part)
        if (part or tote) and tote not in [one.name for one in self._cell.totes]:
            raise KeyError(tote)
        self._part, self._tote = part, tote
        self._before = self.places()

    def outcome(self) -> Outcome:
        """How the order stands now; ask when the task has ended."""
        after = self.places()
        if not self._part:
            return self._unnamed(after)
        place = after[self._part]
        others = [name for name in self._names if name != self._part]
        moved = tuple(name for name in others if after[name] != self._before[name])
        return Outcome(
            succeeded=place == self._tote and not moved,
            place=place,
            wrong_part=bool(moved),
            dropped=place == "elsewhere",
            moved=moved,
            wrong_tote=place != self._tote and place in [tote.name for tote in self._cell.totes],
        )

    def _unnamed(self, after: dict[str, str]) -> Outcome:
        moved = [name for name in self._names if after[name] != self._before[name]]
        totes = [tote.name for tote in self._cell.totes]
        return Outcome(
            succeeded=len(moved) == 1 and after[moved[0]] in totes,
            place="",
            wrong_part=len(moved) > 1,
            dropped=any(after[name] == "elsewhere" for name in moved),
            moved=tuple(f"{name} to {after[name]}" for name in moved),
        )

    def observe(self, *, part: str, tote: str) -> Outcome:
        """The outcome for a part and tote without a beginning: only where the named part lies counts."""
        self._part, self._tote = part, tote
        self._before = self.places()
        return self.outcome()

    def places(self) -> dict[str, str]:
        """Where every part is, by name: tray, a tote's name, gripper or elsewhere."""
        truth = self._plant.truth()
        tool = 0.5 * (truth.links[-1, :3] + truth.links[-2, :3])
        places: dict[str, str] = {}
        for name, pose in zip(self._names, truth.parts, strict=True):
            x, y, z = (float(value) for value in pose[:3])
            if z > _HELD_ABOVE_M and math.dist((x, y, z), tool.tolist()) < _HELD_M:
                places[name] = "gripper"
            else:
                places[name] = place_of((x, y, z), cell=self._cell, endless=self._endless)
        return places


def place_of(point_m: tuple[float, float, float], *, cell: CellDescription, endless: bool) -> str:
    """tray, a tote's name or elsewhere, for a point in the base frame. `endless`: the tray is a belt's reach."""
    for tote in cell.totes:
        if _inside(point_m, tote):
            return tote.name
    tray = cell.tray
    across = abs(point_m[1] - tray.centre_in_base_m[1]) <= tray.inner_half_extents_m[1]
    along = endless or abs(point_m[0] - tray.centre_in_base_m[0]) <= tray.inner_half_extents_m[0]
    low = -0.01 <= point_m[2] - tray.centre_in_base_m[2] <= _PILED_M
    return "tray" if across and along and low else "elsewhere"


def _inside(point_m: tuple[float, float, float], tote: Tote) -> bool:
    half_x, half_y = tote.inner_half_extents_m
    height = point_m[2] - tote.centre_in_base_m[2]
    return (
        abs(point_m[0] - tote.centre_in_base_m[0]) <= half_x
        and abs(point_m[1] - tote.centre_in_base_m[1]) <= half_y
        and -0.01 <= height <= tote.wall_height_m + _PILED_M
    )
