"""The error budget: how many failed tasks a cell may have before it has to ask for a person."""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILURES_IN_ROW_LIMIT = 5
WINDOW = 50
FAILED_SHARE_LIMIT = 0.10


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Outcomes of the newest tasks; a new value after every one."""

    recent: tuple[bool, ...] = ()
    """Oldest first, at most `WINDOW`; True is a success."""

    failures_in_row: int = 0

    def after(self, *, succeeded: bool) -> ErrorBudget:
        """The budget once one more task has ended."""
        recent = (*self.recent, succeeded)[-WINDOW:]
        return ErrorBudget(recent, 0 if succeeded else self.failures_in_row + 1)

    def forgiven(self) -> ErrorBudget:
        """A person has looked: the row starts anew, the window keeps its memory."""
        return replace(self, failures_in_row=0)

    @property
    def failed_of_last(self) -> int:
        """Failures among the last 50."""
        return self.recent.count(False)

    @property
    def person_needed(self) -> bool:
        """Five failures in a row."""
        return self.failures_in_row >= FAILURES_IN_ROW_LIMIT

    @property
    def overdrawn(self) -> bool:
        """More than 10 % of a window of 50 failed, however many of the 50 have been run by now."""
        return self.failed_of_last > FAILED_SHARE_LIMIT * WINDOW
