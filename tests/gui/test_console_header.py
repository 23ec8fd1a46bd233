"""What stands above every perspective: an injected fault, and a fallback that drives."""

from __future__ import annotations

import pytest

from runtime.messages.faults import FaultSeverity
from runtime.messages.requests import ClearFaults, InjectFault
from tests.support.console import Console


@pytest.mark.parametrize("perspective", ["operate", "diagnose", "test"])
def test_an_injected_fault_is_told_in_every_perspective_until_it_is_cleared(console: Console, perspective: str) -> None:
    bar = console.window.header.bar
    console.window.show_perspective(perspective)
    console.advance(0.3)
    assert not bar.fault.isVisible()
    console.cell.take(InjectFault("F26", FaultSeverity.MEDIUM), "other", console.now_ns)
    console.advance(0.5)
    assert bar.fault.isVisible()
    assert (bar.fault.caption, bar.fault.text) == ("fault injected", "◆ F26 medium")
    console.cell.take(InjectFault("F31", FaultSeverity.MILD), "other", console.now_ns)
    console.advance(0.5)
    assert bar.fault.text == "◆ F31 mild +1"
    assert "F26 Friction rise, medium: effective" in bar.fault.hint
    console.cell.take(ClearFaults(), "other", console.now_ns)
    console.advance(0.5)
    assert not bar.fault.isVisible()


def test_an_injected_fault_is_told_in_a_narrow_window_rather_than_the_loop(console: Console) -> None:
    bar = console.window.header.bar
    console.cell.take(InjectFault("F26", FaultSeverity.MEDIUM), "other", console.now_ns)
    console.advance(0.5)
    console.window.resize(console.window.minimumSizeHint().width(), 720)
    console.advance(0.3)
    assert bar.fault.isVisible()
    assert bar.stop_button.isVisible()
    assert not bar.estop.isVisible()
