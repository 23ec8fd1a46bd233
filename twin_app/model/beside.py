"""The policy in shadow beside the active one, as a table has it."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.policy import PolicyEntry, PolicyState, PolicyStatus, Readiness, ShadowState
from runtime.messages.shadow import Disagreement, DisagreementTally
from twin_app.model.wording import Shape, Sign, Tone, milliseconds

READINESS: dict[Readiness, Sign] = {
    Readiness.AVAILABLE: Sign("available", Shape.RING, Tone.MUTED),
    Readiness.LOADING: Sign("loading", Shape.RING, Tone.NORMAL),
    Readiness.WARMING: Sign("warming up", Shape.RING, Tone.NORMAL),
    Readiness.READY: Sign("ready", Shape.CIRCLE, Tone.NORMAL),
    Readiness.ACTIVE: Sign("active", Shape.PLAY, Tone.ACTIVE),
    Readiness.REFUSED: Sign("quarantined", Shape.BAR, Tone.NORMAL),
}
_NONE = "—"


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity of both; for a disagreement the newest and all of them."""

    name: str
    active: str
    shadow: str
    hint: str = ""


def comparison(policy: PolicyState) -> tuple[Line, ...]:
    """What both say, then how they differ; empty without a shadow."""
    shadow = policy.shadow
    if shadow is None:
        return ()
    if shadow.readiness is not Readiness.READY:
        return (Line("shadow", "", f"{shadow.name}: {READINESS[shadow.readiness].text}", shadow.obstacle),)
    return (
        Line("does", _does(policy.status, policy.phase), _does(shadow.status, shadow.phase), shadow.reason),
        Line("confidence", _sure(policy, policy), _sure(shadow, policy)),
        Line("inference", f"{milliseconds(policy.inference_s)} ms", _taken(shadow)),
        *_differences(shadow.disagreement, shadow.tally),
    )


def state_sign(entry: PolicyEntry, policy: PolicyState) -> Sign:
    """How far a policy is, and its roles where it has any besides driving."""
    sign = READINESS[entry.readiness]
    if entry.readiness is Readiness.REFUSED:
        return sign
    roles = {
        "stands in": policy.active if policy.stands_in_for else "",
        "stood in for": policy.stands_in_for,
        "candidate": policy.candidate if entry.readiness is Readiness.READY else "",
        "shadow": "" if policy.shadow is None or policy.shadow.readiness is not Readiness.READY else policy.shadow.name,
        "fallback": policy.fallback if policy.fallback_ready else "",
    }
    words = ", ".join(role for role, name in roles.items() if name == entry.name)
    return Sign(words or sign.text, sign.shape, sign.tone)


def _differences(found: Disagreement | None, tally: DisagreementTally) -> tuple[Line, ...]:
    now = (_NONE,) * 3
    if found is not None:
        now = (f"{found.distance_m * 1e3:.0f} mm", found.part.value, f"{found.lead_s:+.2f} s")
    told = tally.same_part + tally.other_part
    part = f"same in {tally.same_part} of {told}" if told else _NONE
    apart = f"mean {tally.distance_mean_m * 1e3:.0f}, worst {tally.distance_max_m * 1e3:.0f} mm"
    missing = f"; no chunk for {tally.unanswered} that the active policy had one for" if tally.unanswered else ""
    over = f"over {tally.compared} observations{missing}"
    return (
        Line("apart", now[0], apart if tally.compared else _NONE, f"distance of the end effectors, {over}"),
        Line("part", now[1], part, f"whether both go for the same part, {over}"),
        Line(
            "ahead",
            now[2],
            f"mean {tally.lead_mean_s:.2f} s" if tally.compared else _NONE,
            f"how far the shadow is ahead on the active policy's path, {over}",
        ),
    )


def _does(status: PolicyStatus, phase: str) -> str:
    return phase or status.value


def _sure(one: PolicyState | ShadowState, policy: PolicyState) -> str:
    if policy.task_id < 0:
        return _NONE
    below = " ▼" if one.confidence < one.confidence_limit else ""
    limit = f" of {one.confidence_limit:.2f}" if one.confidence_limit > 0.0 else ""
    return f"{one.confidence:.2f}{limit}{below}"


def _taken(shadow: ShadowState) -> str:
    skipped = f", {shadow.skipped} skipped" if shadow.skipped else ""
    return f"{milliseconds(shadow.inference_s)} ms{skipped}"
