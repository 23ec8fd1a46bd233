"""Statistics are exact, also those of pictures, which are added up from histograms."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from runtime.datasets.statistics import QUANTILES, histogram_of, stats_of_columns, stats_of_pictures


@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 2**32 - 1), st.integers(1, 256))
def test_statistics_of_pictures_are_those_of_their_pixels(frames: int, size_px: int, seed: int, colours: int) -> None:
    pictures = np.random.default_rng(seed).integers(0, colours, (frames, size_px, size_px, 3)).astype(np.uint8)
    parts = [histogram_of(picture[None]) for picture in pictures]
    found = stats_of_pictures(np.sum(parts, axis=0), count=frames)
    wanted = stats_of_columns(pictures.reshape(-1, 3) / 255.0)
    for name in ("min", "max", "mean", "std"):
        assert np.allclose(getattr(found, name).ravel(), getattr(wanted, name), atol=1e-9), name
        assert getattr(found, name).shape == (3, 1, 1)
    for name in QUANTILES:
        assert np.allclose(found.quantiles[name].ravel(), wanted.quantiles[name], atol=1e-9), name
    assert found.count == frames


def test_statistics_as_the_format_has_them() -> None:
    lists = stats_of_columns(np.array([[1.0, 5.0], [3.0, 5.0]], dtype=np.float32)).as_lists()
    assert lists == {
        "min": [1.0, 5.0], "max": [3.0, 5.0], "mean": [2.0, 5.0], "std": [1.0, 0.0], "count": [2],
        "q01": [1.02, 5.0], "q10": [1.2, 5.0], "q50": [2.0, 5.0], "q90": [2.8, 5.0], "q99": [2.98, 5.0],
    }  # fmt: skip
