"""What a training or an evaluation is started with, checked at the form, and the command line that carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runtime.mistakes import UserMistake, quoted
from twin_app.model.seeds import parse_seeds
from twin_app.model.trained import ablation_models
from twin_app.model.variations import check_variations, wishes_of

KINDS = ("evaluate", "train")
SUITES = {
    "nominal": "instructions in plain everyday words",
    "paraphrase": "in words that taught nobody",
    "decline": "half of them are to be declined",
    "ablation": "a row for each model without one part",
    "robustness": "a row for each variation at each strength",
}
"""What an evaluation asks, in words."""

MOST_BYTES = 100_000
"""Of a training configuration."""


@dataclass(frozen=True, slots=True)
class RunWish:
    """As a person puts it."""

    kind: str
    """One of `KINDS`."""

    policy: str
    suite: str = "nominal"
    """Of an evaluation: one of `SUITES`."""

    seeds: str = "200000:200100"
    """Of an evaluation, as `parse_seeds` reads them."""

    config: str = ""
    """Of a training: path of its configuration; empty: the one that comes with the policy."""

    processes: int = 1
    variations: str = ""
    """Of an evaluation, as `check_variations` takes them."""

    fallback: str = ""
    """Of an evaluation: the policy that stands in; empty: none does."""

    models: str = ""
    """Of an ablation, as `ablation_models` takes it."""

    @property
    def name(self) -> str:
        """What is done with which policy."""
        return f"train {self.policy}" if self.kind == "train" else f"{self.policy} · {self.suite}"

    @property
    def words(self) -> str:
        """In a line."""
        if self.kind == "train":
            return f"train {self.policy}" + (f" · {Path(self.config).name}" if self.config else "")
        standing_in = f"with {self.fallback}" if self.fallback else ""
        models = f"models of {self.models}" if self.models and self.suite == "ablation" else ""
        return " · ".join(filter(None, (self.policy, self.suite, self.seeds, self.variations, standing_in, models)))


def checked(wish: RunWish) -> RunWish:
    """The wish itself. Raises `UserMistake` that names field, value, limit and what to do."""
    if wish.kind not in KINDS:
        raise UserMistake(f"kind {quoted(wish.kind)}", remedy=f"one of: {', '.join(KINDS)}")
    if not wish.policy:
        raise UserMistake("policy: none is chosen", remedy="choose one, once the cell has told which there are")
    if wish.kind == "train":
        _check_config(wish.config)
    else:
        _check_evaluation(wish)
    return wish


def command(wish: RunWish, folder: Path, *, parent_pid: int) -> list[str]:
    """The words after `celltwin`; all that the run makes is kept in the folder."""
    watched = ["--processes", str(wish.processes), "--progress", "json", "--child-of", str(parent_pid)]
    if wish.kind == "train":
        own = ["--config", wish.config] if wish.config else []
        return ["train", wish.policy, *own, "--out", str(training_of_run(folder)), *watched]
    what = ["--policy", wish.policy, "--suite", wish.suite, "--seeds", wish.seeds]
    what += ["--fallback", wish.fallback] if wish.fallback else []
    what += ["--models", wish.models] if wish.models and wish.suite == "ablation" else []
    what += [word for variation in wishes_of(wish.variations) for word in ("--vary", variation)]
    return ["evaluate", *what, "--keep", str(folder / "results"), "--json", *watched]


def training_of_run(folder: Path) -> Path:
    """Where the training of a run is kept."""
    return folder / "training"


def _check_evaluation(wish: RunWish) -> None:
    if wish.suite not in SUITES:
        raise UserMistake(f"suite {quoted(wish.suite)}", remedy=f"one of: {', '.join(SUITES)}")
    parse_seeds(wish.seeds)
    check_variations(wish.variations)
    if wish.suite == "ablation":
        if wish.models:
            _check_whole("models", wish.models)
        ablation_models(wish.models, policy=wish.policy)
    if wish.fallback == wish.policy:
        raise UserMistake(f"fallback {quoted(wish.fallback)} cannot stand in for itself", remedy="choose another one")


def _check_whole(field: str, text: str) -> None:
    if not Path(text).is_absolute():
        raise UserMistake(f"{field} {quoted(text)} is no whole path", remedy="begin at /")


def _check_config(text: str) -> None:
    if not text:
        return
    file = Path(text)
    _check_whole("configuration", text)
    try:
        size = file.stat().st_size if file.is_file() else -1
    except (OSError, ValueError) as trouble:
        raise UserMistake(f"configuration {quoted(text)} cannot be looked at: {trouble}") from trouble
    if size < 0:
        raise UserMistake(f"configuration {quoted(text)} is no file", remedy="leave it empty for the shipped one")
    if size > MOST_BYTES:
        raise UserMistake(f"configuration {quoted(text)}: {size} bytes, at most {MOST_BYTES}")
