"""The limiter's bits: every one with a reason and a class, and the most severe wins in every combination."""

from __future__ import annotations

from runtime.guardrail.limiter_bits import (
    BRAKING_BITS,
    LIMITING_BITS,
    REASONS,
    STOPPING_BITS,
    LimiterBit,
    demands_stop,
    reason_of,
    severity_of,
    worst_bit,
)
from runtime.messages.plan import Reason, Severity


def test_every_bit_has_a_reason_and_belongs_to_exactly_one_class() -> None:
    assert {bit for bit, _ in REASONS} == set(LimiterBit)
    assert len(REASONS) == len(LimiterBit)
    assert sum(bit.value for bit in LimiterBit) == LIMITING_BITS | STOPPING_BITS
    assert LIMITING_BITS & STOPPING_BITS == 0
    assert BRAKING_BITS & STOPPING_BITS == BRAKING_BITS


def test_the_most_severe_of_all_bits_wins_in_every_combination() -> None:
    order = [bit for bit, _ in REASONS]
    for bits in range(sum(bit.value for bit in LimiterBit) + 1):
        present = [bit for bit in order if bits & bit.value]
        worst = worst_bit(bits)
        assert worst is (present[0] if present else None)
        assert reason_of(bits) is (dict(REASONS)[present[0]] if present else Reason.OK)
        stopping = any(bit.value & STOPPING_BITS for bit in present)
        assert demands_stop(bits) is stopping
        assert severity_of(bits) is (Severity.STOP if stopping else Severity.LIMIT if bits else Severity.PASS)
        assert not (worst is not None and stopping and worst.value & LIMITING_BITS)
