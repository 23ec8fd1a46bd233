"""Where among the parts one lies, in words: leftmost, rightmost, nearest, farthest, as seen from the robot."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACES: Mapping[str, tuple[float, float]] = {
    "leftmost": (0.0, 1.0),
    "rightmost": (0.0, -1.0),
    "nearest": (-1.0, 0.0),
    "farthest": (1.0, 0.0),
}
"""Direction of each in the base frame, x and y: seen from the robot left is +y and far is +x."""

_OF_SIDE = {"left": "leftmost", "right": "rightmost", "front": "nearest", "near": "nearest"}
_OF_SIDE |= dict.fromkeys(("back", "rear", "far"), "farthest")
_MORE = r"(?:most|far|farthest|furthest|outermost|extreme|very|utmost)"
_NOUN = (
    r"(?:one|part|object|piece|item|thing|cube|block|dice|die|box|flat box|plate|slab|brick|tile"
    r"|cylinder|can|puck|disc|disk|tube|roll)"
)
_TOTE = r"(?:tote|bin|container|crate|basket)"
_NEAR = r"(?:nearest|closest|foremost|frontmost|front most|very front|most near|most close)"
_FAR = r"(?:farthest|furthest|hindmost|rearmost|rear most|backmost|back most|very back|most distant|most remote)"
_ARM = r"(?:robot|arm|base|gripper|hand|you)"

_TO_DO = r" (?:be|go|move|(?:the |your |my )?(?:left|right)\b)"
"""What makes of *nearest to* a nearest one that is to be put somewhere."""

_SIDED = tuple(
    re.compile(rf"\b{pattern}\b")
    for pattern in (
        r"(?P<side>left|right)(?: hand)? ?most",
        rf"{_MORE}(?: to)?(?: the| your)? (?P<side>left|right)(?: hand)?(?: (?:side|edge|end))?(?: of the tray)?",
        r"(?P<side>left|right|front|back|rear|near|far) (?:edge|end|border)(?: of the tray)?",
        rf"first(?P<noun> {_NOUN})? from the (?P<side>left|right|front|back|rear)",
        rf"(?P<side>left|right) hand(?= {_NOUN}\b)",
        rf"(?<!put )(?P<side>front|back|rear)(?= {_NOUN}\b)",
        r"(?:very )?(?P<side>front|back|rear) of the tray",
    )
)
_ALONG = (
    (re.compile(rf"\b{_NEAR}(?: to(?: the)? {_ARM})?\b(?! to\b(?!{_TO_DO})| of\b)"), "nearest"),
    (re.compile(rf"\b{_FAR}(?: away)?(?: from(?: the)? {_ARM})?\b(?! (?:from|of)\b)"), "farthest"),
)
_BY_ANOTHER = re.compile(rf"\b(?:{_NEAR} (?:to\b(?!{_TO_DO})|of)|{_FAR}(?: away)? from|(?:near|close|next) to)\b")
"""Told by where something else is, which is not looked for."""

_INTO = re.compile(r"\b(?:in|into|inside|to|onto|over)(?: the| your| my)? $")
_ON = re.compile(r"\b(?:on|at)(?: the| your| my)? $")
_WHICH = re.compile(rf"\b{_NOUN}(?: (?:that|which))?(?: (?:is|lies|sits|stands))? (?:on|at)(?: the| your| my)? $")


def take_place(words: str) -> tuple[str, str, str]:
    """The place that is named, the words without it, and why it cannot be acted upon; each may be empty.

    `words` are lower case and without marks. What may as well be a tote ("in the far left bin") is left for one.
    """
    found: set[str] = set()
    rest = words
    for pattern in _SIDED:
        for match in reversed(list(pattern.finditer(rest))):
            if not _says_where_to(rest, match):
                found.add(_OF_SIDE[match["side"]])
                noun = match.groupdict().get("noun") or ""
                rest = f"{rest[: match.start()]}{noun} {rest[match.end() :]}"
    for pattern, place in _ALONG:
        rest, times = pattern.subn(" ", rest)
        found.update([place] * bool(times))
    if _BY_ANOTHER.search(rest):
        return "", words, "which one? Known are colour, shape, and leftmost, rightmost, nearest or farthest of them"
    if len(found) > 1:
        return "", words, f"{' and '.join(sorted(found))}: name one place"
    return next(iter(found), ""), " ".join(rest.split()), ""


def _says_where_to(words: str, match: re.Match[str]) -> bool:
    """Whether this side is, or may be, the tote's and not the part's."""
    before, after = words[: match.start()], words[match.end() :]
    if "tray" in match[0]:
        return False
    only_side = len(re.findall(r"\b(?:left|right)\b|(?:left|right)most", words)) == 1
    if re.match(rf" {_TOTE}\b", after) or (only_side and not after.strip()):
        return True
    return bool(_INTO.search(before)) or (bool(_ON.search(before)) and not _WHICH.search(before))
