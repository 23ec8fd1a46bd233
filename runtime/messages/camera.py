"""Pictures and where the things in them are believed to be."""

from __future__ import annotations

from msgspec import Struct

from runtime.messages.geometry import Pose


class Frame(Struct, frozen=True):
    """Header of one picture; the pixels travel as a second wire frame, u8[height, width, 3] RGB."""

    camera: str
    sequence: int
    stamp_ns: int
    """Capture instant, monotonic clock of the cell."""

    width_px: int
    height_px: int
    renderer: str
    """egl or tiny: which renderer drew it (a real camera gives its model)."""


class Detection(Struct, frozen=True):
    """A part seen in a camera picture, in catalogue terms."""

    part: str
    """Name in the catalogue."""

    part_in_base: Pose
    """Centre of its top face projected to its expected height; yaw where the shape shows one."""

    pixel: tuple[float, float]
    """Centre in the picture, column and row."""

    area_px: float
    quality: float
    """0…1: how well outline and colour fit the catalogue entry."""

    place: str
    """tray, left, right, gripper or elsewhere."""


class SceneBelief(Struct, frozen=True):
    """Which parts the overhead camera shows, and where. From pixels only."""

    stamp_ns: int
    """Of the picture."""

    detections: tuple[Detection, ...]
    occluded: bool
    """True while the arm covers part of tray or totes, so that absence proves nothing."""

    missing: tuple[str, ...] = ()
    """Catalogue names that were not found in this picture."""
