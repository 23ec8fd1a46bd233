"""Results of examinations on disk, line by line as they come: an interrupted one goes on where it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec

from runtime.keeping import alone
from runtime.messages.codec import NOT_DECODED
from runtime.mistakes import UserMistake
from runtime.plugin_host import Registry
from runtime.plugin_host.manifest import CARD
from sim_worlds.variation import TrainingMix
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.session import examine_all
from twin_app.assembly.origin import content_of, program
from twin_app.assembly.setup import CellSetup, read_plugins

Progress = Callable[[Result, int, int], None]
ELSEWHERE = "wait until it has ended, or name another --keep"


class Ledger:
    """A folder of files, one for every way to examine; nothing is kept without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def examine(
        self,
        setup: CellSetup,
        seeds: Iterable[int],
        *,
        suite: str,
        processes: int,
        progress: Progress,
        model: Path | None = None,
        mix: TrainingMix | None = None,
    ) -> list[Result]:
        """As `examine_all`, but for the results that are there. Raises `UserMistake` where nothing can be kept."""
        file = self._file(setup, suite, model, mix)
        with nullcontext() if file is None else alone(file, "evaluation", remedy=ELSEWHERE):
            return self._examine(
                file, setup, tuple(seeds), suite=suite, processes=processes, progress=progress, model=model, mix=mix
            )

    def _examine(
        self,
        file: Path | None,
        setup: CellSetup,
        wanted: tuple[int, ...],
        *,
        suite: str,
        processes: int,
        progress: Progress,
        model: Path | None,
        mix: TrainingMix | None,
    ) -> list[Result]:
        known = {} if file is None else _read(file)
        missing = [seed for seed in wanted if seed not in known]
        done = len(wanted) - len(missing)

        def keep(result: Result, count: int, total: int) -> None:
            known[result.seed] = result
            if file is not None:
                _append(file, result)
            progress(result, done + count, done + total)

        if missing:
            examine_all(setup, missing, suite=suite, processes=processes, progress=keep, model=model, mix=mix)
        return [known[seed] for seed in wanted]

    def _file(self, setup: CellSetup, suite: str, model: Path | None, mix: TrainingMix | None) -> Path | None:
        """Named after everything that a result depends on: the program, the weights, the cell and the question.

        Which weights work behind a server it cannot tell.
        """
        if self._folder is None:
            return None
        registry = read_plugins(setup)
        what: list[Any] = [
            program(),
            suite,
            "" if model is None else _digest_of(model),
            _own_weights(setup, registry),
            content_of(setup.scene),
            _mappings(setup, registry),
            msgspec.to_builtins(msgspec.structs.replace(setup, seed=0)),
        ]
        if mix is not None:
            what.append(msgspec.to_builtins(mix))
        name = hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            raise UserMistake(f"{self._folder}: {trouble.strerror}", remedy="choose another --keep") from trouble
        return self._folder / f"{suite}-{name}.jsonl"


def _digest_of(model: Path) -> str:
    """Of its card, which holds the hashes of its weights."""
    return content_of(model / CARD) or str(model)


def _own_weights(setup: CellSetup, registry: Registry) -> list[str]:
    """Of the policies that take part: a variant that is made anew keeps its name."""
    models = [registry.manifest(name).model for name in (setup.policy, setup.fallback) if name]
    return [_digest_of(model) for model in models if model is not None]


def _mappings(setup: CellSetup, registry: Registry) -> list[str]:
    """How the servers of those that take part see the cell."""
    served = [registry.server_settings(name) for name in (setup.policy, setup.fallback) if name]
    return [content_of(settings.mapping) for settings in served if settings is not None]


def _read(file: Path) -> dict[int, Result]:
    """A line that was cut off is passed over; the next one begins with a line break of its own."""
    found: dict[int, Result] = {}
    if not file.exists():
        return found
    for line in file.read_bytes().splitlines():
        try:
            result = msgspec.json.decode(line, type=Result)
        except NOT_DECODED:
            continue
        found[result.seed] = result
    return found


def _append(file: Path, result: Result) -> None:
    try:
        with file.open("ab") as stream:
            stream.write(b"\n" + msgspec.json.encode(result))
    except OSError as trouble:
        raise UserMistake(
            f"{file}: {trouble.strerror}",
            remedy="make room or choose another --keep; what was finished is kept, the same command goes on",
        ) from trouble
