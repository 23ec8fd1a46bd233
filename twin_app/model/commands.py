"""What became of every wish: sent, accepted, effective, confirmed; or refused, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from runtime.messages.requests import Receipt, ReceiptPhase

KEPT = 60
"""Rows the console keeps; older ones are in the recording."""

ORDER = (ReceiptPhase.SENT, ReceiptPhase.ACCEPTED, ReceiptPhase.EFFECTIVE, ReceiptPhase.CONFIRMED)
OVER = (ReceiptPhase.REFUSED, ReceiptPhase.FAILED, ReceiptPhase.CONFIRMED)


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One request of this console and how far it has come."""

    request_id: str
    command: str
    subject: str
    """What it was about, in words: a policy, a fault, an instruction."""

    sent_ns: int
    phases: tuple[tuple[ReceiptPhase, int], ...]
    """Reached phases with their moments, in the order of arrival."""

    reason: str = ""
    detail: str = ""

    @property
    def phase(self) -> ReceiptPhase:
        """The newest phase."""
        return self.phases[-1][0]

    @property
    def ended_badly(self) -> bool:
        """Whether it was refused or failed."""
        return self.phase in (ReceiptPhase.REFUSED, ReceiptPhase.FAILED)


def sent(request_id: str, *, command: str, subject: str, now_ns: int) -> CommandRow:
    """The row of a request that has just left."""
    return CommandRow(request_id, command, subject, now_ns, ((ReceiptPhase.SENT, now_ns),))


def with_receipt(rows: Sequence[CommandRow], receipt: Receipt) -> tuple[CommandRow, ...]:
    """Rows after a receipt; a receipt for another asker's request, or an older phase, changes nothing."""
    return tuple(_advanced(row, receipt) if row.request_id == receipt.request_id else row for row in rows)


def with_row(rows: Sequence[CommandRow], row: CommandRow) -> tuple[CommandRow, ...]:
    """Rows with a new one in front, bounded."""
    return (row, *rows[: KEPT - 1])


def unanswered(rows: Sequence[CommandRow], *, now_ns: int, patience_ns: int) -> tuple[CommandRow, ...]:
    """Rows in which a request without any answer is marked as failed once patience is over."""
    if not any(row.phase is ReceiptPhase.SENT and now_ns - row.sent_ns > patience_ns for row in rows):
        return tuple(rows)
    return tuple(
        replace(row, phases=(*row.phases, (ReceiptPhase.FAILED, now_ns)), reason="no answer from the runtime")
        if row.phase is ReceiptPhase.SENT and now_ns - row.sent_ns > patience_ns
        else row
        for row in rows
    )


def _advanced(row: CommandRow, receipt: Receipt) -> CommandRow:
    late_answer = row.phase is ReceiptPhase.FAILED and row.reason.startswith("no answer")
    if any(phase is receipt.phase for phase, _ in row.phases) or (row.phase in OVER and not late_answer):
        return row
    phases = tuple(sorted((*row.phases, (receipt.phase, receipt.stamp_ns)), key=lambda step: _rank(step[0])))
    if late_answer:
        phases = tuple(step for step in phases if step[0] is not ReceiptPhase.FAILED)
    reason = "" if late_answer and not receipt.reason else receipt.reason or row.reason
    return replace(row, phases=phases, reason=reason, detail=receipt.detail or row.detail)


def _rank(phase: ReceiptPhase) -> int:
    return ORDER.index(phase) if phase in ORDER else len(ORDER)
