"""The configuration of compressing: a TOML file, every key with its limit."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from plugins.flow_vla.configuration import SEED_MAX, Limit, read_configuration

TRAINING_SEEDS_END = 100_000
CALIBRATION_SEEDS = (300_000, 400_000)


class QuantisingTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Stills on which the ranges of the eight bits are measured: of calibration seeds."""

    first_seed: int = 300_000
    count: int = 100


class PruningTable(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the eyes stays, and the stills on which they learn to see again: of training seeds."""

    share: float = 0.5
    first_seed: int = 50_000
    count: int = 4000
    epochs: int = 10


class StraighteningTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Steps of the flow that stay, and the lessons whose conditions the head learns from: of training seeds."""

    steps: int = 1
    first_seed: int = 50_000
    lessons: int = 60
    batches: int = 4000


class CompressionRecipe(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    seed: int = 0
    quantising: QuantisingTable = QuantisingTable()
    pruning: PruningTable = PruningTable()
    straightening: StraighteningTable = StraighteningTable()


def read_recipe(file: Path) -> CompressionRecipe:
    """Read and check; raises `UserMistake` naming file, key, value and limit."""
    return read_configuration(file, CompressionRecipe, _limits)


def _limits(recipe: CompressionRecipe) -> list[Limit]:
    quantising, pruning, straightening = recipe.quantising, recipe.pruning, recipe.straightening
    return [
        ("seed", recipe.seed, 0, SEED_MAX),
        ("quantising.count", quantising.count, 1, 10_000),
        (
            "quantising.first_seed",
            quantising.first_seed,
            CALIBRATION_SEEDS[0],
            CALIBRATION_SEEDS[1] - quantising.count,
        ),
        ("pruning.share", pruning.share, 0.1, 1.0),
        ("pruning.count", pruning.count, 4, 100_000),
        ("pruning.first_seed", pruning.first_seed, 0, TRAINING_SEEDS_END - pruning.count),
        ("pruning.epochs", pruning.epochs, 1, 200),
        ("straightening.steps", straightening.steps, 1, 4),
        ("straightening.lessons", straightening.lessons, 1, 10_000),
        ("straightening.first_seed", straightening.first_seed, 0, TRAINING_SEEDS_END - straightening.lessons),
        ("straightening.batches", straightening.batches, 1, 1_000_000),
    ]
