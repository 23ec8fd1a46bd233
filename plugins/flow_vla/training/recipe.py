"""The training configuration: a TOML file, every key with its limit."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from plugins.flow_vla.configuration import SEED_MAX, Limit, read_configuration
from runtime.messages.lines import a_line, is_line
from runtime.mistakes import UserMistake, quoted
from runtime.plugin_host.model_card import VERSION_LETTERS
from sim_worlds.seeds import FIRST_TEST_SEED


class ReadingTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The reader."""

    steps: int = 12_000


class StillsTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Static scenes for the eyes; `first_seed` to `first_seed + count`."""

    first_seed: int = 0
    count: int = 12_000
    epochs: int = 8
    turning_epochs: int = 6


class LessonsTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Demonstrations, and then rounds of corrections while the learner drives."""

    first_seed: int = 0
    count: int = 240
    rounds: int = 3
    round_count: int = 100
    learner_share: float = 0.8


class ActingTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The head; `round_steps` after each round of corrections."""

    steps: int = 6000
    round_steps: int = 5000
    regression: bool = False
    relative: bool = True


class SeedsTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the other sets begin; they never meet."""

    validation: int = 200_000
    validation_count: int = 1000
    validation_runs: int = 200
    """Of them, for the figures of the card."""

    calibration: int = 300_000
    calibration_count: int = 300
    alpha: float = 0.05
    """Chance of an alarm in a run that succeeds."""


class Recipe(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    seed: int = 0
    version: str = "1.0.0"
    reading: ReadingTable = ReadingTable()
    stills: StillsTable = StillsTable()
    lessons: LessonsTable = LessonsTable()
    acting: ActingTable = ActingTable()
    seeds: SeedsTable = SeedsTable()


def read_recipe(file: Path) -> Recipe:
    """Read and check; raises `UserMistake` naming file, key, value and limit."""
    recipe = read_configuration(file, Recipe, _limits)
    if not is_line(recipe.version, VERSION_LETTERS):
        raise UserMistake(
            f"{file}: version = {quoted(recipe.version)}, must be {a_line(VERSION_LETTERS)}", remedy="change version"
        )
    _check_apart(recipe, file)
    return recipe


def _limits(recipe: Recipe) -> list[Limit]:
    return [
        ("seed", recipe.seed, 0, SEED_MAX),
        *((name, first, 0, 10**9) for name, first in _firsts(recipe).items()),
        ("reading.steps", recipe.reading.steps, 10, 100_000),
        ("stills.count", recipe.stills.count, 64, 100_000),
        ("stills.epochs", recipe.stills.epochs, 1, 200),
        ("stills.turning_epochs", recipe.stills.turning_epochs, 1, 200),
        ("lessons.count", recipe.lessons.count, 2, 20_000),
        ("lessons.rounds", recipe.lessons.rounds, 0, 20),
        ("lessons.round_count", recipe.lessons.round_count, 2, 20_000),
        ("lessons.learner_share", recipe.lessons.learner_share, 0.0, 1.0),
        ("acting.steps", recipe.acting.steps, 10, 1_000_000),
        ("acting.round_steps", recipe.acting.round_steps, 10, 1_000_000),
        ("seeds.validation_runs", recipe.seeds.validation_runs, 1, recipe.seeds.validation_count),
        ("seeds.calibration_count", recipe.seeds.calibration_count, 2, 100_000),
        ("seeds.alpha", recipe.seeds.alpha, 0.001, 0.5),
    ]


def _firsts(recipe: Recipe) -> dict[str, int]:
    return {
        "stills.first_seed": recipe.stills.first_seed,
        "lessons.first_seed": recipe.lessons.first_seed,
        "seeds.validation": recipe.seeds.validation,
        "seeds.calibration": recipe.seeds.calibration,
    }


def _check_apart(recipe: Recipe, file: Path) -> None:
    """Training, validation, calibration and test seeds are disjoint."""
    lessons, seeds = recipe.lessons, recipe.seeds
    spans = {
        "stills": (recipe.stills.first_seed, recipe.stills.count),
        "lessons": (lessons.first_seed, lessons.count + lessons.rounds * lessons.round_count),
        "validation": (seeds.validation, seeds.validation_count),
        "calibration": (seeds.calibration, seeds.calibration_count),
        "test": (FIRST_TEST_SEED, 10**9),
    }
    for name, (first, count) in spans.items():
        for other, (other_first, other_count) in spans.items():
            if name >= other or {name, other} == {"stills", "lessons"}:
                continue
            if first < other_first + other_count and other_first < first + count:
                raise UserMistake(
                    f"{file}: the seeds of {name} ({first} to {first + count - 1}) and {other} "
                    f"({other_first} to {other_first + other_count - 1}) overlap",
                    remedy="move one of them",
                )
