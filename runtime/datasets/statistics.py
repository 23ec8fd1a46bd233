"""Minimum, maximum, mean, deviation and quantiles, exact, of float columns and of pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
_LEVELS = 256

Histogram = NDArray[np.int64]
"""i64[3, 256]: how many pixels of all pictures have this value, for red, green and blue."""

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FeatureStats:
    """Of one column: arrays with one number a column's number; of pictures f64[3, 1, 1], a channel in 0…1."""

    min: Doubles
    max: Doubles
    mean: Doubles
    std: Doubles
    """Of the population, not of a sample."""

    count: int
    """Frames."""

    quantiles: dict[str, Doubles] = field(default_factory=dict[str, Doubles])
    """q01, q10, q50, q90, q99; interpolated linearly between neighbours."""

    def as_lists(self) -> dict[str, list[object]]:
        """As the format has it."""
        named = {"min": self.min, "max": self.max, "mean": self.mean, "std": self.std, **self.quantiles}
        return {**{name: values.tolist() for name, values in named.items()}, "count": [self.count]}


def stats_of_columns(values: NDArray[np.generic]) -> FeatureStats:
    """Over the frames of [n, numbers]."""
    numbers = values.astype(np.float64)
    ranks = np.quantile(numbers, list(QUANTILES.values()), axis=0)
    return FeatureStats(
        min=numbers.min(axis=0),
        max=numbers.max(axis=0),
        mean=numbers.mean(axis=0),
        std=numbers.std(axis=0),
        count=len(numbers),
        quantiles=dict(zip(QUANTILES, ranks, strict=True)),
    )


def histogram_of(pictures: NDArray[np.uint8]) -> Histogram:
    """Of u8[n, height, width, 3]; histograms of several episodes add up."""
    flat = pictures.reshape(-1, 3)
    return np.stack([np.bincount(flat[:, channel], minlength=_LEVELS) for channel in range(3)]).astype(np.int64)


def stats_of_pictures(histogram: Histogram, *, count: int) -> FeatureStats:
    """From the histogram of `count` pictures with at least one pixel."""
    levels = np.arange(_LEVELS) / (_LEVELS - 1)
    pixels = histogram.sum(axis=1)
    present = histogram > 0
    mean = histogram @ levels / pixels
    variance = (histogram * (levels[None, :] - mean[:, None]) ** 2).sum(axis=1) / pixels
    return FeatureStats(
        min=_channels(levels[present.argmax(axis=1)]),
        max=_channels(levels[_LEVELS - 1 - present[:, ::-1].argmax(axis=1)]),
        mean=_channels(mean),
        std=_channels(np.sqrt(variance)),
        count=count,
        quantiles={name: _channels(_ranked(histogram, levels, share)) for name, share in QUANTILES.items()},
    )


def _ranked(histogram: Histogram, levels: Doubles, share: float) -> Doubles:
    """The value that this share of pixels does not exceed, as `np.quantile` has it."""
    cumulated = histogram.cumsum(axis=1)
    rank = share * (cumulated[:, -1] - 1)
    low, high = np.floor(rank), np.ceil(rank)
    below = levels[(cumulated <= low[:, None]).sum(axis=1)]
    above = levels[(cumulated <= high[:, None]).sum(axis=1)]
    return below + (rank - low) * (above - below)


def _channels(values: Doubles) -> Doubles:
    return values.reshape(3, 1, 1)


def stats_from_lists(lists: dict[str, Any], shape: tuple[int, ...]) -> FeatureStats:
    """The opposite of `as_lists`; raises KeyError or ValueError, with the name of what is missing or has another shape.

    Quantiles may be missing: they are younger than the format.
    """
    arrays = {name: np.array(values, dtype=np.float64) for name, values in lists.items()}
    count = int(arrays.pop("count").reshape(-1)[0])
    for name, values in arrays.items():
        if values.shape != shape:
            raise ValueError(f"{name} has the shape {values.shape}, not {shape}")
    quantiles = {name: arrays[name] for name in QUANTILES if name in arrays}
    return FeatureStats(arrays["min"], arrays["max"], arrays["mean"], arrays["std"], count, quantiles)
