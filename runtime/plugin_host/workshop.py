"""What a plugin that trains a policy is lent: lessons, examinations, and somebody who listens to its progress."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct


class Trial(Struct, frozen=True):
    """What became of one seed of an examination, as far as training may know it."""

    seed: int
    succeeded: bool
    verdict: str
    confidences: tuple[float, ...]
    signals: tuple[tuple[float, ...], ...]
    """Of every look at work, in the policy's own order."""


class Workshop(Protocol):
    """Handed to a trainer. What has been made before an interruption is found again by its name."""

    folder: Path
    """Where everything of this training is kept."""

    scene: str
    processes: int

    def lessons(
        self, name: str, *, seeds: range, model: Path | None = None, learner_share: float = 0.0, varied: bool = True
    ) -> Path:
        """A dataset of lessons. With a `model` the policy that is being trained drives that share of them."""
        ...

    def examine(self, model: Path, *, seeds: range, suite: str = "nominal", varied: bool = False) -> list[Trial]:
        """The policy with this model on these seeds."""
        ...

    def figures(self, trials: Sequence[Trial]) -> dict[str, Any]:
        """What a card says of an examination: rate with interval, calibration error, reliability."""
        ...

    def tell(self, stage: str, *, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        """How far the work is; figures become curves."""
        ...


class Trainer(Protocol):
    """What a plugin's trainer is: called once, it goes on where it was interrupted."""

    def __call__(self, config: Path, workshop: Workshop) -> Path:
        """Train as the configuration says; returns the folder of the model. Raises `UserMistake`."""
        ...


class Variant(Struct, frozen=True):
    """A policy made smaller or quicker: a folder with a model of its own."""

    name: str
    """After the policy's own name and an underscore, e.g. `int8`."""

    label: str
    """For people."""

    summary: str
    model: Path


class Compressor(Protocol):
    """What a plugin's compressor is: called once, it goes on where it was interrupted."""

    def __call__(
        self, config: Path, workshop: Workshop, *, model: Path, wanted: Collection[str] = ()
    ) -> tuple[Variant, ...]:
        """Make variants of a model as the configuration says; the others are compared with the first one.

        `wanted`: names of variants; empty: all that there are. Raises `UserMistake`.
        """
        ...
