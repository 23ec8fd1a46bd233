"""Requests about policies: what is refused and why, what confirms the rest."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from runtime.messages import requests as ask
from runtime.messages.policy import PolicyEntry, PolicyState, Readiness, ShadowState
from runtime.messages.requests import ReceiptPhase
from runtime.messages.state import Mode
from runtime.supervision.answering import Answering
from runtime.supervision.desk import TaskDesk
from runtime.supervision.injections import Injections
from runtime.supervision.oversight import Oversight, Wishes
from runtime.supervision.policy_requests import (
    POLICY_BODIES,
    PolicyBody,
    fallback_stands_by,
    policy_is_back,
    policy_is_free,
    policy_refusal,
    shadow_runs,
)
from runtime.supervision.policy_story import policy_story
from runtime.supervision.pursuit import Evidence
from runtime.supervision.tasks import TaskQueue
from runtime.supervision.telemetry import Telemetry
from tests.support.supervised import MadeUpCell, catalogue, processes, supervised_cell


def state(**changes: Any) -> PolicyState:  # fields of the state
    entries = (
        PolicyEntry("programmed", "1.0", "programmed", Readiness.READY),
        PolicyEntry("learned", "1.2", "learned", Readiness.ACTIVE),
        PolicyEntry("sick", "0.1", "sick", Readiness.REFUSED, "it leaked"),
        PolicyEntry("third", "0.1", "third", Readiness.AVAILABLE),
    )
    cell = MadeUpCell(active="learned")
    return replace(cell.policy(), **{"entries": entries, "fallback": "programmed", "fallback_ready": True, **changes})


def shadow(readiness: Readiness = Readiness.READY, **changes: Any) -> ShadowState:  # fields of the state
    return ShadowState("third", "0.1", readiness, **changes)


LOADING = (PolicyEntry("learned", "1.2", "learned", Readiness.LOADING),)
STANDING = {"active": "programmed", "stands_in_for": "learned", "fallback_ready": False}


@pytest.mark.parametrize(
    ("body", "changes", "said"),
    [
        (ask.SwapPolicy("third"), {}, ""),
        (ask.SwapPolicy("nobody"), {}, "'nobody' is unknown; there are programmed, learned"),
        (ask.SwapPolicy("learned"), {}, "learned is already active"),
        (ask.SwapPolicy("sick"), {}, "sick cannot drive: it leaked"),
        (ask.SwapPolicy("programmed"), STANDING, ""),
        (ask.SwapPolicy("learned"), STANDING, ""),
        (ask.SwapPolicy("learned"), {**STANDING, "entries": LOADING}, "learned is being loaded: wait"),
        (ask.SwapBack(), {}, "there is no policy to go back to"),
        (ask.SwapBack(), {"previous": "programmed"}, ""),
        (ask.SwapBack(), {"previous": "sick"}, "sick cannot drive: it leaked"),
        (ask.SetShadow("third"), {}, ""),
        (ask.SetShadow("nobody"), {}, "unknown"),
        (ask.SetShadow("learned"), {}, "learned is active"),
        (ask.SetShadow("learned"), STANDING, "learned is in shadow already"),
        (ask.SetShadow("sick"), {}, "sick cannot run: it leaked; try it again first"),
        (ask.SetShadow(""), {}, "no policy runs in shadow"),
        (ask.SetShadow(""), {"shadow": shadow()}, ""),
        (ask.PromoteShadow(), {}, "no policy runs in shadow"),
        (ask.PromoteShadow(), {"shadow": shadow()}, ""),
        (ask.PromoteShadow(), {"shadow": shadow(Readiness.LOADING)}, "third is loading, not yet at work"),
        (ask.PromoteShadow(), {"shadow": shadow(obstacle="no connection")}, "third cannot drive: no connection"),
        (ask.PromoteShadow(), {"shadow": shadow(), **STANDING}, "return from it instead"),
        (ask.SetFallback("third"), {}, ""),
        (ask.SetFallback(""), {}, ""),
        (ask.SetFallback("nobody"), {}, "unknown"),
        (ask.SetFallback("sick"), {}, "sick cannot stand in: it leaked; try it again first"),
        (ask.SetFallback("learned"), {}, "learned drives: it cannot stand in for itself"),
        (ask.SetFallback(""), STANDING, "programmed stands in for learned now"),
        (ask.ReturnFromFallback(), {}, "no fallback stands in"),
        (ask.ReturnFromFallback(), STANDING, ""),
        (ask.ReturnFromFallback(), {**STANDING, "entries": LOADING}, "learned is being loaded: wait"),
        (ask.ReturnFromFallback(), {**STANDING, "stands_in_for": "third"}, "third is not loaded: another policy is"),
        (ask.ReturnFromFallback(), {**STANDING, "stands_in_for": "nobody"}, "nobody is gone"),
        (ask.ReturnFromFallback(), {**STANDING, "stands_in_for": "sick"}, "sick is in quarantine: it leaked; try it"),
        (ask.TryPolicy("sick"), {}, ""),
        (ask.TryPolicy("third"), {}, "third is not in quarantine"),
        (ask.TryPolicy("nobody"), {}, "unknown"),
    ],
)
def test_what_the_planners_report_speaks_against_is_refused_in_words(
    body: PolicyBody, changes: dict[str, Any], said: str
) -> None:
    refused = policy_refusal(body, state(**changes))
    assert said in refused
    assert bool(refused) is bool(said)


def test_before_the_planner_has_reported_everything_is_refused() -> None:
    for kind in POLICY_BODIES:
        body = kind("third") if "policy" in kind.__struct_fields__ else kind()  # type: ignore[call-arg]
        assert "has not reported" in policy_refusal(body, None)


def progress(look: Any, policy: PolicyState, *, mode: Mode = Mode.AUTO) -> tuple[ReceiptPhase, str]:  # any `Ask`
    cell = MadeUpCell(mode=mode)
    evidence = Evidence(
        telemetry=Telemetry(control=cell.control(), policy=policy),
        queue=TaskQueue(),
        injections=Injections(catalogue(), supervised_cell()),
        processes=processes(),
        now_ns=cell.now_ns,
    )
    found = look(evidence)
    return found.phase, found.text


def test_a_shadow_is_confirmed_by_its_first_answer_and_failed_by_its_refusal() -> None:
    look = shadow_runs("third", shadow_id=2)
    assert progress(look, state(shadow=shadow(inferences=9), shadow_id=1))[0] is ReceiptPhase.ACCEPTED
    assert progress(look, state(shadow=shadow(Readiness.LOADING), shadow_id=2))[0] is ReceiptPhase.ACCEPTED
    assert progress(look, state(shadow=shadow(), shadow_id=2))[0] is ReceiptPhase.EFFECTIVE
    assert progress(look, state(shadow=shadow(inferences=1), shadow_id=2))[0] is ReceiptPhase.CONFIRMED
    refused = state(shadow=shadow(Readiness.REFUSED, obstacle="no weights"), shadow_id=2)
    assert progress(look, refused) == (ReceiptPhase.FAILED, "no weights")


def test_the_end_of_a_shadow_is_confirmed_when_none_runs() -> None:
    look = shadow_runs("", shadow_id=3)
    assert progress(look, state(shadow=shadow(), shadow_id=3))[0] is ReceiptPhase.ACCEPTED
    assert progress(look, state(shadow_id=3))[0] is ReceiptPhase.CONFIRMED


def test_a_fallback_is_confirmed_when_it_is_ready_or_not_needed() -> None:
    assert progress(fallback_stands_by("programmed"), state())[0] is ReceiptPhase.CONFIRMED
    assert progress(fallback_stands_by("third"), state())[0] is ReceiptPhase.ACCEPTED
    loading = state(fallback="third", fallback_ready=False)
    assert progress(fallback_stands_by("third"), loading)[0] is ReceiptPhase.EFFECTIVE
    failed = replace(loading, fallback_obstacle="no weights")
    assert progress(fallback_stands_by("third"), failed) == (ReceiptPhase.FAILED, "no weights")
    assert progress(fallback_stands_by("learned"), state(fallback="learned"))[0] is ReceiptPhase.CONFIRMED
    assert progress(fallback_stands_by(""), state(fallback=""))[0] is ReceiptPhase.CONFIRMED


def test_a_return_is_confirmed_by_planner_and_fast_loop() -> None:
    assert progress(policy_is_back, state(**STANDING), mode=Mode.FALLBACK)[0] is ReceiptPhase.ACCEPTED
    assert progress(policy_is_back, state(), mode=Mode.FALLBACK)[0] is ReceiptPhase.EFFECTIVE
    assert progress(policy_is_back, state()) == (ReceiptPhase.CONFIRMED, "learned drives")


def test_another_try_is_judged_by_what_comes_after_the_release() -> None:
    look = policy_is_free("sick", release_id=1)
    assert progress(look, state())[0] is ReceiptPhase.ACCEPTED
    assert progress(look, state(release_id=1)) == (ReceiptPhase.FAILED, "it leaked")
    free = tuple(
        replace(entry, obstacle="", readiness=Readiness.LOADING) if entry.name == "sick" else entry
        for entry in state().entries
    )
    assert progress(look, state(release_id=1, entries=free))[0] is ReceiptPhase.EFFECTIVE
    ready = tuple(replace(entry, readiness=Readiness.READY) for entry in free)
    assert progress(look, state(release_id=1, entries=ready)) == (ReceiptPhase.CONFIRMED, "sick is ready")


# ── what an accepted request changes ─────────────────────────────────────────────────────────────


class Desk:
    """Oversight and answering of a cell in which `learned` drives."""

    def __init__(self, **changes: Any) -> None:  # fields of the policy's state
        self.cell = MadeUpCell(active="learned")
        self.oversight = Oversight(
            cell=supervised_cell(),
            catalogue=catalogue(),
            desk=TaskDesk(supervised_cell()),
            processes=Processes(),
            press_stop=lambda now_ns: None,
            save=lambda tasks: None,
            wishes=Wishes(policy="learned", fallback="programmed"),
        )
        for message in (self.cell.control(), self.cell.robot(), self.cell.belief(), state(**changes)):
            self.oversight.receive(message, None, now_ns=self.cell.now_ns)
        self.answering = Answering(self.oversight, new_recording=str)

    def asked(self, body: ask.Body) -> Wishes:
        now_ns = self.cell.now_ns
        receipt = self.answering.answer(ask.Request(f"r{id(body)}", now_ns, now_ns + 1, body), now_ns=now_ns)
        assert receipt.phase is ReceiptPhase.ACCEPTED, receipt
        return self.oversight.wishes

    def after(self, seconds: float) -> tuple[ask.Receipt, ...]:
        """What is told of requests that far on, with everything as it was."""
        self.cell.now_ns += int(seconds * 1e9)
        evidence = self.oversight._evidence(self.cell.now_ns)
        return self.oversight.pursuits.tick(evidence)


class Processes:
    def states(self) -> Any:  # as the port says
        return processes()

    def restart(self, name: str) -> None:
        raise NotImplementedError


def test_every_request_changes_its_own_wish() -> None:
    wishes = Desk().asked(ask.SetShadow("third"))
    assert (wishes.shadow, wishes.shadow_id) == ("third", 1)
    wishes = Desk().asked(ask.SetFallback("third"))
    assert wishes.fallback == "third"
    wishes = Desk().asked(ask.TryPolicy("sick"))
    assert (wishes.release, wishes.release_id) == ("sick", 1)
    wishes = Desk(shadow=shadow()).asked(ask.PromoteShadow())
    assert (wishes.policy, wishes.swap_id, wishes.shadow) == ("third", 1, "")


def test_a_swap_to_the_policy_that_is_stood_in_for_is_a_return() -> None:
    desk = Desk(**STANDING)
    desk.oversight.fallback._for = "learned"
    assert desk.asked(ask.SwapPolicy("learned")).swap_id == 0
    assert desk.oversight.fallback._by_hand == "a person asked for it"


@pytest.mark.parametrize("body", [ask.SwapPolicy("third"), ask.SetShadow("third")])
def test_what_was_called_failed_does_not_come_about_later(body: ask.Body) -> None:
    desk = Desk()
    wishes = desk.asked(body)
    asked = (wishes.swap_id, wishes.shadow_id)
    (receipt,) = desk.after(61.0)
    assert receipt.phase is ReceiptPhase.FAILED
    assert receipt.reason == "not confirmed by measurement within 60 s; it is withdrawn"
    assert (wishes.policy, wishes.shadow) == ("learned", "")
    assert (wishes.swap_id, wishes.shadow_id) == tuple(2 * number for number in asked)


@pytest.mark.parametrize("body", [ask.SwapPolicy("slow"), ask.SetShadow("slow")])
def test_a_policy_that_may_take_long_to_load_is_waited_for_so_long(body: ask.Body) -> None:
    slow = PolicyEntry("slow", "0.1", "slow", Readiness.AVAILABLE, load_s=120.0)
    desk = Desk(entries=(*state().entries, slow))
    desk.asked(body)
    assert desk.after(129.0) == ()
    (receipt,) = desk.after(2.0)
    assert receipt.reason == "not confirmed by measurement within 130 s; it is withdrawn"


def test_a_swap_that_the_planner_refused_is_not_asked_of_the_next_planner() -> None:
    desk = Desk()
    wishes = desk.asked(ask.SwapPolicy("third"))
    assert (wishes.policy, wishes.swap_id) == ("third", 1)
    desk.cell.now_ns += 3_000_000_000
    refused = replace(state(swap_refusal="server nowhere: no connection"), stamp_ns=desk.cell.now_ns)
    desk.oversight.receive(refused, None, now_ns=desk.cell.now_ns)
    (receipt,) = desk.after(0.1)
    assert (receipt.phase, receipt.reason) == (ReceiptPhase.FAILED, "server nowhere: no connection")
    assert (wishes.policy, wishes.swap_id) == ("learned", 1)  # this planner need not be told: it keeps its words


def test_what_was_asked_for_since_is_not_withdrawn() -> None:
    desk = Desk()
    desk.asked(ask.SwapPolicy("third"))
    desk.cell.now_ns += 30_000_000_000
    wishes = desk.asked(ask.SwapPolicy("programmed"))
    assert len(desk.after(31.0)) == 1
    assert (wishes.policy, wishes.swap_id) == ("programmed", 2)


def test_the_timeline_tells_of_every_change_once() -> None:
    first = state(fallback_ready=False, entries=state().entries[:2])
    told: list[str] = []
    before: PolicyState | None = None
    for after in (
        first,
        replace(first, fallback_ready=True),
        replace(first, fallback_ready=True, shadow=shadow()),
        replace(first, fallback_ready=True, shadow=shadow(Readiness.REFUSED, obstacle="it leaked")),
        replace(first, fallback_ready=True, entries=state().entries[:3]),
        replace(first, fallback_ready=True, entries=state().entries[:2]),
        replace(first, fallback_ready=True, swaps=1, active="third", previous="learned"),
    ):
        told += [event.text for event in policy_story(before, after)]
        assert policy_story(after, after) == ()
        before = after
    assert told == [
        "programmed is ready to stand in",
        "third 0.1 runs in shadow",
        "third does not run in shadow: it leaked",
        "sick is in quarantine: it leaked",
        "third 1.0 drives, learned before it",
    ]
