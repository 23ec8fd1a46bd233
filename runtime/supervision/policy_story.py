"""What the timeline tells of policies: swaps, shadows, quarantines, and whether a fallback is ready."""

from __future__ import annotations

from runtime.messages.policy import PolicyState, Readiness
from runtime.messages.system import Event

LANE = "policy"


def policy_story(before: PolicyState | None, after: PolicyState) -> tuple[Event, ...]:
    """The lines that follow from one report after another."""
    found = [*_swaps(before, after), *_shadow(before, after), *_quarantine(before, after), *_fallback(before, after)]
    return tuple(Event(after.stamp_ns, LANE, level, text) for level, text in found)


def _swaps(before: PolicyState | None, after: PolicyState) -> list[tuple[str, str]]:
    if before is None:
        return []
    found: list[tuple[str, str]] = []
    if after.swaps > before.swaps:
        found.append(("info", f"{after.active} {after.active_version} drives, {after.previous or 'nobody'} before it"))
    if after.swap_refusal and after.swap_refusal != before.swap_refusal:
        found.append(("warning", f"swap refused: {after.swap_refusal}"))
    return found


def _shadow(before: PolicyState | None, after: PolicyState) -> list[tuple[str, str]]:
    old, new = None if before is None else before.shadow, after.shadow
    if new is None:
        return [] if old is None or old.readiness is not Readiness.READY else [("info", f"{old.name} left the shadow")]
    if old is not None and (old.name, old.readiness) == (new.name, new.readiness):
        return []
    if new.readiness is Readiness.READY:
        return [("info", f"{new.name} {new.version} runs in shadow")]
    if new.readiness is Readiness.REFUSED:
        return [("warning", f"{new.name} does not run in shadow: {new.obstacle}")]
    return []


def _quarantine(before: PolicyState | None, after: PolicyState) -> list[tuple[str, str]]:
    known = {} if before is None else {entry.name: entry.obstacle for entry in before.entries}
    found: list[tuple[str, str]] = []
    for entry in after.entries:
        old = known.get(entry.name, "")
        if entry.obstacle and entry.obstacle != old:
            found.append(("error", f"{entry.name} is in quarantine: {entry.obstacle}"))
        elif old and not entry.obstacle:
            found.append(("info", f"{entry.name} was released from quarantine"))
    return found


def _fallback(before: PolicyState | None, after: PolicyState) -> list[tuple[str, str]]:
    ready = before is not None and (before.fallback_ready or bool(before.stands_in_for))
    if after.fallback_ready and not ready:
        return [("info", f"{after.fallback} is ready to stand in")]
    told = "" if before is None else before.fallback_obstacle
    if after.fallback_obstacle and after.fallback_obstacle != told:
        return [("warning", f"{after.fallback} cannot stand in: {after.fallback_obstacle}")]
    return []
