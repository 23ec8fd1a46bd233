"""The ladders of a late policy and of missed ticks, rung by rung."""

from __future__ import annotations

import pytest

from runtime.messages.state import PlanExecution
from runtime.system1.late_ladder import LateLadder
from runtime.system1.missed_ticks import MissedTickLadder, MissedTickLimits, Punctuality

MS = 1_000_000


def test_without_a_chunk_there_is_nothing_until_silence_has_lasted_a_second() -> None:
    ladder = LateLadder()
    ladder.begin(5 * MS)
    assert ladder.execution(5 * MS) is PlanExecution.NONE
    assert ladder.execution(1004 * MS) is PlanExecution.NONE
    assert ladder.execution(1005 * MS) is PlanExecution.SILENT


def test_a_chunk_is_followed_then_overdue_then_held_then_silent() -> None:
    ladder = LateLadder()
    ladder.begin(0)
    ladder.accepted(now_ns=0, ends_ns=700 * MS)
    seen = [ladder.execution(at * MS) for at in (0, 249, 250, 699, 700, 999, 1000)]
    assert seen == [
        PlanExecution.FOLLOWING,
        PlanExecution.FOLLOWING,
        PlanExecution.OVERDUE,
        PlanExecution.OVERDUE,
        PlanExecution.HOLDING,
        PlanExecution.HOLDING,
        PlanExecution.SILENT,
    ]


def test_a_long_chunk_is_not_silence_while_it_has_steps_left() -> None:
    ladder = LateLadder()
    ladder.accepted(now_ns=0, ends_ns=3000 * MS)
    assert ladder.execution(2999 * MS) is PlanExecution.OVERDUE
    assert ladder.execution(3000 * MS) is PlanExecution.SILENT


def test_silence_counts_from_the_moment_at_which_work_is_expected() -> None:
    ladder = LateLadder()
    ladder.begin(0)
    ladder.begin_silence(5000 * MS)
    assert ladder.execution(5999 * MS) is PlanExecution.NONE
    assert ladder.execution(6000 * MS) is PlanExecution.SILENT


def _after(ladder: MissedTickLadder, missed: int, *, at_ms: int) -> Punctuality:
    return ladder.note(missed, now_ns=at_ms * MS)


def test_missed_ticks_warn_then_slow_then_stop() -> None:
    ladder = MissedTickLadder(MissedTickLimits(warn=2, slow=4, stop=8))
    assert _after(ladder, 1, at_ms=1) is Punctuality.FINE
    assert _after(ladder, 1, at_ms=2) is Punctuality.WARN
    assert ladder.speed_scale == 1.0
    assert _after(ladder, 2, at_ms=3) is Punctuality.SLOW
    assert ladder.speed_scale == 0.5
    assert _after(ladder, 4, at_ms=4) is Punctuality.STOP
    assert ladder.total == 8


def test_many_missed_ticks_in_a_row_stop_at_once() -> None:
    ladder = MissedTickLadder()
    assert _after(ladder, 20, at_ms=1) is Punctuality.STOP


def test_single_missed_ticks_far_apart_mean_nothing() -> None:
    ladder = MissedTickLadder()
    assert all(_after(ladder, 1, at_ms=at) is Punctuality.FINE for at in range(0, 60_000, 300))


def test_the_way_back_needs_a_quiet_while_for_each_rung() -> None:
    ladder = MissedTickLadder(MissedTickLimits(warn=2, slow=4, stop=100, window_s=1.0, quiet_s=2.0))
    _after(ladder, 4, at_ms=0)
    rungs = {at: _after(ladder, 0, at_ms=at) for at in range(1, 8000)}
    assert rungs[2900] is Punctuality.SLOW
    assert rungs[3100] is Punctuality.WARN
    assert rungs[5200] is Punctuality.FINE


def test_a_stop_is_left_by_reset_only() -> None:
    ladder = MissedTickLadder()
    _after(ladder, 50, at_ms=0)
    assert _after(ladder, 0, at_ms=60_000) is Punctuality.STOP
    ladder.reset(now_ns=60_001 * MS)
    assert _after(ladder, 0, at_ms=60_002) is Punctuality.FINE


@pytest.mark.parametrize("in_row", [1, 5, 19])
def test_the_total_counts_every_missed_tick(in_row: int) -> None:
    ladder = MissedTickLadder()
    for at in range(10):
        _after(ladder, in_row, at_ms=at)
    assert ladder.total == 10 * in_row
