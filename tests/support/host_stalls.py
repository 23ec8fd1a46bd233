"""Whether the machine itself stood still while a live test ran, and another try if the test failed then.

A processor of a virtual machine is sometimes not run for tens of milliseconds. A live cell rightly stops when that
happens, so a test of something else fails. Seen by a loop on each processor that has a higher priority than all of
the cell's and does nothing but look at the clock; where that priority is not to be had nothing is seen and nothing
tried again. See `docs/decisions/0032-live-tests-and-a-machine-that-stands-still.md`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import pytest
from _pytest.runner import runtestprotocol

TRIES = 3
_LOOP = Path(__file__).with_name("stall_loop.py")


class HostWatch:
    """Runs within its `with`; `stalls` then says how long the machine stood still, longest first."""

    def __init__(self) -> None:
        self.stalls: list[float] = []
        """Seconds."""

        self.loops: list[subprocess.Popen[str]] = []

    def __enter__(self) -> HostWatch:
        for cpu in sorted(os.sched_getaffinity(0)):
            words = [sys.executable, "-S", str(_LOOP), str(cpu)]
            self.loops.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        for loop in self.loops:
            loop.terminate()
        told = [loop.communicate()[0] for loop in self.loops]
        self.stalls = sorted((float(line) for text in told for line in text.split()), reverse=True)


def run_watched(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """The whole of one test, again if it failed while the machine stood still; for `pytest_runtest_protocol`."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports: list[pytest.TestReport] = []
    for left in reversed(range(TRIES)):
        with HostWatch() as watch:
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
        failed = next((report for report in reports if report.failed), None)
        if failed is None or not left or not watch.stalls:
            break
        stood = f"a processor stood still for {1e3 * watch.stalls[0]:.0f} ms"
        sys.stderr.write(f"\n{item.nodeid}: failed while {stood}, once more ({_reason(failed)})\n")
        item._initrequest()  # type: ignore[attr-defined]  # as pytest makes it for a first try
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _reason(failed: pytest.TestReport) -> str:
    """What was asserted, for whoever has to tell a stall of the machine from a fault of ours."""
    crash = getattr(failed.longrepr, "reprcrash", None)
    return (str(failed.longrepr) if crash is None else f"{crash.lineno}: {crash.message}")[:2000]
