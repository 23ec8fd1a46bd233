"""Missed ticks near a swap are held against bare loops: what the host did is not counted as ours."""

import numpy as np

from runtime.messages.state import TickTrace
from twin_app.assembly.verify.tick_misses import Miss, beyond_floor, block_of, missed_near, stamp_of

MS = 1_000_000


def trace(missed: list[int], *, first_tick: int = 100, stamp_ns: int = 1_000 * MS) -> TickTrace:
    data = np.array([[7.0, count] for count in missed], dtype=np.float32).tobytes()
    return TickTrace(stamp_ns, first_tick, ("q_rad.0", "missed_ticks"), len(missed), data)


def test_a_missed_tick_moves_the_stamps_of_all_ticks_after_it() -> None:
    block = block_of(trace([0, 0, 3, 0]))
    assert block.stamps_ns == (1000 * MS, 1001 * MS, 1005 * MS, 1006 * MS)
    assert block.misses == (Miss(1005 * MS, 3),)


def test_misses_before_the_first_tick_of_a_block_do_not_move_its_stamp() -> None:
    block = block_of(trace([2, 0]))
    assert block.stamps_ns == (1000 * MS, 1001 * MS)
    assert block.misses == (Miss(1000 * MS, 2),)


def test_the_moment_of_a_tick_is_found_in_its_block_only() -> None:
    blocks = [block_of(trace([0, 0])), block_of(trace([0, 0], first_tick=102, stamp_ns=1002 * MS))]
    assert stamp_of(103, blocks) == 1003 * MS
    assert stamp_of(104, blocks) is None


def test_only_misses_within_fifty_milliseconds_count() -> None:
    misses = [Miss(940 * MS, 1), Miss(950 * MS, 2), Miss(1050 * MS, 4), Miss(1051 * MS, 8)]
    assert missed_near(1000 * MS, misses) == 6


def test_what_a_bare_loop_missed_too_is_the_hosts() -> None:
    ours = [Miss(1010 * MS, 5)]
    assert beyond_floor(1000 * MS, ours, []) == 5
    assert beyond_floor(1000 * MS, ours, [[], [Miss(1008 * MS, 4)]]) == 1
    assert beyond_floor(1000 * MS, ours, [[Miss(1008 * MS, 40)]]) == 0
    assert beyond_floor(1000 * MS, ours, [[Miss(2000 * MS, 40)]]) == 5
