"""What an injected fault measurably did, in words with units."""

from __future__ import annotations

from runtime.messages.faults import FaultPhase, FaultReport, FaultState

SHARE = "share of"
_AWAY = frozenset({FaultPhase.SENT, FaultPhase.CLEARED})
"""Not there yet, or no more."""


def injected(faults: FaultState | None) -> tuple[FaultReport, ...]:
    """The injections that the cell suffers from now, newest first."""
    return tuple(one for one in faults.injections if one.phase not in _AWAY) if faults is not None else ()


def injected_words(faults: FaultState | None) -> str:
    """All of them with their names, one a line."""
    names = {kind.fault_id: kind.name for kind in faults.catalogue} if faults is not None else {}
    rows = ((one, names.get(one.fault_id, "")) for one in injected(faults))
    return "\n".join(f"{one.fault_id} {name}, {one.severity.value}: {one.phase.value}" for one, name in rows)


def effect_words(value: float, *, name: str, unit: str) -> str:
    """A measured effect with its unit; a bare number is a share in percent or a multiple (×)."""
    if unit != "1":
        return f"{value:.3g} {unit}"
    return f"{value * 100:.3g} %" if name.startswith(SHARE) else f"{value:.3g} ×"


def measured_words(report: FaultReport) -> str:
    """The measured effect and from where it counts; after clearing, whether it is gone.

    The cell reports the largest value of the injection, and of the clearing only that the value has fallen back.
    """
    if report.obstacle:
        return f"cannot be measured now: {report.obstacle}"
    largest = effect_words(report.effect_measured, name=report.effect_name, unit=report.unit)
    match report.phase:
        case FaultPhase.CLEARED:
            return f"gone, was {largest}"
        case FaultPhase.CLEARING:
            return f"was {largest}, fading"
        case FaultPhase.NOT_CLEARED:
            return f"still there, was {largest}"
        case _:
            counts = effect_words(report.effect_expected, name=report.effect_name, unit=report.unit)
            return f"{largest} (counts from {counts})"
