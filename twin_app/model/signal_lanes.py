"""What is behind a policy's confidence, as trends: each signal in a lane of its own, and what all of them pull."""

from __future__ import annotations

import math
from dataclasses import replace

from runtime.messages.policy import PolicyState
from twin_app.model.confidence import signal_words
from twin_app.model.freshness import OLD_NS, has_task
from twin_app.model.lanes import Lane

MOST_SIGNALS = 32
"""Names that are told apart in one session, over all policies that drive in it; further ones are left out."""

SIGNAL_COLUMNS = 2 * MOST_SIGNALS
_PULLS = Lane("pulls", "Pull on the confidence", "", "signals", (), MOST_SIGNALS, 1, -1.0, 1.0, weight=1.2)


class SignalsRow:
    """Rows from policy states: the values of all signals, then their pulls, in the order in which they were heard."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        """Of the columns so far. Grows only, so that a column keeps its meaning."""

        self._inferences = 0
        self._inferred_ns = 0

    def __call__(self, state: PolicyState) -> list[float]:
        """A gap for what is not told, and for everything while the policy has no task or infers nothing."""
        if state.inferences != self._inferences:
            self._inferences, self._inferred_ns = state.inferences, state.stamp_ns
        row = [math.nan] * SIGNAL_COLUMNS
        fresh = bool(state.inferences) and state.stamp_ns - self._inferred_ns <= OLD_NS["policy"]
        for signal in state.signals if fresh and has_task(state) else ():
            column = self._column(signal.name)
            if column is not None:
                row[column], row[MOST_SIGNALS + column] = signal.value, signal.pull
        return row

    def _column(self, name: str) -> int | None:
        if name not in self.names:
            if len(self.names) == MOST_SIGNALS:
                return None
            self.names = (*self.names, name)
        return self.names.index(name)


def signal_lanes(names: tuple[str, ...], *, pulled: bool) -> tuple[Lane, ...]:
    """First what they pull, on the one axis that they share (where any of them does), then each by itself."""
    told = tuple(signal_words(name) for name in names)
    every = tuple(range(len(names)))
    pulls = (replace(_PULLS, labels=tuple(words for words, _ in told), optional=every),) if pulled else ()
    alone = (
        Lane(
            f"signal {name}", f"Signal: {words}", unit, "signals", (words,), column, 3, 0.0, 0.01,
            weight=0.7, quiet=True,
        )
        for column, (name, (words, unit)) in enumerate(zip(names, told, strict=True))
    )  # fmt: skip
    return (*pulls, *alone)
