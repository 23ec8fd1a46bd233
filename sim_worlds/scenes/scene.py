"""One cell, ready to be built: its drawing, and what only the simulation needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.cell import CellDescription
from sim_worlds.robots.body import RobotBody
from sim_worlds.scenes.file import BeltTable, LightTable, PhysicsTable, PlacementTable
from sim_worlds.scenes.placement import PlacedPart, place_on_belt, place_on_tray


@dataclass(frozen=True, slots=True)
class Scene:
    """A validated scene file. Nothing in it depends on the mismatch between plant and nominal model."""

    name: str
    title: str
    description: CellDescription
    body: RobotBody
    placement: PlacementTable
    light: LightTable
    physics: PhysicsTable
    belt: BeltTable | None = None

    def place(self, rng_seed: int, refill: int) -> tuple[PlacedPart, ...]:
        """Where every part of the catalogue lies after this refill: the same numbers, the same places.

        Raises `SceneError` when no layout is found; loading has tried a few, so that is next to impossible.
        """
        if self.belt is None:
            return place_on_tray(self.description, rules=self.placement, seed=(rng_seed, refill))
        return place_on_belt(
            self.description, rules=self.placement, upstream_m=self.belt.upstream_m, seed=(rng_seed, refill)
        )
