"""What a person checks first after a stop or fault, by the words of its reason."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.state import STOP_PRESSED


@dataclass(frozen=True, slots=True)
class Advice:
    """Which layer to suspect, and where to look."""

    layer: str
    first_check: str


_GO_ON = "then Reset and Hold to start"
_ADVICE = (
    (STOP_PRESSED, Advice("integration", f"ask who pressed it, and why; {_GO_ON}")),
    (
        "commands were missing",
        Advice("integration", f"look at loop lateness and missed ticks before the stop, and at the machine; {_GO_ON}"),
    ),
    ("its own protection", Advice("hardware", f"look at the arm's flags and motor temperatures; {_GO_ON}")),
    (
        "away from its reference",
        Advice("hardware", f"look for contact, a weak motor or friction: torque residual of that joint; {_GO_ON}"),
    ),
    ("command limiter:", Advice("control", f"read the newest verdict: what was measured, and its limit; {_GO_ON}")),
    ("ticks missed", Advice("control", f"look at loop lateness and at what else runs on this machine; {_GO_ON}")),
    ("stood still", Advice("control", f"look at loop lateness and at what else runs on this machine; {_GO_ON}")),
    ("no measurement", Advice("hardware", f"look at the arm's connection and its process, plant; {_GO_ON}")),
    ("no orders came", Advice("integration", f"look at the supervisor's log and the machine's load; {_GO_ON}")),
    ("gives no sign of life", Advice("integration", f"restart the process that is named; {_GO_ON}")),
    ("ended", Advice("integration", f"restart the process that is named; {_GO_ON}")),
    ("trip temperature", Advice("hardware", "let the motor cool, lower its load; then Reset twice: fault, then stop")),
)
_UNKNOWN = Advice("integration", f"remove the reason; {_GO_ON}")


def advice_on(reason: str) -> Advice:
    """On the cause that the reason names first; the others only followed."""
    fitting = [(reason.index(words), advice) for words, advice in _ADVICE if words in reason]
    return min(fitting, key=lambda entry: entry[0])[1] if fitting else _UNKNOWN
