"""Parts told apart in ways that nobody here knows: by neighbours, number or size.

`{0}` is the part without its article, `{other}` another one, `{side} {tote}` a tote.
"""

from __future__ import annotations

from sim_worlds.sentences.filling import filled


def _ends(ending: str, stems: str) -> tuple[str, ...]:
    return tuple(stem + ending for stem in stems.split())


_EST = (
    "bigg small larg tall wid narrow thick heavi bright new dirti clean round smooth long low strang fast nic odd "
    "sharp pal warm soft tini simpl cheap weak flatt littl rough deep hard cold hug great"
)
_ER = "bigg small larg tall wid short thick light dark old rough hard cold weak heavi nic low new clean pal"
_SIZES = (*_ends("est", _EST), *_ends("er", _ER), "best", "worst", "better")
_NUMBERS = (
    "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "2nd", "3rd", "4th",
    "5th", "6th", "7th", "8th", "9th", "10th", "number two", "number three",
)  # fmt: skip
"""All there are on a tray, in every set: like the words for colours."""

_BY = (
    "next to", "beside", "behind", "in front of", "left of", "right of", "to the left of", "on the right of",
    "near", "under", "on top of", "above", "beyond", "nearest to", "farthest from", "closest to", "that touches",
    "by the side of", "adjacent to", "below", "after",
    "as big as", "beneath", "inside", "close to", "far from", "with", "against", "before", "past", "along",
)  # fmt: skip

RELATIONS = (
    (*filled("{0} {by} {other}", {"by": _BY}), "{0} between {other} and {other}", "{0} between the others"),
    (
        *filled("{0} {by} the {which} {tote}", {"by": _BY[:12], "which": ("{side}", "other")}),
        "{0} from the {side} {tote}", "{0} in the {side} {tote}", "{0} that is closer to the {side} {tote}",
        "{0} out of the {side} {tote}", "{0} which lies next to the {side} {tote}", "{0} nearest the {side} {tote}",
    ),
    (
        *filled("{number} {0}", {"number": _NUMBERS}),
        *filled("{number} {0} from the {end}", {"number": _NUMBERS, "end": ("left", "right", "front", "back")}),
        *filled("{number} {most} {0}", {"number": _NUMBERS, "most": ("nearest", "farthest", "leftmost")}),
        *filled("{0} that is {number}", {"number": _NUMBERS}),
        *filled("{number} {0} counted from the left", {"number": _NUMBERS}),
        *filled("{0} that is {number} from the back", {"number": _NUMBERS}),
    ),
    (
        *filled("{size} {0}", {"size": _SIZES}),
        *filled("{0} that is {the}{size}", {"the": ("", "the "), "size": _SIZES}),
        "highest {0}", "broader {0}", "darkest {0}", "{0} that is the shortest", "softer {0}",
    ),
    (
        "central {0}", "{0} at the centre of the tray", "{0} in the right corner", "remaining {0}",
        "{0} most distant from the {side} {tote}", "last {0}", "middle {0}", "{0} in the middle",
        "{0} in the middle of the tray", "{0} in the corner", "{0} in the left corner", "{0} neither left nor right",
        "other {0}", "same {0} as before", "inner {0}", "centre {0}", "center {0}", "{0} at the center",
        "next {0} after that", "rest of the {0}", "broken {0}", "lonely {0}", "{0} standing alone", "missing {0}",
        "{0} i like", "wrong {0}", "right {0} of the two",
    ),
)  # fmt: skip
"""In kinds, which are used alike: by neighbours, by number, by size, and otherwise."""

TESTING_RELATIONS = (
    filled("{0} {by} {other}", {"by": ("alongside", "opposite", "leaning on", "underneath")}),
    (
        *filled("{number} {0} on the left", {"number": _NUMBERS}),
        *filled("{0} which comes {number} from the right", {"number": _NUMBERS}),
    ),
    ("thinnest {0}", "longer {0}", "{0} that is the lightest", "oldest {0}", "younger {0}"),
    (
        "innermost {0}",
        "{0} in the centre",
        "{0} in one of the corners",
        "{0} i showed you",
        "{0} least far from the {side} {tote}",
    ),
)
