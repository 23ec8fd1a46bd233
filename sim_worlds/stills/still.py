"""One still: what a policy would get to see of a cell at rest, and the truth about it as labels for training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.messages.geometry import Pose, Vector3
from runtime.messages.joint import Vector
from runtime.ports import CameraView
from sim_worlds.variation import Variation

VISIBLE_PX, VISIBLE_SHARE = 3, 0.25
"""So many pixels, and so much of what nothing hides, have to show for a part to count as visible."""

ABSENT = "absent"
"""Place of a part that is not in the cell at all."""

TRAY, HAND = "tray", "hand"


@dataclass(frozen=True, slots=True)
class Sight:
    """A part in one camera's picture."""

    pixel: tuple[float, float]
    """Of the part's middle, column and row, by the camera's true pose; (0.5, 0.5) is the first pixel's middle. May
    lie outside of the picture."""

    depth_m: float
    """Along the camera's axis; nothing behind the camera is in its picture."""

    inside: bool
    """Whether that pixel is in the picture."""

    shown_px: int
    """Pixels that show it."""

    whole_px: int
    """Pixels that would show it if nothing stood before it; as far as the picture reaches."""

    @property
    def share(self) -> float:
        """Of it that shows, of what is within the picture."""
        return min(1.0, self.shown_px / self.whole_px) if self.whole_px else 0.0

    @property
    def visible(self) -> bool:
        """Whether enough of it shows to be recognised."""
        return self.shown_px >= VISIBLE_PX and self.share >= VISIBLE_SHARE


@dataclass(frozen=True, slots=True)
class PartLabel:
    """The truth about one part of the catalogue."""

    name: str
    place: str
    """tray, a tote's name, hand, or absent."""

    part_in_base: Pose | None
    """Of its middle; None when it is absent."""

    size_m: Vector3
    """As it really is."""

    sights: Mapping[str, Sight]
    """By camera; empty when it is absent."""


@dataclass(frozen=True, slots=True)
class Still:
    """One cell state, seen by every camera. The same recipe and seed give the same still, bit for bit."""

    seed: int
    views: Mapping[str, CameraView]
    """By camera, exactly as an observation has them: u8[height, width, 3] and the *nominal* camera pose."""

    q_rad: Vector
    gripper_in_base: Pose
    gripper_width_m: float
    occasion: str
    """What the hand is at: watching, approaching, gripping, carrying, passing."""

    gripped: str
    """Name of the part between the fingers, lifted or not; empty for none."""

    parts: tuple[PartLabel, ...]
    """In the catalogue's order."""

    camera_in_base: Mapping[str, Pose]
    """By camera, where it really stands."""

    variations: tuple[Variation, ...]

    def part(self, name: str) -> PartLabel:
        """By name; raises KeyError."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)
