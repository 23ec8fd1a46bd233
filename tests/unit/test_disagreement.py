"""How two chunks for one observation are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runtime.messages.policy import TargetMark
from runtime.messages.shadow import DisagreementTally, PartAgreement
from runtime.system2.disagreement import Chunk, compare, tallied


def straight(
    *, begin_m: float = 0.0, speed_m_s: float = 0.1, aside_m: float = 0.0, period_s: float = 0.1, steps: int = 8
) -> Chunk:
    times_s = np.arange(1, steps + 1, dtype=np.float64) * period_s
    points = np.stack([begin_m + speed_m_s * times_s, np.full(steps, aside_m), np.full(steps, 0.3)], axis=1)
    return Chunk(7, 1000, times_s, points, ())


def marked(chunk: Chunk, *marks: TargetMark) -> Chunk:
    return Chunk(chunk.observation_id, chunk.stamp_ns, chunk.times_s, chunk.points_m, marks)


def test_equal_chunks_do_not_disagree() -> None:
    found = compare(straight(), straight())
    assert found is not None
    assert (found.distance_m, found.distance_max_m, found.lead_s) == (0.0, 0.0, 0.0)
    assert found.part is PartAgreement.UNKNOWN


def test_the_distance_is_taken_at_matching_times_whatever_the_step_periods() -> None:
    found = compare(straight(period_s=0.1), straight(period_s=0.25, aside_m=0.03, steps=3))
    assert found is not None
    assert found.distance_m == pytest.approx(0.03)
    found = compare(straight(speed_m_s=0.1), straight(speed_m_s=0.2))
    assert found is not None
    assert found.distance_max_m == pytest.approx(0.08)
    assert found.distance_m == pytest.approx(0.045)


def test_who_is_ahead_on_the_path_is_told_in_seconds() -> None:
    ahead = compare(straight(), straight(begin_m=0.02))
    behind = compare(straight(), straight(begin_m=-0.02))
    assert ahead is not None
    assert behind is not None
    assert ahead.lead_s == pytest.approx(0.2)
    assert behind.lead_s == pytest.approx(-0.2)


def test_a_policy_that_stands_still_is_neither_ahead_nor_behind() -> None:
    found = compare(straight(speed_m_s=0.001), straight(speed_m_s=0.001, begin_m=0.05))
    assert found is not None
    assert found.lead_s == 0.0


def test_chunks_without_a_common_moment_are_not_compared() -> None:
    assert compare(straight(period_s=0.01), straight(period_s=0.5)) is None


@pytest.mark.parametrize(
    ("active", "shadow", "part"),
    [
        (TargetMark("overhead", (50, 50), 8, "red cube"), TargetMark("overhead", (54, 50), 5, "?"), PartAgreement.SAME),
        (TargetMark("overhead", (50, 50), 8, "cube"), TargetMark("overhead", (70, 50), 8, "cube"), PartAgreement.OTHER),
        (TargetMark("overhead", (50, 50), 8, "cube"), TargetMark("wrist", (70, 50), 8, "cube"), PartAgreement.SAME),
        (TargetMark("overhead", (50, 50), 8, "cube"), TargetMark("wrist", (70, 50), 8, "box"), PartAgreement.OTHER),
        (TargetMark("overhead", (50, 50), 8, "cube"), TargetMark("wrist", (70, 50), 8, ""), PartAgreement.UNKNOWN),
    ],
)
def test_the_part_is_told_by_the_picture_and_by_its_name_where_no_picture_is_common(
    active: TargetMark, shadow: TargetMark, part: PartAgreement
) -> None:
    found = compare(marked(straight(), active), marked(straight(), shadow))
    assert found is not None
    assert found.part is part


def test_a_part_in_the_hand_is_no_choice_any_more() -> None:
    tray, hand = TargetMark("overhead", (50, 50), 8, "red cube"), TargetMark("overhead", (90, 50), 8, "red cube")
    found = compare(marked(straight(), hand), replace(marked(straight(), tray), gripped=True))
    assert found is not None
    assert found.part is PartAgreement.UNKNOWN


def test_the_tally_keeps_means_and_the_worst() -> None:
    tally = DisagreementTally()
    for aside_m in (0.01, 0.03):
        found = compare(straight(), straight(aside_m=aside_m))
        assert found is not None
        tally = tallied(tally, found)
    assert tally.compared == 2
    assert tally.distance_mean_m == pytest.approx(0.02)
    assert tally.distance_max_m == pytest.approx(0.03)
