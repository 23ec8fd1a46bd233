"""`celltwin doctor`: prints the findings; exit status 1 when something is missing."""

from __future__ import annotations

import argparse

import msgspec

from twin_app.assembly.doctor import as_table, run_doctor
from twin_app.assembly.doctor_finding import Health


def run(arguments: argparse.Namespace) -> int:
    """Examine this machine."""
    findings = run_doctor()
    print(as_table(findings))
    if arguments.json:
        print(msgspec.json.encode(findings).decode())
    return int(any(finding.health is Health.MISSING for finding in findings))
