"""What became of one order, and what a run of them adds up to: the same in both clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runtime.messages.tasks import Task, TaskStatus
from runtime.mistakes import presentable
from sim_worlds.judge import Judge
from twin_app.assembly.workload import Order


@dataclass(frozen=True, slots=True)
class PickResult:
    """What became of one order."""

    order: Order
    succeeded: bool
    """By the judge, from plant truth."""

    verified: bool
    """By the cell itself, from what it measured."""

    reason: str
    attempts: int
    duration_s: float
    """On the cell's own clock."""

    judged: str
    """Where the judge saw the part lie in the end."""

    declined: bool = False

    @property
    def disagreement(self) -> str:
        """What judge and cell say where they differ; empty where they agree."""
        if self.succeeded == self.verified:
            return ""
        return f"{self.order.instruction}: the cell says {self.reason!r}, the judge that {self.judged}"


def judged_pick(judge: Judge, order: Order, task: Task, *, duration_s: float) -> PickResult:
    """What became of an order whose task has ended."""
    outcome = judge.outcome()
    return PickResult(
        order=order,
        succeeded=outcome.succeeded,
        verified=task.status is TaskStatus.SUCCEEDED,
        reason=task.reason,
        attempts=task.attempt,
        duration_s=duration_s,
        judged=outcome.words,
        declined=task.status is TaskStatus.DECLINED,
    )


def figures_of(results: list[PickResult]) -> dict[str, Any]:
    """Counts of a run, as printed by `--json`; what became of each instruction in a person's own words."""
    own = [
        {"instruction": one.order.words, "declined": one.declined, "reason": one.reason, "judged": one.judged}
        for one in results
        if one.order.words
    ]
    return {
        **({"instructions": own} if own else {}),
        "picks": len(results),
        "succeeded": sum(result.succeeded for result in results),
        "verified": sum(result.verified for result in results),
        "verified_wrongly": sum(result.verified and not result.succeeded for result in results),
        "disagreements": [result.disagreement for result in results if result.disagreement],
        "retried": sum(result.attempts > 1 for result in results),
        "pick_mean_s": round(sum(result.duration_s for result in results) / max(1, len(results)), 3),
    }


def pick_line(result: PickResult, count: int, picks: int) -> str:
    """One line for a person about one pick."""
    mark = "ok  " if result.succeeded else "DECL" if result.declined else "MISS"
    words = presentable(result.order.instruction)
    differs = f"  (judge: {result.judged})" if result.disagreement or result.order.words else ""
    return f"{count:>4}/{picks}  {mark}  {words:<44}{result.duration_s:6.1f} s  {presentable(result.reason)}{differs}"
