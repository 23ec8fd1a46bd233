"""The camera's sensor: noise over a drawn picture, the same for the same seed."""

from __future__ import annotations

import math

import cv2
import numpy as np

from runtime.ports import Image

_BANK_STEPS = 10
"""The bank's unit is a tenth of a standard deviation, cut at four of them."""

_SPARE_PX = 97
"""The bank is larger than a picture by this many rows and columns; every picture takes a random window."""


class NoiseBank:
    """Normal deviates, i16[height, width, 3], larger than a picture; several sensors may share one."""

    def __init__(self, *, width_px: int, height_px: int, random: np.random.Generator) -> None:
        shape = (height_px + _SPARE_PX, width_px + _SPARE_PX, 3)
        deviates = random.standard_normal(shape, dtype=np.float32)
        steps = np.rint(deviates * _BANK_STEPS)
        self.deviates = np.clip(steps, -4 * _BANK_STEPS, 4 * _BANK_STEPS).astype(np.int16)


class Sensor:
    """Adds read noise and shot noise (its variance grows with the signal) to 8-bit pictures.

    The normal deviates come from a bank drawn once and are scaled by tables, because drawing 49,152 fresh
    ones costs more than drawing the scene does.
    """

    def __init__(
        self, *, width_px: int, height_px: int, noise: float, seed: int, bank: NoiseBank | None = None
    ) -> None:
        """A `bank` of the same picture size saves drawing one from the seed."""
        self._generator = np.random.default_rng(seed)
        self._size = (height_px, width_px)
        self._noise = noise
        self._scratch = np.empty((height_px, width_px, 3), dtype=np.int16)
        bank = bank or NoiseBank(width_px=width_px, height_px=height_px, random=self._generator)
        self._bank = bank.deviates
        signal = (np.arange(256) + 0.5) / 256.0
        sigma = 255.0 * noise * np.sqrt(0.4 + 1.2 * signal)
        self._fraction_bits = int(math.log2(min(1024.0, 30000.0 / max(4.0 * sigma.max(), 1.0))))
        """Fixed point: grey levels are counted in two to the power of this many parts, so that products stay
        inside 16 bits."""

        self._gain = np.rint(sigma / _BANK_STEPS * 2**self._fraction_bits).astype(np.int16)

    def expose(self, image: Image) -> Image:
        """The picture as the sensor would deliver it; a new array."""
        if self._noise <= 0.0:
            return image.copy()
        row, column = (int(value) for value in self._generator.integers(0, _SPARE_PX, size=2))
        height, width = self._size
        noise = self._scratch
        cv2.LUT(image, self._gain, dst=noise)
        noise *= self._bank[row : row + height, column : column + width]
        noise += 2**self._fraction_bits // 2
        noise >>= self._fraction_bits
        noisy = np.empty_like(image)
        cv2.add(image, noise, dst=noisy, dtype=cv2.CV_8U)  # saturates
        return noisy
