"""The machine itself: cores, memory, real-time rights, how punctually it wakes, and room on its disks."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from twin_app.assembly.doctor_finding import Finding, good, limited, missing

CORES = 2
MEMORY_BYTES = 4 << 30
FREE_BYTES = 5 << 30
"""About two hours of recording."""

MEMLOCK_BYTES = 1 << 30
LATE_P99_US = 500.0
PRIORITY = 80
LIMITS = (
    "run as root, or allow it: `@users - rtprio 95` and `@users - memlock unlimited` "
    "in a file of /etc/security/limits.d/, then log in anew"
)
CLOCK = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_TRY_REAL_TIME = f"""
import os, sys
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param({PRIORITY}))
except OSError as trouble:
    sys.exit(trouble.strerror)
"""
_MEASURE_WAKING = """
import os, time
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(80))
except OSError:
    pass
late = []
due = time.monotonic_ns() + 1_000_000
for _ in range(500):
    time.sleep(max(0, due - time.monotonic_ns()) * 1e-9)
    late.append(time.monotonic_ns() - due)
    due = max(due + 1_000_000, time.monotonic_ns())
late.sort()
print(late[int(len(late) * 0.99)] / 1000)
"""


def check_cores() -> Finding:
    """Processor cores that this process may use."""
    count = len(os.sched_getaffinity(0))
    if count < CORES:
        return limited(
            "cores", str(count), remedy=f"{CORES} or more keep planner and console from delaying the 1 kHz loop"
        )
    return good("cores", str(count))


def check_memory() -> Finding:
    """Memory of the machine."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size < MEMORY_BYTES:
        return limited("memory", f"{size / 2**30:.1f} GiB", remedy=f"{MEMORY_BYTES >> 30} GiB or more")
    return good("memory", f"{size / 2**30:.1f} GiB")


def check_real_time() -> Finding:
    """Whether a process may run with real-time priority; tried in a child process."""
    tried = subprocess.run([sys.executable, "-c", _TRY_REAL_TIME], capture_output=True, text=True, check=False)
    if tried.returncode:
        return limited("real-time scheduling", tried.stderr.strip() or "refused", remedy=LIMITS)
    return good("real-time scheduling", f"SCHED_FIFO, priority {PRIORITY}")


def check_memory_lock() -> Finding:
    """How much memory may be locked, so that the loop never waits for a page."""
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if os.geteuid() == 0 or soft == resource.RLIM_INFINITY or soft >= MEMLOCK_BYTES:
        return good("memory lock", "unlimited" if os.geteuid() == 0 or soft < 0 else f"{soft >> 20} MiB")
    return limited("memory lock", f"{soft >> 20} MiB", remedy=LIMITS)


def check_waking() -> Finding:
    """How late a 1 ms sleep ends, over half a second, with real-time priority where that is allowed."""
    measured = subprocess.run([sys.executable, "-c", _MEASURE_WAKING], capture_output=True, text=True, check=True)
    late_us = float(measured.stdout)
    found = f"1 ms sleeps end late by {late_us:.0f} µs (p99)"
    if late_us > LATE_P99_US:
        return limited(
            "waking", found, remedy="a quieter machine; real-time scheduling; on a virtual machine, its host decides"
        )
    return good("waking", found)


def check_clock(source: Path = CLOCK) -> Finding:
    """The kernel's clock source: reading some of them takes microseconds."""
    name = source.read_text(encoding="utf-8").strip() if source.is_file() else "unknown"
    if name in ("hpet", "acpi_pm", "jiffies"):
        return limited(
            "clock source", name, remedy="boot with clocksource=tsc, or ask the virtual machine's host for kvm-clock"
        )
    return good("clock source", name)


def check_folder(subject: str, folder: Path, *, moved_by: str, free_bytes: int = FREE_BYTES) -> Finding:
    """Whether a folder can be written (it is made when missing) and has room; `moved_by` names what moves it."""
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as trouble:
        return missing(
            subject,
            f"{folder}: {trouble.strerror}",
            remedy=f"choose another with {moved_by}, or mend its owner and mode",
        )
    free = shutil.disk_usage(folder).free
    if free < free_bytes:
        return limited(
            subject, f"{folder}: {free / 2**30:.1f} GiB free", remedy=f"make room, or choose another with {moved_by}"
        )
    return good(subject, f"{folder}: {free / 2**30:.0f} GiB free")
