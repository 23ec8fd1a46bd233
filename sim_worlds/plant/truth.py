"""Where everything really is: for cameras and judge, never for the runtime."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Poses = NDArray[np.float64]
"""float64[bodies, 7]: x, y, z, then the quaternion x, y, z, w; base frame of the robot."""


def _none() -> Poses:
    return np.empty((0, 7))


@dataclass(frozen=True, slots=True)
class Truth:
    """One instant of the cell."""

    tick: int
    stamp_ns: int
    links: Poses
    """Frames of base, joints in order, left finger, right finger: row `VisualMesh.joint + 1`.

    A finger's frame stands at the tool centre point with the gripper's axes, moved by half the opening along
    +y (left) or −y (right).
    """

    parts: Poses
    """Centres of the parts, in the order of the cell's catalogue."""

    loose: Poses = field(default_factory=_none)
    """Centres of the foreign objects that can be pushed, in the order of the cell's clutter."""

    @property
    def poses(self) -> Poses:
        """Links, parts, loose objects, as the cameras take them."""
        return np.concatenate((self.links, self.parts, self.loose))

    def packed(self) -> NDArray[np.float64]:
        """Flat float64 array for a shared block: tick, stamp, then the poses."""
        head = np.array((float(self.tick), float(self.stamp_ns)))
        return np.concatenate((head, self.poses.ravel()))


def packed_size(*, joints: int, parts: int, loose: int = 0) -> int:
    """Length of `Truth.packed()`."""
    return 2 + 7 * (joints + 3 + parts + loose)


def unpacked(array: NDArray[np.float64], *, joints: int, loose: int = 0) -> Truth:
    """The inverse of `Truth.packed`. The stamp is exact up to 2⁵³ ns, a hundred days of uptime."""
    poses = array[2:].reshape(-1, 7).copy()
    first_loose = len(poses) - loose
    return Truth(
        int(array[0]), int(array[1]), poses[: joints + 3], poses[joints + 3 : first_loose], poses[first_loose:]
    )
