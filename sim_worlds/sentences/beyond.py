"""What people also ask and nobody here can do: parts told apart by their neighbours, order or size, and other deeds.

`{0}` is the part without its article, `{other}` another one; the gaps of deeds are those of frames.
"""

from __future__ import annotations

from itertools import product


def _filled(patterns: tuple[str, ...], gap: str, ways: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern.replace(gap, way) for pattern, way in product(patterns, ways))


def _ends(ending: str, stems: str) -> tuple[str, ...]:
    return tuple(stem + ending for stem in stems.split())


SIZES = (
    *_ends(
        "est", "bigg small larg tall wid narrow thick heavi bright new dirti clean round smooth long low strang fast"
    ),
    *_ends("est", "nic odd sharp pal warm soft tini simpl cheap weak flatt littl rough deep hard cold hug great"),
    *_ends(
        "er", "bigg small larg tall wid short thick light dark old rough hard cold weak heavi nic low new clean pal"
    ),
    *_ends("", "big small large tall wide short thick heavy tiny huge medium-sized better worse best worst"),
)
NUMBERS = (
    "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "2nd", "3rd", "4th", "5th",
    "6th", "7th", "8th", "9th", "10th", "number two", "number three",
)  # fmt: skip
"""All there are on a tray, in every set: like the words for colours."""

_BY = (
    "next to", "beside", "behind", "in front of", "left of", "right of", "to the left of", "on the right of", "near",
    "under", "on top of", "above", "beyond", "nearest to", "farthest from", "closest to", "that touches", "as big as",
    "beneath", "over", "inside", "close to", "far from", "with", "against", "before", "past", "along",
)  # fmt: skip

RELATIONS = (
    (*_filled(("{0} {by} {other}",), "{by}", _BY), "{0} between {other} and {other}", "{0} between the others"),
    _filled(
        (
            "{number} {0}", "{number} {0} from the left", "{number} {0} from the right", "{0} that is {number}",
            "{number} nearest {0}", "{number} leftmost {0}", "{number} {0} from the front",
            "{number} {0} from the back",
        ),
        "{number}",
        NUMBERS,
    ),
    _filled(("{size} {0}", "{0} that is {size}", "{0} that is the {size}"), "{size}", SIZES),
    (
        "last {0}", "middle {0}", "{0} in the middle", "{0} in the middle of the tray", "{0} in the corner",
        "{0} in the left corner", "{0} neither left nor right", "other {0}", "same {0} as before", "inner {0}",
        "centre {0}", "center {0}", "{0} at the center", "next {0} after that", "rest of the {0}", "broken {0}",
        "lonely {0}", "{0} standing alone", "missing {0}", "{0} i like", "wrong {0}", "right {0} of the two",
    ),
)  # fmt: skip
"""In kinds, which are used alike: by neighbours, by number, by size, and otherwise."""

CHECKING_RELATIONS = (
    _filled(("{0} {by} {other}",), "{by}", ("by the side of", "adjacent to", "below", "after")),
    _filled(("{number} {0} counted from the left", "{0} that is {number} from the back"), "{number}", NUMBERS),
    ("highest {0}", "broader {0}", "darkest {0}", "{0} that is the shortest", "softer {0}"),
    ("central {0}", "{0} at the centre of the tray", "{0} in the right corner", "remaining {0}"),
)
TESTING_RELATIONS = (
    _filled(("{0} {by} {other}",), "{by}", ("alongside", "opposite", "leaning on", "underneath")),
    _filled(("{number} {0} on the left", "{0} which comes {number} from the right"), "{number}", NUMBERS),
    ("thinnest {0}", "longer {0}", "{0} that is the lightest", "oldest {0}", "younger {0}"),
    ("innermost {0}", "{0} in the centre", "{0} in one of the corners", "{0} i showed you"),
)

DEEDS = (
    "take {part} out of the {side} {tote}",
    "remove {part} from the {side} {tote}",
    "get {part} out of the {side} {tote} again",
    "take {part} from the {side} {tote} back to the tray",
    "empty the {side} {tote}",
    "push {part} to the {side}",
    "push {part} away",
    "push {part} to the {side} a little",
    "drag {part} to the {side}",
    "pull {part} a bit to the {side}",
    "shove {part} to the {side} a bit",
    "tilt {part} to the {side}",
    "flip {part}",
    "press on {part}",
    "drop {part}",
    "measure {part}",
    "scan {part} on the {side}",
    "clean {part}",
    "replace {part} by {other}",
    "unload the {side} {tote}",
    "unload {part} from the {side} {tote}",
    "take {part} off the {side} {tote}",
    "roll {part} to the {side} side",
    "kick {part} to the {side}",
    "turn {part} to the {side}",
    "turn {part} over",
    "rotate {part} a little to the {side}",
    "hold {part} up",
    "hold {part} over the {side} {tote}",
    "throw {part} at the wall",
    "show me {part}",
    "watch {part}",
    "touch {part}",
    "lift {part} and hold it",
    "put {part} back",
    "swap {part} and {other}",
    "exchange {part} for {other}",
    "put {part} on {other}",
    "put {part} on top of {other}",
    "stack {part} on {other}",
    "put {part} next to {other}",
    "move {part} closer to {other}",
    "what colour is {part}",
    "which colour has {part} in the {side} {tote}",
    "move {part} a bit to the {side} on the tray",
    "move the {side} {tote}",
    "put the {side} {tote} on the table",
    "put two of {part} {to}",
    "put two parts {to}",
    "put three pieces {to}",
    "put all of them {to}",
    "put every part {to}",
    "put all {to}",
    "move all parts {to}",
)
CHECKING_DEEDS = (
    "pull {part} out of the {side} {tote}",
    "fetch {part} back from the {side} {tote}",
    "clear the {side} {tote}",
    "slide {part} to the {side} a bit",
    "spin {part} around",
    "point at {part}",
    "weigh {part}",
    "switch {part} with {other}",
    "pile {part} on {other}",
    "put four parts {to}",
    "put everything {to}",
)
TESTING_DEEDS = (
    "lift {part} out of the {side} {tote}",
    "bring {part} back from the {side} {tote}",
    "shake the {side} {tote}",
    "tip {part} over",
    "nudge {part} to the {side} a bit",
    "inspect {part}",
    "trade {part} for {other}",
    "lay {part} on top of {other}",
    "put five parts {to}",
    "where did you put {part}",
    "squeeze {part}",
)

ELSEWHERE = (
    "put {part} in the middle {tote}",
    "put {part} in the other {tote}",
    "put {part} in the third {tote}",
    "put {part} in the red {tote}",
    "put {part} into the {tote}",
    "move {part} to a {tote}",
    "put {part} on the table",
    "drop {part} on the floor",
    "put {part} in my hand",
    "bring {part} to me",
    "put {part} over there",
    "move {part} to the front",
    "place {part} behind the robot",
    "put {part} in the tray",
)
"""Where it should go is no tote of this cell."""
