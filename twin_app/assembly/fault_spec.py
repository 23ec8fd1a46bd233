"""Faults as written on the command line: `F26:severe@10s`, with an optional duration `F26:severe@10s+5s`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.messages.faults import FaultKind, FaultSeverity
from runtime.mistakes import UserMistake, quoted
from runtime.supervision.requests import TIME_LIMIT_S

_FORM = re.compile(r"^(?P<fault>[A-Za-z]\d+)(:(?P<severity>\w+))?(@(?P<onset>[0-9.]+)s?)?(\+(?P<duration>[0-9.]+)s?)?$")


@dataclass(frozen=True, slots=True)
class FaultWish:
    """One injection that a person asked for."""

    fault_id: str
    severity: FaultSeverity
    onset_s: float
    duration_s: float
    """0 is until the end."""


def parse_fault(text: str, catalogue: Sequence[FaultKind]) -> FaultWish:
    """Read `ID[:severity][@onset][+duration]`; raises `UserMistake` naming the word that is wrong."""
    match = _FORM.match(text.strip())
    if match is None:
        raise UserMistake(
            f"fault {quoted(text)} is not of the form ID:severity@onset+duration",
            remedy="for example F26:severe@10s+5s",
        )
    known = {kind.fault_id: kind for kind in catalogue}
    fault_id = match["fault"].upper()
    if fault_id not in known:
        names = ", ".join(f"{kind.fault_id} ({kind.name})" for kind in catalogue)
        raise UserMistake(f"unknown fault {quoted(match['fault'])}", remedy=f"one of: {names}")
    severities = [severity.value for severity in FaultSeverity]
    severity = (match["severity"] or "medium").lower()
    if severity not in severities:
        raise UserMistake(
            f"unknown severity {quoted(severity)} of fault {fault_id}", remedy=f"one of: {', '.join(severities)}"
        )
    onset_s, duration_s = _seconds(match["onset"]), _seconds(match["duration"])
    if match["duration"] and not duration_s:
        raise UserMistake(
            f"the duration of fault {quoted(text)} is nothing", remedy="write e.g. +5s, or leave it away: until the end"
        )
    return FaultWish(fault_id, FaultSeverity(severity), onset_s, duration_s)


def _seconds(text: str | None) -> float:
    if not text:
        return 0.0
    remedy = f"write e.g. 2.5s, at most {TIME_LIMIT_S:g}s"
    try:
        seconds = float(text)
    except ValueError as trouble:
        raise UserMistake(f"{quoted(text)} is not a number of seconds", remedy=remedy) from trouble
    if seconds > TIME_LIMIT_S:
        raise UserMistake(f"{quoted(text)} seconds are too long for a fault", remedy=remedy)
    return seconds
