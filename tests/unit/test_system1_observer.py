"""The momentum observer and the 1 kHz record say what really happens to the arm."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runtime.messages.geometry import Pose
from runtime.messages.plan import Reason
from runtime.messages.state import TickTrace
from runtime.system1.tick_record import BLOCK_TICKS
from tests.support.arm_plant import Mismatch
from tests.support.loop import Loop


def _residual(loop: Loop) -> np.ndarray:
    return np.array(loop.stage.robot_state().torque_residual_nm)


def test_the_residual_is_small_while_the_model_is_right() -> None:
    loop = Loop()
    loop.run(1500)
    assert np.abs(_residual(loop)).max() < 0.5


@pytest.mark.parametrize("joint", [1, 4])
def test_an_outside_torque_appears_in_the_residual_of_its_joint(joint: int) -> None:
    loop = Loop()
    loop.run(1000)
    before = _residual(loop)
    loop.plant.external_nm[joint] = -4.0
    loop.run(40)
    assert _residual(loop)[joint] - before[joint] < -2.0
    loop.run(400)
    change = _residual(loop) - before
    assert change[joint] == pytest.approx(-4.0, abs=0.8)
    assert int(np.argmax(np.abs(change))) == joint


def test_more_friction_than_known_shows_against_the_motion() -> None:
    def residual_while_turning(friction_factor: float) -> float:
        loop = Loop(mismatch=Mismatch(friction_factor=friction_factor))
        loop.start()
        here = loop.home()
        x, y, z = here.position_m
        loop.follow_on(lambda t_s: type(here)((x, y + 0.1 * min(t_s, 2.0), z), here.orientation_xyzw), 1.2)
        return float(_residual(loop)[0])

    assert residual_while_turning(4.0) < residual_while_turning(1.0) - 1.0


def test_behind_closed_brakes_nothing_is_claimed() -> None:
    loop = Loop()
    loop.run(300)
    loop.stop_flag = True
    loop.run(100)
    loop.plant.external_nm[1] = 30.0
    loop.run(200)
    assert np.all(_residual(loop) == 0.0)


def _column(trace: TickTrace, name: str) -> np.ndarray:
    rows = np.frombuffer(trace.data, dtype=np.float32).reshape(trace.ticks, len(trace.columns))
    return rows[:, trace.columns.index(name)]


def test_every_tick_is_in_the_record_once() -> None:
    loop = Loop()
    traces: list[TickTrace] = []
    for _ in range(200):
        loop.tick()
        trace = loop.stage.take_trace()
        if trace is not None:
            traces.append(trace)
    assert [trace.first_tick for trace in traces] == [0, 50, 100, 150]
    assert all(trace.ticks == BLOCK_TICKS for trace in traces)
    recorded = np.concatenate([_column(trace, "torque_commanded_nm.3") for trace in traces])
    sent = np.array([command.torque_nm[3] for command in loop.commands], dtype=np.float32)
    assert np.array_equal(recorded, sent)


def test_missed_ticks_stand_in_the_record_where_they_happened() -> None:
    loop = Loop()
    loop.run(20)
    loop.miss(7)
    loop.run(30)
    trace = loop.stage.take_trace()
    assert trace is not None
    missed = _column(trace, "missed_ticks")
    assert missed[20] == 7
    assert missed.sum() == 7


def test_robot_state_before_the_first_tick_is_an_error_with_a_name() -> None:
    with pytest.raises(RuntimeError, match="before the first tick"):
        Loop().stage.robot_state()


def test_every_accepted_and_refused_chunk_gets_a_verdict() -> None:
    loop = Loop()
    loop.start()
    loop.stage.take_verdicts()
    loop.send([loop.home()] * 8)
    loop.run(30)
    loop.send([loop.home()] * 8, plan_id=1)
    loop.run(30)
    reports = [report for report in loop.stage.take_verdicts() if report.place == "plan gate"]
    assert [report.verdict.reason for report in reports] == [Reason.OK, Reason.SEQUENCE]


def test_a_stall_that_the_arm_did_not_live_through_leaves_no_torque_behind() -> None:
    loop = Loop()
    loop.start()
    loop.run(100, work_expected=False)
    home = loop.home()
    x, y, z = home.position_m
    loop.follow_on(lambda t_s: Pose((x, y + 0.1 * math.sin(3.0 * t_s), z), home.orientation_xyzw), 1.03)
    usual_nm = np.abs(loop.stage._observer.residual_nm).max()
    loop.now_ns += 15_000_000  # the host stands still, the simulated arm with it
    worst_nm = 0.0
    for _ in range(40):
        loop.tick()
        worst_nm = max(worst_nm, float(np.abs(loop.stage._observer.residual_nm).max()))
    assert worst_nm < usual_nm + 0.3
