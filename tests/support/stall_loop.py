"""Run on one processor with a priority above all of a cell's: says on a line each how many seconds it stood still."""

from __future__ import annotations

import os
import sys
import time

STALL_S = 0.02
"""So many milliseconds without a command and the arm brakes by itself: `MissedTickLimits.stop_in_row`."""

_PRIORITY = 99
_PERIOD_S = 0.002


def watch(cpu: int) -> None:
    """Until it is ended; raises `PermissionError` where the priority is not to be had."""
    os.sched_setaffinity(0, {cpu})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    before_s = time.monotonic()
    while True:
        time.sleep(_PERIOD_S)
        now_s = time.monotonic()
        stood_s = now_s - before_s - _PERIOD_S
        if stood_s >= STALL_S:
            sys.stdout.write(f"{stood_s:.4f}\n")
            sys.stdout.flush()
        before_s = now_s


if __name__ == "__main__":
    watch(int(sys.argv[1]))
