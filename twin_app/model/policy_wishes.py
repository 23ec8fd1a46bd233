"""What may be wished about policies now, with the words of each button."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.messages.policy import PolicyEntry, PolicyState, Readiness


@dataclass(frozen=True, slots=True)
class Offer:
    """One button."""

    words: str
    possible: bool = False
    shown: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PolicyWishes:
    """All of them."""

    swap: Offer = Offer("Swap")
    back: Offer = Offer("Back")
    try_again: Offer = Offer("Try again", shown=False)
    shadow: Offer = Offer("Shadow")
    ends_shadow: bool = False
    """Whether the shadow button takes the shadow out instead."""

    promote: Offer = Offer("Promote")
    fallback: Offer = Offer("Fallback")
    ends_fallback: bool = False
    """Whether the fallback button wants none instead."""

    come_back: Offer = Offer("Return", shown=False)

    @property
    def places(self) -> tuple[tuple[str, bool], ...]:
        """What decides which button lies where, and what it means."""
        offers = (self.swap, self.back, self.try_again, self.shadow, self.promote, self.fallback, self.come_back)
        return tuple((offer.words, offer.shown) for offer in offers)


NOT_NOW = "Commands are impossible in a replay, and while the cell is not heard"


def policy_wishes(policy: PolicyState | None, chosen: str, *, commandable: bool) -> PolicyWishes:
    """For the chosen row of the table; the supervisor judges anew what comes of it."""
    if policy is None or not commandable:
        return _nothing(NOT_NOW if policy is not None else "No policy has been heard of yet")
    entry = next((one for one in policy.entries if one.name == chosen), None)
    in_shadow = policy.shadow is not None and policy.shadow.name == chosen and policy.stands_in_for != chosen
    return PolicyWishes(
        swap=_swap(policy, entry),
        back=_back(policy),
        try_again=_try_again(entry),
        shadow=_shadow(policy, entry, in_shadow=in_shadow),
        ends_shadow=in_shadow,
        promote=_promote(policy),
        fallback=_fallback(policy, entry),
        ends_fallback=policy.fallback == chosen,
        come_back=_come_back(policy),
    )


def first_choice(policy: PolicyState) -> str:
    """The row to begin with: what is being prepared, else the first one here that could take over."""
    wanted = min(
        policy.entries,
        key=lambda one: (one.name != policy.candidate, one.name == policy.active, bool(one.obstacle), one.served),
        default=None,
    )
    return "" if wanted is None else wanted.name


def _nothing(why: str) -> PolicyWishes:
    words = ("Swap", "Back", "Shadow", "Promote", "Fallback")
    swap, back, shadow, promote, fallback = (Offer(word, hint=why) for word in words)
    return PolicyWishes(swap=swap, back=back, shadow=shadow, promote=promote, fallback=fallback)


def _swap(policy: PolicyState, entry: PolicyEntry | None) -> Offer:
    if entry is None:
        return Offer("Swap", hint="Choose a policy in the table")
    if entry.obstacle:
        return Offer("Swap", hint=f"{entry.name} cannot take over: {entry.obstacle}")
    if entry.name == policy.active and not policy.stands_in_for:
        return Offer("Swap", hint=f"{entry.name} drives already: choose another one")
    if policy.candidate:
        return Offer("Swap", hint=_preparing(policy))
    if entry.name == policy.active:
        hint = f"{entry.name} stands in now; it becomes the policy that drives, in place of {policy.stands_in_for}"
        return Offer(f"Swap to {entry.name}", possible=True, hint=hint)
    hint = f"Load {entry.name}; it takes over at the next chunk border"
    return Offer(f"Swap to {entry.name}", possible=True, hint=hint)


def _back(policy: PolicyState) -> Offer:
    if not policy.previous:
        return Offer("Back", hint="There was no swap that could be undone")
    if policy.candidate:
        return Offer("Back", hint=_preparing(policy))
    return Offer("Back", possible=True, hint=f"Back to {policy.previous}")


def _preparing(policy: PolicyState) -> str:
    return f"{policy.candidate} is being prepared: wait until it has taken over"


def _try_again(entry: PolicyEntry | None) -> Offer:
    if entry is None or not entry.obstacle:
        return Offer("Try again", shown=False)
    return Offer("Try again", possible=True, hint=f"Release {entry.name} from quarantine: {entry.obstacle}")


def _shadow(policy: PolicyState, entry: PolicyEntry | None, *, in_shadow: bool) -> Offer:
    if in_shadow:
        return Offer("End shadow", possible=True, hint=f"Ask {entry.name if entry else ''} no more")
    if entry is None:
        return Offer("Shadow", hint="Choose a policy in the table")
    if entry.obstacle:
        return Offer("Shadow", hint=f"{entry.name} cannot run: {entry.obstacle}")
    if entry.name == policy.active:
        return Offer("Shadow", hint=f"{entry.name} drives: choose another one")
    if entry.name == policy.stands_in_for:
        return Offer("Shadow", hint=f"{entry.name} is in shadow already, until it drives again")
    return Offer("Shadow", possible=True, hint=f"Ask {entry.name} the same, without effect")


def _promote(policy: PolicyState) -> Offer:
    shadow, shown = policy.shadow, not policy.stands_in_for
    if shadow is None:
        return Offer("Promote", shown=shown, hint="No policy runs in shadow")
    if shadow.readiness is not Readiness.READY:
        why = f": {shadow.obstacle}" if shadow.obstacle else ""
        return Offer("Promote", shown=shown, hint=f"{shadow.name} is {shadow.readiness.value}{why}")
    if policy.candidate:
        return Offer("Promote", shown=shown, hint=_preparing(policy))
    return Offer("Promote", possible=shown, shown=shown, hint=f"{shadow.name} takes over at the next chunk border")


def _fallback(policy: PolicyState, entry: PolicyEntry | None) -> Offer:
    if policy.stands_in_for:
        return Offer("Fallback", hint=f"{policy.active} stands in now")
    if entry is not None and entry.name == policy.fallback:
        return Offer("No fallback", possible=True, hint="Ask a person when the active policy cannot go on")
    if entry is None:
        return Offer("Fallback", hint="Choose a policy in the table")
    if entry.obstacle:
        return Offer("Fallback", hint=f"{entry.name} cannot stand in: {entry.obstacle}")
    if entry.name == policy.active:
        return Offer("Fallback", hint=f"{entry.name} drives: choose another one to stand in for it")
    return Offer("Fallback", possible=True, hint=f"{entry.name} stands in when the active policy cannot go on")


def _come_back(policy: PolicyState) -> Offer:
    name = policy.stands_in_for
    if not name:
        return Offer("Return", shown=False)
    obstacle = next((one.obstacle for one in policy.entries if one.name == name), "")
    if obstacle:
        return Offer(f"Return to {name}", hint=f"{name} is in quarantine: {obstacle}")
    shadow = policy.shadow
    if shadow is None or shadow.name != name:
        return Offer(f"Return to {name}", possible=True, hint=f"{name} drives again, at once")
    if shadow.readiness is not Readiness.READY:
        return Offer(f"Return to {name}", hint=f"{name} is {shadow.readiness.value}")
    slow = 0.0 < policy.deadline_s < shadow.inference_s
    took = f"; it answers in {shadow.inference_s:.1f} s, its limit is {policy.deadline_s:.1f} s" if slow else ""
    return Offer(f"Return to {name}", possible=True, hint=f"{name} drives again, at once{took}")
