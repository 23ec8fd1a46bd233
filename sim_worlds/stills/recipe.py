"""What stills are taken of: a scene, its variations, and how well its cameras are mounted."""

from __future__ import annotations

from dataclasses import dataclass

from sim_worlds.variation import TrainingMix, Variation


@dataclass(frozen=True, slots=True)
class StillRecipe:
    """Travels to other processes as it is."""

    scene: str = "tray"
    """Name, or path of a TOML file."""

    variations: tuple[Variation, ...] = ()
    """In every still, drawn anew for each."""

    mix: TrainingMix | None = None
    """Further ones, drawn anew for each still; what `variations` names keeps its own strength."""

    mismatch: str = "low"
    """Of the cameras' mounting, as in a run."""

    def variations_of(self, seed: int) -> tuple[Variation, ...]:
        """Of one still."""
        mixed = () if self.mix is None else self.mix.sample(seed)
        return tuple({one.name: one for one in (*mixed, *self.variations)}.values())
