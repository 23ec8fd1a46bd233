"""Whether two joint vectors lie farther apart than they may: what the fast loop asks of every tick."""

from __future__ import annotations

from runtime.compiled import compiled
from runtime.messages.joint import Vector

_READ_ONLY = "Array(float64, 1, 'A', readonly=True)"


@compiled(f"boolean({_READ_ONLY}, {_READ_ONLY}, float64[::1])")
def far_apart(one: Vector, other: Vector, most: Vector) -> bool:
    """Whether the distance of some entry is larger than its `most`, or no number."""
    apart = False
    for joint in range(most.size):
        apart |= not abs(one[joint] - other[joint]) <= most[joint]
    return apart
