"""What goes wrong between a scene and its picture: a cover before the lens, blur, gain, noise, compression."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runtime.messages.geometry import Vector3


class CoverKind(Enum):
    """What hides a piece of a picture."""

    DIRT = "dirt"
    """Soft dark blots, as on a lens."""

    SHEET = "sheet"
    """Everything beyond a nearly straight edge, as a sheet of paper or a cable duct."""

    HAND = "hand"
    """A forearm with a hand, from the picture's border."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Hides the same pixels for a whole run."""

    kind: CoverKind
    share: float
    """Of the picture's pixels that are hidden."""

    colour_rgb: Vector3
    seed: int
    """Of its outline."""


@dataclass(frozen=True, slots=True)
class PictureFlaws:
    """Of one camera; the defaults spoil nothing. In this order: cover, blur, gain, noise, compression."""

    cover: Cover | None = None
    blur_px: float = 0.0
    """Standard deviation of a Gaussian."""

    gain_rgb: Vector3 = (1.0, 1.0, 1.0)
    noise: float = 0.0
    """Standard deviation at mid grey as a fraction of full scale, on top of the sensor's own."""

    jpeg_quality: int | None = None
    """Of a JPEG that the picture goes through, 1…100."""


FLAWLESS = PictureFlaws()
