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

STRANGE_SHAPES = ("ball", "sphere", "cone", "pyramid", "ring", "bottle", "screw")

PLACES = MappingProxyType(
    {
        "left": (
            "leftmost {0}", "{0} farthest to the left", "{0} on the far left of the tray", "most left {0}",
            "{0} which lies most to the left", "outermost left {0}",
        ),
        "right": (
            "rightmost {0}", "{0} farthest to the right", "{0} on the far right of the tray", "most right {0}",
            "{0} which lies most to the right", "outermost right {0}",
        ),
        "near": (
            "nearest {0}", "{0} closest to the robot", "{0} at the front of the tray", "closest {0}",
            "{0} which lies nearest to the arm", "very front {0}",
        ),
        "far": (
            "farthest {0}", "{0} most distant from the robot", "{0} at the very back of the tray", "most distant {0}",
            "{0} which lies farthest from the arm", "very back {0}",
        ),
    }
)  # fmt: skip
"""Where a part lies among those that fit otherwise, seen from the robot: left is +y, far is +x of its base."""

NEW_PLACES = MappingProxyType(
    {
        "left": ("left-hand most {0}", "{0} that lies farthest left"),
        "right": ("right-hand most {0}", "{0} that lies farthest right"),
        "near": ("front most {0}", "{0} that is closest to the arm"),
        "far": ("back most {0}", "{0} that is farthest from the arm"),
    }
)
"""Never in training: other wordings of the same."""

THINGS = ("part", "object", "piece", "item", "thing")
TOTE_NOUNS = ("tote", "bin", "container", "crate")
