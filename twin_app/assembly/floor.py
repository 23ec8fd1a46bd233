"""Floors that timing figures are compared with: what a loop that does nothing reaches on this machine meanwhile.

A virtual machine stalls for 10–40 ms by itself, so an absolute maximum says more about the host than about us.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from runtime.mistakes import UserMistake
from runtime.pacing import Pacer, enter_real_time

FLOOR_PRIORITY = 90
PHASE_NS = 500_000
"""That of the control process: a stall of the host costs both the same ticks."""

_PERIOD_US = 1000


@dataclass(frozen=True, slots=True)
class CyclicFloor:
    """What cyclictest (a C loop around clock_nanosleep) saw."""

    ticks: int
    missed_fraction: float
    late_p50_us: float
    late_p99_us: float
    late_max_us: float


def start_cyclictest(seconds: int) -> subprocess.Popen[str]:
    """Start the C loop beside whatever is being measured."""
    program = shutil.which("cyclictest", path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
    if program is None:
        raise UserMistake(
            "cyclictest, the floor of this benchmark, is not installed", remedy="apt-get install rt-tests"
        )
    arguments = ["-q", "-m", "-t1", f"-p{FLOOR_PRIORITY}", f"-i{_PERIOD_US}", f"-D{seconds}", "-h100000"]
    return _start([program, *arguments], stderr=subprocess.PIPE)


def read_cyclictest(process: subprocess.Popen[str]) -> CyclicFloor:
    """Wait for the C loop and read its histogram (one line a microsecond of lateness)."""
    out, err = process.communicate(timeout=900)
    counts = {int(us): int(n) for us, n in re.findall(r"^(\d{6}) (\d+)$", out, re.MULTILINE)}
    overflow = re.search(r"# Histogram Overflows: 0*(\d+)", out)
    ticks = sum(counts.values())
    if process.returncode != 0 or ticks == 0:
        raise UserMistake(f"cyclictest failed: {(err or out).strip()[:200]}", remedy="run it as root, or ulimit -r 90")
    missed = sum(n * (us // _PERIOD_US) for us, n in counts.items()) + int(overflow[1] if overflow else 0) * 100
    return CyclicFloor(
        ticks=ticks,
        missed_fraction=missed / (ticks + missed),
        late_p50_us=_quantile(counts, 0.5),
        late_p99_us=_quantile(counts, 0.99),
        late_max_us=float(max(us for us, n in counts.items() if n)),
    )


def _quantile(counts: dict[int, int], share: float) -> float:
    wanted = share * sum(counts.values())
    seen = 0
    for us in sorted(counts):
        seen += counts[us]
        if seen >= wanted:
            return float(us)
    return float(max(counts))


def start_stamped() -> subprocess.Popen[str]:
    """Start a bare 1 kHz loop that remembers when it missed ticks; ends when its input closes."""
    return _start([sys.executable, "-m", "twin_app.assembly.floor"], stdin=subprocess.PIPE)


def _start(command: list[str], *, stdin: int | None = None, stderr: int | None = None) -> subprocess.Popen[str]:
    """Apart from the terminal: a Ctrl-C is for who started it, and ends it in order."""
    return subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True
    )


def end_floor(process: subprocess.Popen[str]) -> None:
    """End a floor that nobody will read any more; it may have ended by itself."""
    if process.poll() is None:
        process.terminate()  # a killed cyclictest would leave its shared memory behind
        process.communicate()


def read_stamped(process: subprocess.Popen[str]) -> list[tuple[int, int]]:
    """End the bare loop; returns (monotonic stamp in ns, ticks missed) of every miss."""
    out, _ = process.communicate(timeout=30)
    return [(int(stamp), int(missed)) for stamp, missed in json.loads(out)["misses"]]


def _stamped_loop() -> None:
    import os
    import select

    enter_real_time(FLOOR_PRIORITY)
    pacer = Pacer(phase_ns=PHASE_NS)
    misses: list[tuple[int, int]] = []
    while True:
        pacer.wait()
        if pacer.missed_in_row:
            misses.append((time.monotonic_ns(), pacer.missed_in_row))
        if pacer.ticks % 50 == 0 and select.select([0], [], [], 0)[0] and not os.read(0, 1):
            break
    sys.stdout.write(json.dumps({"misses": misses, "ticks": pacer.ticks}))


if __name__ == "__main__":
    _stamped_loop()
