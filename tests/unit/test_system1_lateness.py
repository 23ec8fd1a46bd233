"""Late policies and missed ticks, as the arm experiences them."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from runtime.messages.geometry import Pose
from runtime.messages.joint import PlantFlag
from runtime.messages.orders import ModeRequest
from runtime.messages.state import Mode, PlanExecution
from runtime.modes import ModeEvent
from runtime.system1.missed_ticks import Punctuality
from runtime.system1.mode_keeper import ModeKeeper
from tests.support.loop import TICK_NS, Loop, chunk


def _sweep(start: Pose, t_s: float) -> Pose:
    x, y, z = start.position_m
    begun = min(1.0, t_s) ** 2
    return Pose((x + 0.1 * begun, y + 0.12 * begun * math.sin(4.0 * t_s), z - 0.1 * begun), start.orientation_xyzw)


def _moving() -> Loop:
    loop = Loop()
    loop.start()
    start = loop.home()
    loop.follow_on(lambda t_s: _sweep(start, t_s), 0.9)
    return loop


def _execution(loop: Loop) -> PlanExecution:
    return loop.stage.control_state(loop.now_ns, loop.timing).execution


def test_a_late_policy_is_carried_on_then_held_then_left_to_a_person() -> None:
    loop = _moving()
    seen: list[tuple[PlanExecution, bool]] = []
    for _ in range(1200):
        loop.tick()
        standing = float(np.abs(loop.plant.dq_rad_s).max()) < 0.02
        seen.append((_execution(loop), standing))
        if loop.stage.modes.mode is not Mode.AUTO:
            break
    order = list(dict.fromkeys(execution for execution, _ in seen))
    assert order[:3] == [PlanExecution.FOLLOWING, PlanExecution.OVERDUE, PlanExecution.HOLDING]
    first_hold = next(tick for tick, (execution, _) in enumerate(seen) if execution is PlanExecution.HOLDING)
    assert all(standing for _, standing in seen[first_hold + 200 :])
    assert loop.stage.modes.mode is Mode.ASSIST
    assert "nothing usable" in loop.stage.modes.reason
    loop.run(300)
    assert not loop.commands[-1].brake


def test_nothing_of_a_chunk_is_executed_after_it_expires() -> None:
    loop = Loop()
    loop.start()
    x, y, z = loop.home().position_m
    poses = [Pose((x + 0.02 * step, y, z), loop.home().orientation_xyzw) for step in range(8)]
    widths = [0.08] * 5 + [0.01] * 3
    loop.send(poses, widths_m=widths, expires_ns=loop.now_ns + 450 * TICK_NS)
    loop.run(800)
    where = loop.plant.q_rad.copy()
    assert np.abs(loop.plant.dq_rad_s).max() < 0.02
    loop.run(300)
    assert np.abs(loop.plant.q_rad - where).max() < 1e-3
    assert loop.commands[-1].gripper_width_m == 0.08


def test_silence_without_a_task_is_no_fault() -> None:
    loop = Loop()
    loop.start()
    loop.run(3000, work_expected=False)
    assert loop.stage.modes.mode is Mode.AUTO
    loop.run(1100, work_expected=True)
    assert loop.stage.modes.mode is Mode.ASSIST


def test_a_policy_that_sends_only_nonsense_is_as_good_as_silent() -> None:
    loop = Loop()
    loop.start()
    for _ in range(12):
        loop.send([Pose((3.0, 0.0, 0.5), (1.0, 0.0, 0.0, 0.0))] * 8)
        loop.run(99)
    assert loop.stage.modes.mode is Mode.ASSIST
    assert "workspace" in loop.stage.modes.reason


@pytest.mark.parametrize("in_row", [1, 3, 10, 19])
def test_a_few_missed_ticks_do_not_disturb_the_motion(in_row: int) -> None:
    loop = _moving()
    loop.miss(in_row)
    loop.run(100)
    assert loop.stage.modes.mode is Mode.AUTO
    assert loop.stage.control_state(loop.now_ns, loop.timing).missed_ticks == in_row
    reference = loop.stage.execution.motion.state
    assert np.abs(loop.plant.q_rad - reference.q_rad).max() < 0.02


def _fastest(*, stood_still: int, with_control: bool) -> float:
    """Of joint 1 over a sweep in which the arm's own steps come late every 25 ticks, the loop's with it or not."""
    loop = Loop()
    loop.start()
    here = loop.stage.execution.motion.state.q_rad
    turn = np.zeros((8, len(here)))
    turn[:, 0] = 0.6 * np.sin(0.5 * math.pi * np.arange(1, 9) / 8) ** 2
    plan = chunk(plan_id=1, observed_ns=loop.now_ns, poses=[loop.home()] * 8)
    loop.tick(plan=msgspec.structs.replace(plan, gripper_in_base=(), joints_rad=tuple(map(tuple, here + turn))))
    speeds: list[float] = []
    for tick in range(900):
        loop.tick()
        speeds.append(float(loop.plant.dq_rad_s[0]))
        late = stood_still if tick % 25 == 0 else 0
        if with_control:
            loop.now_ns += late * TICK_NS
        else:
            loop.think(late)
    assert not loop.stage.execution.rejected
    return max(speeds)


@pytest.mark.parametrize("with_control", [True, False], ids=["whole host", "arm alone"])
def test_an_arm_whose_steps_come_late_is_not_driven_faster(with_control: bool) -> None:  # noqa: FBT001
    punctual, late = (_fastest(stood_still=ticks, with_control=with_control) for ticks in (0, 4))
    assert late < 1.08 * punctual


def _slowed() -> Loop:
    loop = Loop()
    loop.start()
    for _ in range(12):
        loop.miss(5)
        loop.run(20, work_expected=False)
    return loop


@pytest.mark.parametrize("latency_ticks", [15, 60, 90])
def test_a_slowed_arm_still_grips_and_lets_go(latency_ticks: int) -> None:
    loop = _slowed()
    here = loop.home()
    for width_m in (0.02, 0.08):
        loop.follow_on(lambda _: here, 0.6, latency_ticks=latency_ticks, width_m=width_m)
        assert loop.stage.control_state(loop.now_ns, loop.timing).speed_scale == 0.5
        assert loop.commands[-1].gripper_width_m == width_m


def test_many_missed_ticks_slow_the_next_chunks_down() -> None:
    loop = _slowed()
    state = loop.stage.control_state(loop.now_ns, loop.timing)
    assert state.speed_scale == 0.5
    x, y, z = loop.home().position_m
    loop.send([Pose((x, y + 0.01 * step, z), loop.home().orientation_xyzw) for step in range(1, 9)])
    loop.run(700, work_expected=False)
    assert 0.02 < loop.home().position_m[1] - y < 0.045
    loop.run(1200, work_expected=False)
    assert loop.home().position_m[1] - y == pytest.approx(0.08, abs=1e-3)


def test_twenty_missed_ticks_in_a_row_brake_and_stay_stopped_until_a_reset() -> None:
    loop = _moving()
    loop.miss(25)
    loop.run(300)
    assert loop.stage.modes.mode is Mode.PROTECTIVE_STOP
    assert "missed" in loop.stage.modes.reason
    assert loop.plant.flags & PlantFlag.COMMUNICATION_LOSS
    where = loop.plant.q_rad.copy()
    loop.ask(ModeEvent.RESET)
    loop.run(500)
    assert loop.stage.modes.mode is Mode.IDLE
    assert not loop.plant.flags & PlantFlag.BRAKED
    assert np.abs(loop.plant.q_rad - where).max() < 2e-3


def test_the_ladder_of_missed_ticks_begins_anew_after_a_reset() -> None:
    loop = _moving()
    loop.miss(25)
    loop.run(300)
    loop.ask(ModeEvent.RESET)
    loop.run(1)
    assert loop.stage.missed.rung is Punctuality.FINE


def test_missed_ticks_within_the_window_are_never_more_than_the_window_has() -> None:
    loop = _moving()
    loop.miss(26_558)
    loop.run(1)
    assert loop.stage.missed.in_window <= 1000
    assert loop.stage.modes.reason == "the control loop stood still for 26.6 s"


def test_a_stop_pressed_while_the_loop_stood_still_is_the_reason() -> None:
    loop = _moving()
    loop.miss(25)
    loop.stop_flag = True
    loop.run(300)
    assert loop.stage.modes.reason == "stop pressed"


def _request(number: int, event: str, deadline_ns: int) -> ModeRequest:
    return ModeRequest(number, event, deadline_ns)


def test_a_mode_request_is_acted_upon_once_and_never_late() -> None:
    modes = ModeKeeper()
    assert modes.request(_request(1, "START", 100), now_ns=101) is None
    assert "after its deadline" in modes.refusal
    assert modes.request(_request(2, "START", 200), now_ns=150) is ModeEvent.START
    modes.apply(ModeEvent.STOP, now_ns=160, reason="test")
    assert modes.request(_request(2, "START", 200), now_ns=170) is None
    assert modes.mode is Mode.PROTECTIVE_STOP


def test_an_unknown_event_is_refused_by_name() -> None:
    modes = ModeKeeper()
    assert modes.request(_request(1, "FLY", 100), now_ns=0) is None
    assert "FLY" in modes.refusal
    assert modes.request_id == 1
