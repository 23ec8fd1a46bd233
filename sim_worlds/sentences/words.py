"""The words that people use for the things in a cell, and those for things that are not in it."""

from __future__ import annotations

from types import MappingProxyType

COLOURS = MappingProxyType(
    {
        "red": ("red", "scarlet"),
        "green": ("green", "emerald"),
        "blue": ("blue", "navy"),
        "yellow": ("yellow", "golden"),
        "cyan": ("cyan", "turquoise", "teal"),
        "purple": ("purple", "violet"),
    }
)
"""By the catalogue's name; the first word is used most."""

SHAPES = MappingProxyType(
    {
        "cube": ("cube", "block", "dice"),
        "flat box": ("flat box", "box", "plate", "slab"),
        "cylinder": ("cylinder", "can", "puck"),
    }
)

STRANGE_COLOURS = ("orange", "pink", "brown", "black", "white", "grey")
"""No part here has them."""

STRANGE_SHAPES = (
    "ball", "sphere", "cone", "pyramid", "ring", "bottle", "screw", "cup", "mug", "nut", "bolt", "gear", "wheel",
    "book",    "pen", "phone", "bag", "coin", "egg", "spoon", "tool", "key", "stick", "stone", "card", "bowl", "lid",
    "rod", "hammer", "shoe", "toy", "cap", "jar", "washer", "spring", "cable", "chip", "prism", "star",
)  # fmt: skip

PLACES = MappingProxyType(
    {
        "left": (
            "leftmost {0}", "{0} farthest to the left", "{0} on the far left of the tray", "most left {0}",
            "{0} which lies most to the left", "outermost left {0}", "left-most {0}", "far left {0}",
            "{0} farthest left", "{0} furthest to the left", "{0} on the left edge of the tray", "extreme left {0}",
            "{0} at the left end of the tray", "first {0} from the left", "{0} on the very left", "left-hand {0}",
            "left-hand most {0}", "{0} that lies farthest left",
        ),
        "right": (
            "rightmost {0}", "{0} farthest to the right", "{0} on the far right of the tray", "most right {0}",
            "{0} which lies most to the right", "outermost right {0}", "right-most {0}", "far right {0}",
            "{0} farthest right", "{0} furthest to the right", "{0} on the right edge of the tray", "extreme right {0}",
            "{0} at the right end of the tray", "first {0} from the right", "{0} on the very right", "right-hand {0}",
            "right-hand most {0}", "{0} that lies farthest right",
        ),
        "near": (
            "nearest {0}", "{0} closest to the robot", "{0} at the front of the tray", "closest {0}",
            "{0} which lies nearest to the arm", "very front {0}", "foremost {0}", "front {0}",
            "{0} nearest to the robot", "{0} at the front edge of the tray", "{0} that is nearest",
            "first {0} from the front", "{0} in the front", "{0} most near to the robot", "{0} closest to the base",
            "front most {0}", "{0} that is closest to the arm",
        ),
        "far": (
            "farthest {0}", "{0} most distant from the robot", "{0} at the very back of the tray", "most distant {0}",
            "{0} which lies farthest from the arm", "very back {0}", "hindmost {0}", "back {0}", "{0} farthest away",
            "{0} at the back edge of the tray", "{0} that is most distant", "first {0} from the back",
            "{0} at the rear of the tray", "furthest {0}", "{0} furthest from the base",
            "back most {0}", "{0} that is farthest from the arm",
        ),
    }
)  # fmt: skip
"""Where a part lies among those that fit otherwise, seen from the robot: left is +y, far is +x of its base."""

TESTING_PLACES = MappingProxyType(
    {
        "left": ("{0} lying at the left edge", "{0} sitting farthest left"),
        "right": ("{0} lying at the right edge", "{0} sitting farthest right"),
        "near": ("{0} that is nearest to you", "frontmost {0}"),
        "far": ("{0} lying farthest back", "rearmost {0}"),
    }
)

THINGS = ("part", "object", "piece", "item", "thing")
ARTICLES = ("that", "this")
"""Besides *the* and none."""

LOOSE_ARTICLES = ("that", "this", "a", "any", "some", "one")
"""For what there may be several of, of which any will do."""

SIDES = ("left", "right")
TOTE_NOUNS = ("tote", "bin", "container", "crate")
