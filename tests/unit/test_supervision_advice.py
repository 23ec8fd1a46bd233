"""What a person is told to check first after a stop: something about its own cause."""

from __future__ import annotations

import pytest

from runtime.messages.state import STOP_PRESSED
from runtime.supervision.stop_advice import advice_on


@pytest.mark.parametrize(
    ("reason", "layer", "check"),
    [
        (STOP_PRESSED, "integration", "who pressed it"),
        ("the arm braked by itself: commands were missing", "integration", "lateness"),
        ("joint6 is 0.100 rad away from its reference", "hardware", "contact"),
        ("command limiter: velocity joint1", "control", "verdict"),
        ("process planner ended; stop pressed", "integration", "restart the process"),
        ("process cameras gives no sign of life", "integration", "restart the process"),
        ("motor of joint2 above its trip temperature", "hardware", "cool"),
        ("something new", "integration", "remove the reason"),
    ],
)
def test_the_advice_fits_the_reason(reason: str, layer: str, check: str) -> None:
    advice = advice_on(reason)
    assert advice.layer == layer
    assert check in advice.first_check
