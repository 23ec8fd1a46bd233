"""Reasons in words for a person who knows the cell and not its program: what a refusal of the guard means."""

from __future__ import annotations

from types import MappingProxyType

from runtime.messages.plan import Reason, Verdict

NOTHING_USABLE = "the policy sent nothing usable for a second"
"""How the reason begins with which a cell asks for a person because its policy fell silent or was refused."""

SAY_IT_OTHERWISE = "ask in other words or for another part, then Hold to start"
"""What a person does about an instruction that was declined."""

_DECLINED = " declined the instruction: "

_IS_IT = "not understood for sure; is it: "
_TARGET = "the policy's target"
_MEANINGS = MappingProxyType(
    {
        Reason.SCHEMA: "the policy's answer makes no sense",
        Reason.SHAPE: "the policy's answer has the wrong shape",
        Reason.NOT_FINITE: "the policy's answer holds values that are no numbers",
        Reason.STALE: "the policy's answer rests on pictures that are too old",
        Reason.EXPIRED: "the policy's answer came too late",
        Reason.SEQUENCE: "the policy's answer came twice or out of order",
        Reason.MODE: "the policy's answer came while no policy may drive",
        Reason.POSITION: f"{_TARGET} lies beyond a joint's range",
        Reason.VELOCITY: f"{_TARGET} asks for too much speed",
        Reason.ACCELERATION: f"{_TARGET} asks for too much acceleration",
        Reason.JERK: f"{_TARGET} asks for too jerky a motion",
        Reason.GRIPPER: f"{_TARGET} asks for what the gripper cannot do",
        Reason.DISCONTINUITY: f"{_TARGET} begins away from where the arm is",
        Reason.WORKSPACE: f"{_TARGET} lies outside the workspace",
        Reason.FLOOR: f"{_TARGET} lies below the lowest permitted height",
        Reason.SELF_CLEARANCE: f"{_TARGET} brings the arm too close to itself",
        Reason.SCENE_CLEARANCE: f"{_TARGET} brings the arm too close to the cell",
        Reason.UNREACHABLE: f"{_TARGET} is out of the arm's reach",
    }
)
_WITHOUT_FIGURES = frozenset(
    {Reason.SCHEMA, Reason.SHAPE, Reason.NOT_FINITE, Reason.EXPIRED, Reason.SEQUENCE, Reason.MODE, Reason.UNREACHABLE}
)
"""Their measured value and limit are counts or flags of the program."""


def declined_by(policies: str, why: str) -> str:
    """The reason of a cell that asks for a person because no policy will follow the words."""
    return f"{policies}{_DECLINED}{why}"


def why_declined(reason: str) -> str:
    """What `declined_by` was told; empty for any other reason."""
    return reason.partition(_DECLINED)[2]


def asked_back(words: str) -> str:
    """The reason of a policy that is not sure that these words are what was meant."""
    return f"{_IS_IT}{words}?"


def suggested(reason: str) -> str:
    """The instruction that a reason asks back; empty for any other reason."""
    before, found, words = reason.partition(_IS_IT)
    return words.removesuffix("?") if found and not before else ""


def refusal_in_words(verdict: Verdict) -> str:
    """What was refused and why: `the policy's target lies outside the workspace: x = 0.912 m, limit 0.7 m`."""
    meaning = _MEANINGS.get(verdict.reason, f"the guard refused the policy's answer ({verdict.reason.value})")
    if verdict.reason in _WITHOUT_FIGURES:
        return meaning
    quantity = _quantity(verdict)
    measured = f"{verdict.measured:.3g} {verdict.unit}".rstrip()
    return f"{meaning}: {quantity}{measured}, limit {verdict.limit:.3g} {verdict.unit}".rstrip()


def _quantity(verdict: Verdict) -> str:
    """What the figure is of: an axis or a joint, without the number of the step."""
    if verdict.reason is Reason.WORKSPACE:
        return f"{verdict.detail.split(' ')[0]} = "
    subject = verdict.detail.split(", step")[0].split(" of step")[0]
    return "" if not subject or subject.startswith("step") else f"{subject} "
