"""Words that turn a sentence into something else than an order, whatever else it says.

Who looks for colours and shapes passes over all other words. English has few words for *not*, few ways to begin a
question and few to tell what is the case, and gets no new ones: these are looked for by name. It is blunt: of the ways
to ask for something that people wrote for the learned policy it stops one in six ("don't dawdle, …"), so that one,
which has learned to read them, does without it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_POLITE = re.compile(
    r"\b(?:why (?:don't|dont|do not|not)(?: (?:you|we))?|(?:ca|could|wo|would)n'?t you"
    r"|(?:do not|don't|dont|not) (?:you )?mind|whether or not|without (?:delay|further ado|hurry|haste))\b"
)
"""Said with a *not*, and still orders."""

_TOTE = r"(?:tote|bin|box|basket|container|crate)"
_TURNING: Mapping[str, re.Pattern[str]] = {
    "negated": re.compile(
        r"\b(?:not|never|cannot|nor|neither|nobody|none|nothing|nowhere|hardly|without|except|unless"
        r"|rather than|instead of|other than|apart from|anything but|everything but"
        r"|(?:ca|do|does|did|is|are|was|were|has|have|had|should|must|would|could|wo|need|might|ai|sha)n'?t"
        r"|non (?=\w))\b"
    ),
    "deed": re.compile(
        r"^(?:is|are|was|were|does|did|do|has|had|am|may|might|shall|should|must)"
        r" (?:the|this|that|these|those|a|an|any|i|we|they|he|she|one|all|both|some|there)\b"
        r"|^(?:can|could|do|did|have|are) (?:you|we|i) (?:see|seen|tell|hear|know|remember|think|believe|guess)\b"
        r"|\b(?:pretend|imagine|suppose|dream|assume)\b"
        r"|^(?!.*\b(?:that|which|where|place|take|need|job|what)\b)(?:\w+ ){1,5}(?:is|are|was|were|sits|lies|stays)"
        rf" (?:already |now |still )?(?:in|inside) (?:the )?(?:left|right) {_TOTE}$"
        r"|\b(?:in|into|to) (?:my|your|his|her|our|their)(?: (?:left|right))? (?:hand|hands|pocket)\b(?! side)"
    ),
    "no tote": re.compile(rf"\bbetween (?:the )?(?:left|right)(?: {_TOTE})? and (?:the )?(?:left|right)\b"),
}


def turned(text: str) -> str:
    """What such words make of a sentence: negated, deed (a question, or what is no order), no tote; empty: an order."""
    words = _POLITE.sub(" please ", " ".join(re.findall(r"[\w']+", text.lower().replace("’", "'"))))
    words = " ".join(words.split())
    return next((sense for sense, pattern in _TURNING.items() if pattern.search(words)), "")
