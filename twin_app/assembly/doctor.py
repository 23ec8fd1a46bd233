"""What is missing or slow on this machine, each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import platformdirs

from runtime.link.session import default_root
from twin_app.assembly import doctor_graphics as graphics
from twin_app.assembly import doctor_machine as machine
from twin_app.assembly import doctor_software as software
from twin_app.assembly.doctor_finding import Finding, Health
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene, variants_folder

SHARED_BYTES = 64 << 20
"""Room for sockets and shared-memory blocks of a session."""

CACHE_BYTES = 200 << 20
MARKS = {Health.OK: "ok     ", Health.LIMITED: "limited", Health.MISSING: "MISSING"}


def run_doctor() -> list[Finding]:
    """Look at everything; takes a few seconds and changes nothing but empty folders."""
    return [
        software.check_python(),
        software.check_libraries(),
        software.check_debian_packages(),
        software.check_variants(variants_folder()),
        _policies(),
        machine.check_cores(),
        machine.check_memory(),
        machine.check_real_time(),
        machine.check_memory_lock(),
        machine.check_waking(),
        machine.check_clock(),
        graphics.check_egl(),
        graphics.check_display(),
        graphics.check_window_gl(),
        machine.check_folder("data folder", Path(platformdirs.user_data_dir("celltwin")), moved_by="--data"),
        machine.check_folder(
            "cache folder",
            Path(platformdirs.user_cache_dir("celltwin")),
            moved_by="the variable XDG_CACHE_HOME",
            free_bytes=CACHE_BYTES,
        ),
        machine.check_folder(
            "session folder", default_root(), moved_by="the variable XDG_RUNTIME_DIR", free_bytes=SHARED_BYTES
        ),
    ]


def _policies() -> Finding:
    setup = CellSetup()
    return software.check_policies(read_plugins(setup), read_scene(setup).cell)


def as_table(findings: Sequence[Finding]) -> str:
    """For a person: one line a subject, and under it the remedy where one is needed."""
    width = max(len(finding.subject) for finding in findings)
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{MARKS[finding.health]}  {finding.subject:<{width}}  {finding.found}")
        if finding.remedy:
            lines.append(f"{'':7}  {'':<{width}}  → {finding.remedy}")
    return "\n".join(lines)
