"""The verifying commands at work on a small scale: one fault in lock-step, one killed process live."""

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from runtime.messages.faults import FaultSeverity
from sim_worlds.faults import fault_kind
from twin_app.assembly.setup import CellSetup
from twin_app.assembly.verify.braking import NEVER_MS, brake_ms
from twin_app.assembly.verify.fault_bench import LockStepBench
from twin_app.assembly.verify.fault_trial import FaultTrial
from twin_app.assembly.verify.kill import unreadable_recordings
from twin_app.assembly.verify.killed_cell import KilledCell

pytestmark = pytest.mark.timeout(150)


def test_a_tripped_motor_is_confirmed_faults_the_cell_and_after_clearing_it_picks_on() -> None:
    with closing(LockStepBench(CellSetup(seed=2))) as bench:
        row = FaultTrial(bench, fault_kind("F31"), FaultSeverity.SEVERE, seed=2).run()
    assert (row.confirmed, row.cleared, row.reaction, row.picks_on) == (True, True, "fault", True)
    assert row.as_documented
    assert "motor.hot" in row.detected_by


@pytest.mark.live
def test_a_killed_planner_brakes_the_arm_loses_no_task_and_is_started_again(tmp_path: Path) -> None:
    cell = KilledCell(CellSetup(cell=f"test-kill-{os.getpid()}", seed=3), folder=tmp_path)
    try:
        cell.start()
        cell.drive()
        cell.add_task()
        killed_ns = time.monotonic_ns()
        os.kill(cell.pid_of("planner"), signal.SIGKILL)
        assert cell.states is not None
        assert brake_ms(cell.states, killed_ns=killed_ns) < NEVER_MS
        cell.restart("planner")
        cell.drive()
    finally:
        cell.close()
    assert (cell.ledger.lost(), cell.ledger.doubled()) == ([], [])
    assert unreadable_recordings(cell.recordings, {}) == []
