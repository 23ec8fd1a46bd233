"""One camera's way from a drawn picture to the delivered one: cover, blur, gain, sensor noise, compression."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription
from runtime.ports import Image
from sim_worlds.cameras.covers import DrawnCover
from sim_worlds.cameras.sensor import NoiseBank, Sensor
from sim_worlds.variation.flaws import FLAWLESS, PictureFlaws

LEAST_BLUR_PX = 0.15
"""A narrower one changes nothing in 8 bits."""


class Eye:
    """Repeats with its seed; without flaws it is the sensor alone."""

    def __init__(
        self,
        camera: CameraDescription,
        *,
        noise: float,
        seed: int,
        flaws: PictureFlaws = FLAWLESS,
        bank: NoiseBank | None = None,
    ) -> None:
        width, height = camera.width_px, camera.height_px
        self._flaws = flaws
        self._cover = None if flaws.cover is None else DrawnCover(flaws.cover, width_px=width, height_px=height)
        self._gain = None if flaws.gain_rgb == (1.0, 1.0, 1.0) else _gain_table(flaws)
        noise = math.hypot(noise, flaws.noise)
        self._sensor = Sensor(width_px=width, height_px=height, noise=noise, seed=seed, bank=bank)

    @property
    def hidden(self) -> NDArray[np.bool_] | None:
        """Pixels behind a cover, [height, width]; None without one."""
        return None if self._cover is None else self._cover.hidden

    def expose(self, image: Image) -> Image:
        """The picture as this camera delivers it; a new array."""
        flaws = self._flaws
        if self._cover is not None:
            image = self._cover.over(image)
        if flaws.blur_px >= LEAST_BLUR_PX:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), flaws.blur_px), dtype=np.uint8)
        if self._gain is not None:
            image = np.asarray(cv2.LUT(image, self._gain), dtype=np.uint8)
        image = self._sensor.expose(image)
        return image if flaws.jpeg_quality is None else _compressed(image, flaws.jpeg_quality)


def _gain_table(flaws: PictureFlaws) -> Image:
    """u8[256, 1, 3]: gain in linear light, on display values (a plain power of 2.2)."""
    levels = np.arange(256)[:, None] * (np.asarray(flaws.gain_rgb) ** (1.0 / 2.2))
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)[:, None, :]


def _compressed(image: Image, quality: int) -> Image:
    done, packed = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR) if done else None
    if unpacked is None:
        raise RuntimeError(f"the picture could not be compressed with quality {quality}")
    return np.asarray(cv2.cvtColor(unpacked, cv2.COLOR_BGR2RGB), dtype=np.uint8)
