"""What became of an instruction that was asked for, and how the tasks went, in words."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from runtime.messages.reasons import suggested
from runtime.messages.tasks import Task, TaskList, TaskStatus
from twin_app.model.commands import CommandRow
from twin_app.model.state import ConsoleState
from twin_app.model.wording import TASKS, duration

AT_ONCE_NS = 5_000_000_000
"""An instruction that comes to nothing within this time is given back, so that it can be corrected."""

TOLD = (TaskStatus.DECLINED, TaskStatus.FAILED, TaskStatus.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Answer:
    """Why an instruction of this console came to nothing."""

    request_id: str
    ended_ns: int
    instruction: str
    text: str
    at_once: bool
    """Whether it was so quick that the person is still at it."""

    meant: str = ""
    """The instruction that is asked back, in words that are understood."""


def answers(state: ConsoleState) -> tuple[Answer, ...]:
    """The bad ends of instructions, the newest end first, also of one behind which others wait."""
    asked = (row for row in state.commands if row.command == "add_task" and row.ended_badly)
    bad = (end for row in asked if (end := _bad_end(row, state)) is not None)
    return tuple(sorted(bad, key=lambda end: -end.ended_ns))


def _bad_end(row: CommandRow, state: ConsoleState) -> Answer | None:
    """None while the instruction may still come to something."""
    ended_ns, tasks = row.phases[-1][1], state.tasks
    task = _task_of(row, tasks)
    if task is None and row.detail and tasks is not None and tasks.stamp_ns < ended_ns:
        return None
    if task is not None and task.status not in TOLD:
        return None
    word = TASKS[task.status].text if task is not None else row.phase.value
    reason = (task.reason if task is not None else "") or row.reason or "no reason was given"
    at_once, meant = ended_ns - row.sent_ns <= AT_ONCE_NS, suggested(reason)
    return Answer(row.request_id, ended_ns, row.subject, f"{word}: {reason}", at_once, meant)


def task_story(task: Task) -> str:
    """One task in words, its reason first."""
    reason = f": {task.reason}" if task.reason else ""
    limits = f"limit {task.time_limit_s:g} s, priority {task.priority}"
    return f"{task.task_id} {TASKS[task.status].text}{reason}\n{task.instruction} · {limits}"


def counts_words(tasks: TaskList) -> str:
    """How many tasks ended how since the cell was started; the list also holds older ones.

    The middle of the durations is told, because one task that waited through a stop would spoil their mean.
    """
    counts = tasks.counts
    done = [task for task in tasks.finished if task.status is TaskStatus.SUCCEEDED and task.started_ns]
    taken_s = [(task.finished_ns - task.started_ns) * 1e-9 for task in done[: counts.succeeded]]
    each = f" (median {duration(median(taken_s))})" if taken_s else ""
    in_row = f", {counts.failed_in_row} in a row" if counts.failed_in_row > 1 else ""
    declined = f", {counts.declined} declined" if counts.declined else ""
    return f"since start: {counts.succeeded} done{each}, {counts.failed} failed{in_row}{declined}"


def _task_of(row: CommandRow, tasks: TaskList | None) -> Task | None:
    known = (*tasks.open, *tasks.finished) if tasks is not None else ()
    return next((task for task in known if str(task.task_id) == row.detail), None)
