"""The life of an injection, with every effect measured from made-up telemetry."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from runtime.messages.camera import Frame
from runtime.messages.faults import FaultPhase, FaultReport, FaultSeverity
from runtime.messages.plan import Reason, Severity, Verdict, VerdictReport
from runtime.supervision.injections import Injections
from tests.support.supervised import SECOND_NS, MadeUpCell, catalogue, supervised_cell

STEP_NS = SECOND_NS // 20
SEVERE = 2


class Bench:
    """A cell whose telemetry shows a fault while its seam is on."""

    def __init__(self) -> None:
        self.cell = MadeUpCell()
        self.injections = Injections(catalogue(), supervised_cell())
        self.random = random.Random(1)
        self.on: set[str] = set()
        self.severity = SEVERE
        self.picture = b""
        self.frames = 0

    def step(self, seconds: float, *, obey: bool = True, show: bool = True) -> None:
        for _ in range(int(seconds * 20)):
            self.cell.now_ns += STEP_NS
            if obey:
                ordered = self.injections.orders()
                self.on = {one.fault_id for one in ordered if one.onset_ns <= self.cell.now_ns}
            self.report(self.on if show else set())
            self.injections.tick(effective_at_seams=frozenset(self.on), now_ns=self.cell.now_ns)

    def report(self, on: set[str]) -> None:
        cell = self.cell
        cell.ticks += 50
        cell.missed += 15 if "F20" in on else 0
        cell.plans += 1
        cell.inference_s = 5.0 if "F13" in on else 0.05
        cell.transport_s = 1.2 if "F41" in on else 0.002
        cell.winding_celsius = 150.0 if "F31" in on else 45.0
        cell.speed_rad_s = self.random.choice((-0.3, 0.3))
        friction = 12.0 if "F26" in on else 0.1
        cell.residual_nm = -friction if cell.speed_rad_s > 0 else friction
        self.see(cell.control())
        self.see(cell.robot())
        self.see(cell.policy())
        refused = "F12" in on
        verdict = Verdict(Severity.REJECT if refused else Severity.PASS, Reason.WORKSPACE, 1.0, 1.0)
        self.see(VerdictReport(cell.now_ns, "plan gate", cell.plans, "programmed", verdict, 1))
        if "F01" not in on:
            self.picture = self.random.randbytes(48)
        self.frames += 1
        frame = Frame("overhead", self.frames, cell.now_ns, 4, 4, "egl")
        self.injections.observe(frame, self.picture, now_ns=cell.now_ns)

    def see(self, message: object) -> None:
        self.injections.observe(message, now_ns=self.cell.now_ns)

    def inject(self, fault_id: str, *, delay_s: float = 0.0, duration_s: float = 0.0) -> int:
        return self.injections.inject(
            fault_id,
            FaultSeverity.SEVERE,
            onset_ns=self.cell.now_ns + int(delay_s * SECOND_NS),
            duration_s=duration_s,
            seed=0,
            now_ns=self.cell.now_ns,
        )

    def stands(self, injection_id: int) -> FaultReport:
        report = self.injections.report(injection_id)
        assert report is not None
        return report


FAULTS = ("F01", "F12", "F13", "F20", "F26", "F31", "F41")


@pytest.mark.parametrize("fault_id", FAULTS)
def test_a_fault_is_confirmed_by_its_measured_effect_and_so_is_its_clearing(fault_id: str) -> None:
    bench = Bench()
    bench.step(12.0)
    injection = bench.inject(fault_id)
    assert bench.stands(injection).phase is FaultPhase.SENT
    bench.step(6.0)
    report = bench.stands(injection)
    assert report.phase is FaultPhase.EFFECTIVE, report
    assert report.effect_measured >= report.effect_expected > report.effect_before
    assert report.effective_ns >= report.injected_ns > 0
    bench.injections.clear(fault_id, now_ns=bench.cell.now_ns)
    assert bench.stands(injection).phase is FaultPhase.CLEARING
    bench.step(8.0)
    assert bench.stands(injection).phase is FaultPhase.CLEARED
    assert bench.injections.orders() == ()


@pytest.mark.parametrize("fault_id", FAULTS)
def test_a_fault_that_shows_nothing_is_reported_not_effective(fault_id: str) -> None:
    bench = Bench()
    bench.step(12.0)
    injection = bench.inject(fault_id)
    bench.step(61.0, show=False)
    assert bench.stands(injection).phase is FaultPhase.NOT_EFFECTIVE


@pytest.mark.parametrize("fault_id", ["F12", "F13"])
def test_a_fault_of_a_policy_that_does_not_drive_says_so_until_it_drives(fault_id: str) -> None:
    bench = Bench()
    bench.step(12.0)
    bench.cell.stands_in_for = "flow_vla"
    injection = bench.inject(fault_id)
    bench.step(40.0, show=False)
    report = bench.stands(injection)
    assert (report.phase, report.obstacle) == (
        FaultPhase.NOT_EFFECTIVE,
        "flow_vla does not drive, programmed stands in for it",
    )
    bench.cell.stands_in_for = ""
    bench.step(6.0)
    report = bench.stands(injection)
    assert (report.phase, report.obstacle) == (FaultPhase.EFFECTIVE, "")


def test_a_fault_that_shows_with_a_task_only_says_so_while_there_is_none() -> None:
    bench = Bench()
    bench.cell.task_id = -1
    injection = bench.inject("F13")
    bench.step(3.0, show=False)
    assert bench.stands(injection).obstacle == "it shows with a task under way only"


@pytest.mark.parametrize("fault_id", FAULTS)
def test_a_fault_whose_seam_never_answers_is_reported_not_effective(fault_id: str) -> None:
    bench = Bench()
    bench.step(3.0)
    injection = bench.inject(fault_id)
    bench.step(4.0, obey=False)
    assert bench.stands(injection).phase is FaultPhase.NOT_EFFECTIVE


@pytest.mark.parametrize("fault_id", FAULTS)
def test_a_fault_whose_effect_stays_is_reported_not_cleared(fault_id: str) -> None:
    bench = Bench()
    bench.step(3.0)
    injection = bench.inject(fault_id)
    bench.step(6.0)
    bench.injections.clear("", now_ns=bench.cell.now_ns)
    bench.step(61.0, obey=False)
    assert bench.stands(injection).phase is FaultPhase.NOT_CLEARED


def test_the_same_fault_can_be_injected_again_once_it_is_cleared() -> None:
    bench = Bench()
    bench.step(12.0)
    for _ in range(2):
        injection = bench.inject("F26")
        assert "already" in bench.injections.obstacle("F26")
        bench.step(8.0)
        assert bench.stands(injection).phase is FaultPhase.EFFECTIVE
        bench.injections.clear("F26", now_ns=bench.cell.now_ns)
        bench.step(8.0)
        assert bench.stands(injection).phase is FaultPhase.CLEARED


def test_an_injection_with_a_delay_and_a_duration_begins_and_ends_by_itself() -> None:
    bench = Bench()
    bench.step(3.0)
    injection = bench.inject("F20", delay_s=5.0, duration_s=5.0)
    bench.step(4.5)
    assert bench.stands(injection).phase is FaultPhase.SENT
    bench.step(4.0)
    assert bench.stands(injection).phase is FaultPhase.EFFECTIVE
    bench.step(8.0)
    assert bench.stands(injection).phase is FaultPhase.CLEARED


def test_unknown_faults_and_real_cells_are_refused() -> None:
    bench = Bench()
    assert "not in the catalogue" in bench.injections.obstacle("F99")
    with pytest.raises(ValueError, match="not in the catalogue"):
        bench.inject("F99")


def see_share(judge: Callable[[Reason], Severity]) -> float:
    bench = Bench()
    for reason in Reason:
        for _ in range(20):
            verdict = Verdict(judge(reason), reason, 0.0, 0.0)
            bench.see(VerdictReport(0, "plan gate", 1, "programmed", verdict, 1))
    injection = bench.inject("F12")
    return bench.stands(injection).effect_before


def test_chunks_refused_for_their_mode_or_age_do_not_count_as_out_of_range() -> None:
    timely = {Reason.MODE, Reason.STALE, Reason.EXPIRED, Reason.SEQUENCE}
    assert see_share(lambda reason: Severity.REJECT if reason in timely else Severity.PASS) == 0.0


def test_a_delay_that_makes_every_chunk_too_old_is_measured_on_the_refused_ones() -> None:
    bench = Bench()
    bench.step(3.0)
    injection = bench.inject("F41")
    bench.injections.tick(effective_at_seams=frozenset({"F41"}), now_ns=bench.cell.now_ns)
    verdict = Verdict(Severity.REJECT, Reason.STALE, 1.4, 0.5, "s")
    bench.see(VerdictReport(bench.cell.now_ns, "plan gate", 1, "programmed", verdict, 1))
    bench.injections.tick(effective_at_seams=frozenset({"F41"}), now_ns=bench.cell.now_ns)
    assert bench.stands(injection).phase is FaultPhase.EFFECTIVE
    assert bench.stands(injection).effect_measured == pytest.approx(1.4 - 0.05 - 0.05)
