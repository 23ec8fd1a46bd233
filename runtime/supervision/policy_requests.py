"""Requests about policies: which is refused and why, what it changes, and what confirms it."""

from __future__ import annotations

from runtime.messages import requests as ask
from runtime.messages.policy import PolicyState, Readiness
from runtime.messages.requests import ReceiptPhase
from runtime.messages.state import Mode
from runtime.modes import POLICY_MODES
from runtime.supervision.pursuit import ACCEPTED, EFFECTIVE, Ask, Evidence, Progress

PolicyBody = (
    ask.SwapPolicy
    | ask.SwapBack
    | ask.SetShadow
    | ask.PromoteShadow
    | ask.SetFallback
    | ask.ReturnFromFallback
    | ask.TryPolicy
)

POLICY_BODIES = (
    ask.SwapPolicy,
    ask.SwapBack,
    ask.SetShadow,
    ask.PromoteShadow,
    ask.SetFallback,
    ask.ReturnFromFallback,
    ask.TryPolicy,
)


def policy_refusal(body: PolicyBody, policy: PolicyState | None) -> str:
    """Why a request about policies is refused; empty when nothing in the planner's report speaks against it."""
    if policy is None:
        return "the planner has not reported yet"
    match body:
        case ask.SwapPolicy():
            return _swap(body.policy, policy)
        case ask.SwapBack():
            return _swap(policy.previous, policy) if policy.previous else "there is no policy to go back to"
        case ask.SetShadow():
            return _shadow(body.policy, policy)
        case ask.PromoteShadow():
            return _promote(policy)
        case ask.SetFallback():
            return _fallback(body.policy, policy)
        case ask.ReturnFromFallback():
            return _return(policy)
        case ask.TryPolicy():
            return _try(body.policy, policy)


def _unknown(name: str, policy: PolicyState) -> str:
    if any(entry.name == name for entry in policy.entries):
        return ""
    return f"policy {name!r} is unknown; there are {', '.join(entry.name for entry in policy.entries)}"


def _obstacle(name: str, policy: PolicyState) -> str:
    return next((one.obstacle for one in policy.entries if one.name == name), "")


def _swap(name: str, policy: PolicyState) -> str:
    if unknown := _unknown(name, policy):
        return unknown
    if policy.active == name and not policy.stands_in_for:
        return f"{name} is already active"
    if policy.stands_in_for == name:
        return _return(policy)
    entry = next(one for one in policy.entries if one.name == name)
    return f"{name} cannot drive: {entry.obstacle}" if entry.readiness is Readiness.REFUSED else ""


def _shadow(name: str, policy: PolicyState) -> str:
    if not name:
        return "" if policy.shadow is not None else "no policy runs in shadow"
    if unknown := _unknown(name, policy):
        return unknown
    if name in (policy.active, policy.stands_in_for):
        return f"{name} is {'active' if name == policy.active else 'in shadow already'}"
    obstacle = _obstacle(name, policy)
    return f"{name} cannot run: {obstacle}; try it again first" if obstacle else ""


def _promote(policy: PolicyState) -> str:
    if policy.stands_in_for:
        return f"the fallback stands in for {policy.stands_in_for}: return from it instead"
    if policy.shadow is None:
        return "no policy runs in shadow"
    if policy.shadow.readiness is not Readiness.READY:
        return f"{policy.shadow.name} is {policy.shadow.readiness.value}, not yet at work in shadow"
    return f"{policy.shadow.name} cannot drive: {policy.shadow.obstacle}" if policy.shadow.obstacle else ""


def _fallback(name: str, policy: PolicyState) -> str:
    if policy.stands_in_for:
        return f"{policy.active} stands in for {policy.stands_in_for} now: return from it first"
    if not name:
        return ""
    if name == policy.active:
        return f"{name} drives: it cannot stand in for itself"
    if unknown := _unknown(name, policy):
        return unknown
    obstacle = _obstacle(name, policy)
    return f"{name} cannot stand in: {obstacle}; try it again first" if obstacle else ""


def _return(policy: PolicyState) -> str:
    if not policy.stands_in_for:
        return "no fallback stands in"
    entry = next((one for one in policy.entries if one.name == policy.stands_in_for), None)
    if entry is None:
        return f"{policy.stands_in_for} is gone"
    if entry.readiness is Readiness.LOADING:
        return f"{entry.name} is being loaded: wait until it is ready"
    if entry.readiness is Readiness.AVAILABLE:
        return f"{entry.name} is not loaded: {policy.candidate or 'another policy'} is about to take over"
    return f"{entry.name} is in quarantine: {entry.obstacle}; try it again first" if entry.obstacle else ""


def _try(name: str, policy: PolicyState) -> str:
    return _unknown(name, policy) or ("" if _obstacle(name, policy) else f"{name} is not in quarantine")


# ── what confirms which request ──────────────────────────────────────────────────────────────────


def policy_drives(policy: str, *, accepted_ns: int, old_refusal: str) -> Ask:
    """A swap: reported active is effective, a chunk of it under execution confirms."""

    def look(evidence: Evidence) -> Progress:
        state, control = evidence.telemetry.policy, evidence.telemetry.control
        if state is None or state.stamp_ns <= accepted_ns:
            return ACCEPTED
        if state.active != policy:
            repeated = state.swap_refusal == old_refusal and state.stamp_ns - accepted_ns < 2_000_000_000
            if state.swap_refusal and not state.candidate and not repeated:
                return Progress(ReceiptPhase.FAILED, state.swap_refusal)
            return ACCEPTED
        driving = evidence.telemetry.mode(evidence.now_ns) in POLICY_MODES and state.task_id > 0
        if driving and (control is None or policy not in control.policy.split()):
            return EFFECTIVE
        words = "its chunks are executed" if driving else "active; nothing to execute now"
        return Progress(ReceiptPhase.CONFIRMED, f"{policy}: {words}")

    return look


def shadow_runs(name: str, *, shadow_id: int) -> Ask:
    """A shadow: loaded is effective, its first answer confirms; without a name, that none runs."""

    def look(evidence: Evidence) -> Progress:
        state = evidence.telemetry.policy
        if state is None or state.shadow_id < shadow_id:
            return ACCEPTED
        shadow = state.shadow
        if not name:
            gone = shadow is None or shadow.name == state.stands_in_for
            return Progress(ReceiptPhase.CONFIRMED, "no policy runs in shadow") if gone else ACCEPTED
        if shadow is None or shadow.name != name:
            return ACCEPTED
        if shadow.readiness is Readiness.REFUSED:
            return Progress(ReceiptPhase.FAILED, shadow.obstacle)
        if shadow.readiness is not Readiness.READY:
            return ACCEPTED
        return Progress(ReceiptPhase.CONFIRMED, f"{name} runs in shadow") if shadow.inferences else EFFECTIVE

    return look


def fallback_stands_by(name: str) -> Ask:
    """A fallback: confirmed once it is ready, or needless because it drives."""

    def look(evidence: Evidence) -> Progress:
        state = evidence.telemetry.policy
        if state is None or state.fallback != name:
            return ACCEPTED
        if not name:
            return Progress(ReceiptPhase.CONFIRMED, "no fallback")
        if state.active == name:
            return Progress(ReceiptPhase.CONFIRMED, f"{name} drives anyway")
        if state.fallback_ready:
            return Progress(ReceiptPhase.CONFIRMED, f"{name} is ready")
        return Progress(ReceiptPhase.FAILED, state.fallback_obstacle) if state.fallback_obstacle else EFFECTIVE

    return look


def policy_is_back(evidence: Evidence) -> Progress:
    """The return: the planner says that nobody stands in, the fast loop that the policy drives."""
    state = evidence.telemetry.policy
    if state is None or state.stands_in_for:
        return ACCEPTED
    left = evidence.telemetry.mode(evidence.now_ns) is not Mode.FALLBACK
    return Progress(ReceiptPhase.CONFIRMED, f"{state.active} drives") if left else EFFECTIVE


def policy_is_free(name: str, *, release_id: int) -> Ask:
    """Another try: released is effective; confirmed when it is loaded where it is wanted, or simply available."""

    def look(evidence: Evidence) -> Progress:
        state = evidence.telemetry.policy
        if state is None or state.release_id < release_id:
            return ACCEPTED
        entry = next((one for one in state.entries if one.name == name), None)
        if entry is None or entry.obstacle:
            return Progress(ReceiptPhase.FAILED, "it is gone" if entry is None else entry.obstacle)
        if entry.readiness is Readiness.LOADING:
            return EFFECTIVE
        return Progress(ReceiptPhase.CONFIRMED, f"{name} is {entry.readiness.value}")

    return look
