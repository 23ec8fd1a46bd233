"""A machine that stands still is seen, so that a live test that failed for it alone is tried again."""

from __future__ import annotations

import signal
import time

import pytest

from tests.support.host_stalls import HostWatch


def test_a_loop_that_was_not_run_for_a_while_says_for_how_long() -> None:
    with HostWatch() as watch:
        time.sleep(0.5)  # until the loops look at the clock
        if any(loop.poll() is not None for loop in watch.loops):
            pytest.skip("this user may not ask for real-time priority")
        watch.loops[0].send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        watch.loops[0].send_signal(signal.SIGCONT)
        time.sleep(0.1)
    assert 0.2 < watch.stalls[0] < 5.0
