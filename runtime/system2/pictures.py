"""Pictures as they come off the wire."""

from __future__ import annotations

import numpy as np

from runtime.messages.camera import Frame
from runtime.ports import Picture


def picture_from(frame: Frame, pixels: memoryview | bytes) -> Picture:
    """A header and its pixels as one picture, without a copy; the array is read-only."""
    image = np.frombuffer(pixels, dtype=np.uint8).reshape(frame.height_px, frame.width_px, 3)
    return Picture(frame, image)
