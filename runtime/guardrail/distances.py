"""Exact distances between segments, and between segments and boxes, for many pairs at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""float64[pairs, 3]."""

_TINY = 1e-12


def between_segments(start_a: Points, end_a: Points, start_b: Points, end_b: Points) -> NDArray[np.float64]:
    """Distance of each segment a from its segment b, float64[pairs].

    Closest points by clamping the unconstrained minimum (Ericson, Real-Time Collision Detection, 2005, 5.1.9).
    """
    along_a, along_b, apart = end_a - start_a, end_b - start_b, start_a - start_b
    aa, bb, ab = _dot(along_a, along_a), _dot(along_b, along_b), _dot(along_a, along_b)
    a_apart, b_apart = _dot(along_a, apart), _dot(along_b, apart)
    denominator = aa * bb - ab * ab
    s = np.where(
        denominator > _TINY * np.maximum(aa * bb, _TINY),
        np.clip((ab * b_apart - a_apart * bb) / np.maximum(denominator, _TINY * _TINY), 0.0, 1.0),
        0.0,
    )
    t = np.where(bb > _TINY, (ab * s + b_apart) / np.maximum(bb, _TINY), 0.0)
    t = np.clip(t, 0.0, 1.0)
    s = np.where(aa > _TINY, np.clip((ab * t - a_apart) / np.maximum(aa, _TINY), 0.0, 1.0), 0.0)
    gap = apart + along_a * s[:, None] - along_b * t[:, None]
    return np.sqrt(_dot(gap, gap))


def to_boxes(start: Points, end: Points, half_extents: Points) -> NDArray[np.float64]:
    """Distance of each segment from the box around its own origin, float64[pairs]; 0 inside.

    The squared distance along a segment is convex and its derivative piecewise linear with breaks where a
    coordinate passes a face; so the minimum is at an end, a break, or the root between two breaks.
    """
    along = end - start
    with np.errstate(divide="ignore", invalid="ignore"):
        breaks = np.concatenate(((half_extents - start) / along, (-half_extents - start) / along), axis=1)
    breaks = np.clip(np.nan_to_num(breaks, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    pairs = start.shape[0]
    times = np.sort(np.concatenate((np.zeros((pairs, 1)), breaks, np.ones((pairs, 1))), axis=1), axis=1)
    slope = _slope(times, start, along, half_extents)
    rise = slope[:, 1:] - slope[:, :-1]
    share = np.where(rise > 0.0, -slope[:, :-1] / np.where(rise > 0.0, rise, 1.0), 0.0)
    roots = times[:, :-1] + np.clip(share, 0.0, 1.0) * (times[:, 1:] - times[:, :-1])
    outside = _outside(np.concatenate((times, roots), axis=1), start, along, half_extents)
    return np.sqrt(np.min(np.sum(outside * outside, axis=2), axis=1))


def _dot(a: Points, b: Points) -> NDArray[np.float64]:
    return np.einsum("ij,ij->i", a, b)


def _outside(times: NDArray[np.float64], start: Points, along: Points, half: Points) -> NDArray[np.float64]:
    points = start[:, None, :] + times[:, :, None] * along[:, None, :]
    return np.maximum(np.abs(points) - half[:, None, :], 0.0)


def _slope(times: NDArray[np.float64], start: Points, along: Points, half: Points) -> NDArray[np.float64]:
    points = start[:, None, :] + times[:, :, None] * along[:, None, :]
    outside = np.maximum(np.abs(points) - half[:, None, :], 0.0)
    return np.sum(outside * np.sign(points) * along[:, None, :], axis=2)
