"""What the benchmarks make of what they hear: pure parts, without a cell or a window."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from runtime.messages.policy import PolicyState, Readiness, ShadowState
from runtime.messages.state import ControlState, Mode, PlanExecution, TickTrace
from tests.support.supervised import MadeUpCell
from twin_app.assembly.bench.loop_record import LoopRecord
from twin_app.assembly.bench.shadow_record import ALONE, BESIDE, ShadowRecord
from twin_app.assembly.bench.stop_record import CONDITIONS, Press, StopRecord, shares

MS = 1_000_000
COLUMNS = ("q_rad.0", "lateness_s", "missed_ticks")


def control(stamp_ns: int, *, ticks: int, missed: int = 0) -> ControlState:
    return ControlState(
        stamp_ns=stamp_ns,
        mode=Mode.AUTO,
        mode_since_ns=0,
        mode_reason="",
        owner="policy",
        execution=PlanExecution.FOLLOWING,
        plan_id=1,
        policy="programmed",
        plan_age_s=0.0,
        plan_transport_s=0.0,
        ticks=ticks,
        missed_ticks=missed,
        lateness_p50_s=0.0,
        lateness_p99_s=0.0,
        lateness_max_s=0.0,
        tick_p50_s=100e-6,
        loop_hz=1000.0,
        real_time=True,
        speed_scale=1.0,
        limited=0,
        rejected=0,
        plans=0,
        torque_step_over_limit=0,
    )


def trace(stamp_ns: int, *, lateness_s: float, missed: int = 0) -> TickTrace:
    rows = np.zeros((50, len(COLUMNS)), dtype=np.float32)
    rows[:, 1] = lateness_s
    rows[0, 2] = missed
    return TickTrace(stamp_ns, 0, COLUMNS, 50, rows.tobytes())


def test_rate_and_misses_are_those_of_the_measured_stretch_not_of_the_whole_life() -> None:
    record = LoopRecord()
    record.take(control(900 * MS, ticks=900, missed=500))
    record.open(1000 * MS)
    record.take(control(1000 * MS, ticks=1000, missed=500))
    record.take(trace(1000 * MS, lateness_s=50e-6, missed=10))
    record.take(control(2000 * MS, ticks=1990, missed=510))
    record.close(2000 * MS + 1)
    record.take(control(3000 * MS, ticks=1990, missed=1510))
    figures = record.figures()
    assert figures["rate_hz"] == 990.0
    assert figures["missed_fraction"] == 0.01
    assert figures["missed_ticks"] == 10
    assert figures["stalls"] == 1
    assert figures["longest_stall_ticks"] == 10


def test_lateness_is_taken_over_every_tick_of_the_stretch() -> None:
    record = LoopRecord()
    record.open(1)
    for number in range(100):
        record.take(trace((number + 1) * MS, lateness_s=500e-6 if number >= 98 else 20e-6))
    record.take(control(1 * MS, ticks=0))
    record.take(control(100 * MS, ticks=99))
    figures = record.figures()
    assert figures["late_p50_us"] == 20.0
    assert figures["late_p99_us"] == 500.0


def test_a_silent_loop_is_no_measurement() -> None:
    record = LoopRecord()
    record.open(1)
    record.take(control(2, ticks=1))
    with pytest.raises(ValueError, match="nothing was measured"):
        record.figures()


def press(condition: str, *, delay_ms: float, queue_ms: float = 0.0) -> Press:
    seen_ns = 1_000 * MS
    return Press(
        condition,
        posted_ns=seen_ns - int(queue_ms * MS),
        seen_ns=seen_ns,
        flagged_ns=seen_ns + MS // 10,
        applied_ns=seen_ns + int(delay_ms * MS),
        moving=condition == "inference",
    )


def test_the_headline_covers_every_condition_and_the_slowest_press() -> None:
    record = StopRecord([press(name, delay_ms=2.0) for name in CONDITIONS for _ in range(10)])
    record.presses.append(press("backlog", delay_ms=9.0))
    figures = record.figures()
    assert figures["p50_ms"] == 2.0
    assert figures["max_ms"] == 9.0
    assert figures["presses"] == 41
    assert figures["conditions"]["idle"]["max_ms"] == 2.0
    assert figures["conditions"]["backlog"]["max_ms"] == 9.0


def test_time_in_the_windows_queue_is_told_beside_the_press() -> None:
    figures = StopRecord([press("repaint_storm", delay_ms=2.0, queue_ms=20.0)]).figures()
    storm = figures["conditions"]["repaint_storm"]
    assert storm["p99_ms"] == 2.0
    assert storm["with_event_queue_p99_ms"] == 22.0
    assert storm["to_flag_p99_ms"] == 0.1


def test_a_press_without_a_stop_counts_with_the_whole_patience() -> None:
    figures = StopRecord([press("idle", delay_ms=2.0)], unanswered=3).figures()
    assert figures["unanswered"] == 3
    assert figures["max_ms"] == figures["p50_ms"] == 2000.0


@pytest.mark.parametrize("presses", [1, 3, 80, 1000, 1003])
def test_presses_are_spread_evenly_over_the_conditions(presses: int) -> None:
    spread = shares(presses)
    assert tuple(spread) == CONDITIONS
    assert sum(spread.values()) == presses
    assert max(spread.values()) - min(spread.values()) <= 1


def told(stamp_ns: int, *, inferences: int, inference_s: float, shadow: ShadowState | None = None) -> PolicyState:
    return replace(
        MadeUpCell().policy(), stamp_ns=stamp_ns, inferences=inferences, inference_s=inference_s, shadow=shadow
    )


def in_shadow(inferences: int) -> ShadowState:
    return ShadowState("learned", "1.0", Readiness.READY, inferences=inferences, skipped=inferences // 2)


def test_a_shadows_cost_is_the_ratio_of_what_was_heard_beside_it_and_alone() -> None:
    record = ShadowRecord()
    record.take(trace(500 * MS, lateness_s=9.0))  # before any stretch
    for kind, late_s, took_s, first in ((ALONE, 50e-6, 0.020, 1), (BESIDE, 60e-6, 0.022, 100)):
        shadow = in_shadow if kind == BESIDE else lambda count: None
        record.open(kind, 1000 * MS)
        record.take(trace(900 * MS, lateness_s=9.0))  # older than the stretch
        record.take(trace(1100 * MS, lateness_s=late_s, missed=2))
        record.take(told(1100 * MS, inferences=first, inference_s=9.0, shadow=shadow(10)))  # begun before it
        for count in range(1, 5):
            record.take(
                told((1100 + count) * MS, inferences=first + count, inference_s=took_s, shadow=shadow(10 + count))
            )
        record.take(told(1110 * MS, inferences=first + 4, inference_s=9.0))  # none is new
        record.close()
        record.take(trace(1200 * MS, lateness_s=9.0))
    figures = record.figures()
    assert figures["late_p99_ratio"] == pytest.approx(1.2, abs=0.01)
    assert figures["latency_p99_ratio"] == pytest.approx(1.1, abs=0.01)
    assert figures["ticks_alone"] == figures["ticks_beside"] == 50
    assert figures["missed_fraction_beside"] == pytest.approx(2 / 52, abs=1e-5)
    assert figures["inferences_beside"] == 4
    assert (figures["shadow_inferences"], figures["shadow_skipped"]) == (4, 2)


def test_a_silent_cell_has_no_ratio() -> None:
    record = ShadowRecord()
    record.open(ALONE, 0)
    with pytest.raises(ValueError, match="nothing was heard alone"):
        record.figures()
