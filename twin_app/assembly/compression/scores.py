"""How often each variant succeeds, every seed kept as soon as it is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from runtime.plugin_host.variants import hashes_of
from twin_app.assembly.examination.session import Result, examine_all
from twin_app.assembly.setup import CellSetup


class Score(Struct, frozen=True):
    """Of one seed."""

    seed: int
    verdict: str


class Scores:
    """Of one model in one cell; kept in a file that is named after both."""

    def __init__(self, folder: Path, name: str, setup: CellSetup, model: Path) -> None:
        about = msgspec.json.encode((msgspec.structs.replace(setup, seed=0), hashes_of(model)))
        self._file = folder / f"{name}-{hashlib.sha256(about).hexdigest()[:16]}.jsonl"
        self._setup = setup
        self._model = model

    def forget(self) -> None:
        """Everything is asked again."""
        self._file.unlink(missing_ok=True)

    def known(self) -> dict[int, Score]:
        """By seed. A line that was cut off is passed over."""
        scores: dict[int, Score] = {}
        if self._file.exists():
            for line in self._file.read_bytes().splitlines():
                try:
                    score = msgspec.json.decode(line, type=Score)
                except msgspec.MsgspecError:
                    continue
                scores[score.seed] = score
        return scores

    def of(self, seeds: Sequence[int], *, processes: int, progress: Callable[[int, int], None]) -> list[Score]:
        """In the order of the seeds; those that are not known are examined."""
        known = self.known()
        missing = [seed for seed in seeds if seed not in known]
        progress(len(seeds) - len(missing), len(seeds))
        if missing:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as stream:

                def keep(result: Result, done: int, total: int) -> None:
                    score = known[result.seed] = Score(result.seed, result.verdict)
                    stream.write(b"\n" + msgspec.json.encode(score))
                    stream.flush()
                    progress(len(seeds) - total + done, len(seeds))

                examine_all(
                    self._setup, missing, suite="nominal", processes=processes, progress=keep, model=self._model
                )
        return [known[seed] for seed in seeds]
