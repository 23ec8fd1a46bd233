"""Something that is in the hand already when a task begins: the wanted part, or one to be put back first."""

from __future__ import annotations

from plugins.programmed.sight import Sight
from runtime.messages.cell import CellDescription, PartKind
from runtime.picking.spots import radius_m

HELD_LOOKS = 4
"""Free pictures in a row without the wanted part anywhere: then it is what the hand holds."""


def wanted_is_held(sight: Sight, cell: CellDescription) -> bool | None:
    """Whether the wanted part is in the hand: it is when nothing else can be it. None: look on."""
    if not sight.view_free:
        sight.forget()  # what is seen now may be in the hand
        return None
    if sight.track is not None or sight.place in [tote.name for tote in cell.totes]:
        return False
    return True if sight.blank_looks >= HELD_LOOKS else None


def grip_width_m(part: PartKind, measured_m: float) -> float:
    """The width of this part that the fingers are nearest to."""
    return min(part.size_m[:2], key=lambda width_m: abs(width_m - measured_m))


def kind_of_held(cell: CellDescription, measured_m: float, *, tolerance_m: float) -> PartKind:
    """What may be between the fingers at this width; among several the tallest, then the widest one."""
    fitting = [part for part in cell.parts if abs(grip_width_m(part, measured_m) - measured_m) <= tolerance_m]
    return max(fitting or cell.parts, key=lambda part: (part.size_m[2], radius_m(part)))
