"""What an injected fault measurably did, in words with units."""

from __future__ import annotations

from runtime.messages.faults import FaultPhase, FaultReport

SHARE = "share of"


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
