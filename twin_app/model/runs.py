"""Training and evaluation runs as the console knows them: how far they are, and what came of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Any, cast

from twin_app.model.run_table import RowUnderWay, TableRow, row_of, rows_of, worst_of
from twin_app.model.run_wish import RunWish
from twin_app.model.wording import Shape, Sign, Tone, duration

MOST_WORDS = 4000
"""Letters of what a run has said beside its progress: its last words tell why it failed."""

MOST_KEPT = 256
"""Outcomes that are read once and not in every frame."""

NAME = "celltwin: "
"""What the program's own messages begin with."""

Verdict = tuple[str, bool]
"""How it ended, and whether that was right."""


class RunState(Enum):
    """What has become of a run."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"
    """It belongs to another console."""


SIGNS: dict[RunState, Sign] = {
    RunState.RUNNING: Sign("running", Shape.PLAY, Tone.ACTIVE),
    RunState.CANCELLING: Sign("cancelling", Shape.RING, Tone.NORMAL),
    RunState.DONE: Sign("done", Shape.CIRCLE, Tone.NORMAL),
    RunState.CANCELLED: Sign("cancelled", Shape.BAR, Tone.MUTED),
    RunState.FAILED: Sign("failed", Shape.TRIANGLE, Tone.NORMAL),
    RunState.ELSEWHERE: Sign("elsewhere", Shape.PLAY, Tone.MUTED),
}
UNDER_WAY = (RunState.RUNNING, RunState.CANCELLING)
RESUMABLE = (RunState.CANCELLED, RunState.FAILED)


@dataclass(slots=True)
class RunProgress:
    """Read from the lines that a run writes."""

    stage: str = ""
    done: int = 0
    total: int = 0
    left_s: float | None = None
    row: RowUnderWay | None = None
    """Of a table; None where there is none, or before the first."""

    rows: dict[str, TableRow] = field(default_factory=dict[str, TableRow])
    """Of a table, those that are finished."""

    words: str = ""
    """What was written that is no progress."""

    _verdicts: dict[str, dict[int, Verdict]] = field(default_factory=dict[str, "dict[int, Verdict]"])
    """By row, empty where there is no table, and seed."""

    def take(self, line: str) -> None:
        """One line; one that is no JSON object is kept as words."""
        told = _object(line)
        if not told:
            self.words = f"{self.words}\n{line}".strip()[-MOST_WORDS:]
            return
        if "row" in told:
            self._take_row(told)
        if "verdict" in told:
            verdicts = self._verdicts.setdefault(str(told.get("row", "")), {})
            verdicts[int(told.get("seed", -1))] = (str(told["verdict"]), bool(told.get("right")))
        if "stage" in told:
            self.stage, self.left_s = str(told["stage"]), told.get("left_s")
            self.done, self.total = int(told.get("done", 0)), int(told.get("total", 0))

    def _take_row(self, told: dict[str, Any]) -> None:
        if "number" in told:
            self.row = RowUnderWay(str(told["row"]), int(told["number"]), int(told.get("of", 0)))
            if self.row.number == 1:  # a later sitting tells of what it has kept once more
                self.rows.clear()
        row = row_of(told.get("figures"))
        if row is not None:
            self.rows[row.name] = row

    @property
    def verdicts(self) -> Mapping[int, Verdict]:
        """By seed, of the row under way where there is a table: how it ended, and whether that was right."""
        return self._verdicts.get(self.row.name if self.row else "", {})

    @property
    def share(self) -> float:
        """0…1 of the stage."""
        return self.done / self.total if self.total else 0.0

    @property
    def tally(self) -> str:
        """How the runs so far have ended."""
        if not self.verdicts:
            return ""
        right = sum(good for _, good in self.verdicts.values())
        others = Counter(verdict for verdict, good in self.verdicts.values() if not good)
        wrong = "".join(f" · {count} {verdict.replace('_', ' ')}" for verdict, count in others.most_common())
        return f"{right} of {len(self.verdicts)} right{wrong}"


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    run_id: str
    wish: RunWish
    state: RunState
    began_ns: int
    """Clock of the wall."""

    progress: RunProgress
    outcome: str = ""
    """Standard output of a run that is done."""

    @property
    def sign(self) -> Sign:
        """Its state."""
        return SIGNS[self.state]

    @property
    def result(self) -> str:
        """In a line: what came of it, or how far it is."""
        if self.state is RunState.DONE:
            return outcome_words(self.outcome)
        if self.state is RunState.FAILED:
            return self.reason
        if self.state is RunState.ELSEWHERE:
            return "runs in another console"
        return self.standing

    @property
    def reason(self) -> str:
        """Of a run that failed, in a line: the last thing that the program itself has said."""
        lines = self.progress.words.splitlines() or ["no word"]
        own = [line.removeprefix(NAME) for line in lines if line.startswith(NAME)]
        return (own or lines)[-1]

    @property
    def rows(self) -> tuple[TableRow, ...]:
        """Of a suite that is a table, those that are finished."""
        return outcome_table(self.outcome) if self.state is RunState.DONE else tuple(self.progress.rows.values())

    @property
    def standing(self) -> str:
        """How far it is, with the time left."""
        progress = self.progress
        if not progress.stage:
            nothing = "starting" if self.state in UNDER_WAY else "nothing was done"
            return progress.row.words if progress.row else nothing
        left = f" · {duration(progress.left_s)} left" if self.state is RunState.RUNNING and progress.left_s else ""
        where = f"{progress.row.words} · " if progress.row else ""
        return f"{where}{progress.stage} {progress.done} of {progress.total}{left}"


class RunBook:
    """All runs, newest first. Filled and read on the GUI thread only."""

    def __init__(self) -> None:
        self.runs: tuple[Run, ...] = ()

    def find(self, run_id: str) -> Run | None:
        """The run of this name; None when there is none."""
        return next((run for run in self.runs if run.run_id == run_id), None)

    def put(self, run: Run) -> None:
        """A new run, or a known one as it is now."""
        known = any(one.run_id == run.run_id for one in self.runs)
        same = (run if one.run_id == run.run_id else one for one in self.runs)
        self.runs = tuple(same) if known else tuple(sorted((*self.runs, run), key=lambda one: -one.began_ns))

    def drop(self, run_id: str) -> None:
        """A run that is none any more."""
        self.runs = tuple(run for run in self.runs if run.run_id != run_id)

    def turn(self, run_id: str, state: RunState, *, outcome: str = "") -> None:
        """A run has come into another state."""
        run = self.find(run_id)
        if run is not None:
            self.put(replace(run, state=state, outcome=outcome))


@lru_cache(maxsize=MOST_KEPT)
def outcome_words(text: str) -> str:
    """The figures of an evaluation, or the model of a training, in a line."""
    lines = text.strip().splitlines()
    if rows := outcome_table(text):
        return worst_of(rows)
    figures = _figures(lines[-1]) if lines else None
    if figures is None:
        return lines[0] if lines else "it said nothing"
    low, high = figures.get("interval95", (0.0, 1.0))
    asked = f"{figures.get('succeeded')} of {figures.get('n')} succeeded"
    ece = "" if figures.get("ece") is None else f" · ECE {figures['ece']:.3f}"
    if figures.get("suite") == "decline":
        rightly, wrongly = (_percent(figures.get(f"declined_{how}")) for how in ("rightly", "wrongly"))
        return f"declined rightly {rightly}, wrongly {wrongly}"
    return f"{asked}, 95 % interval {100 * low:.1f} to {100 * high:.1f} %{ece}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


@lru_cache(maxsize=MOST_KEPT)
def outcome_table(text: str) -> tuple[TableRow, ...]:
    """The rows of an evaluation that is many; empty for any other run."""
    lines = text.strip().splitlines()
    told = _object(lines[-1]) if lines else {}
    return rows_of(told.get("rows"))


def outcome_rows(text: str) -> tuple[tuple[str, str], ...]:
    """Every figure of an evaluation, name and value; the lines of a training."""
    lines = text.strip().splitlines()
    figures = _figures(lines[-1]) if lines else None
    if figures is None:
        named = (line.partition(": ") for line in lines)
        return tuple((name, value) if value else ("", name) for name, _, value in named)
    return tuple((name.replace("_", " "), _words(value)) for name, value in figures.items())


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value))) or "none"
    return "—" if value is None else str(value)


def _figures(line: str) -> dict[str, Any] | None:
    found = _object(line)
    return found if "succeeded" in found else None


def _object(line: str) -> dict[str, Any]:
    """Empty where the line is none."""
    try:
        found: Any = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
