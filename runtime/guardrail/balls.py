"""Which capsules come near one another or a box at all, by the balls around them: the exact distances are dearer."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runtime.compiled import compiled

Indices = NDArray[np.intp]
Ends = NDArray[np.float64]
"""float64[steps, capsules, 2, 3]: both ends of every capsule's axis, in base."""


@compiled("void(float64[:,:,:,::1], int64[::1], float64[:,:,::1], float64[:,:,:,::1])")
def place_segments(frames: NDArray[np.float64], joints: Indices, local_m: NDArray[np.float64], ends: Ends) -> None:
    """Fill `ends` with `local_m`, [capsules, 2, 3], carried by the joints' frames; joint −1 is the base."""
    for step in range(frames.shape[0]):
        for capsule in range(joints.size):
            joint = joints[capsule]
            for end in range(2):
                for axis in range(3):
                    if joint < 0:
                        ends[step, capsule, end, axis] = local_m[capsule, end, axis]
                        continue
                    place = frames[step, joint, axis, 3]
                    for index in range(3):
                        place += frames[step, joint, axis, index] * local_m[capsule, end, index]
                    ends[step, capsule, end, axis] = place


@compiled("int64(float64[:,:,:,::1], int64[::1], int64[::1], float64[::1], float64, int64[:,::1])")
def pairs_of_balls(
    ends: Ends, first: Indices, second: Indices, reach_m: NDArray[np.float64], within_m: float, close: Indices
) -> int:
    """How many pairs of balls are nearer than `within_m`; their (step, pair) stand first in `close`."""
    count = 0
    for step in range(ends.shape[0]):
        for pair in range(first.size):
            one, other = first[pair], second[pair]
            square = 0.0
            for axis in range(3):
                apart = ends[step, one, 0, axis] + ends[step, one, 1, axis]
                apart -= ends[step, other, 0, axis] + ends[step, other, 1, axis]
                square += 0.25 * apart * apart
            if math.sqrt(square) < reach_m[one] + reach_m[other] + within_m:
                close[count, 0] = step
                close[count, 1] = pair
                count += 1
    return count


@compiled(
    "int64(float64[:,:,:,::1], int64[::1], float64[::1], float64,"
    " float64[:,:,::1], float64[:,::1], float64[:,::1], int64[:,::1])"
)
def balls_near_boxes(
    ends: Ends,
    moving: Indices,
    reach_m: NDArray[np.float64],
    within_m: float,
    base_in_box: NDArray[np.float64],
    centre_m: NDArray[np.float64],
    half_m: NDArray[np.float64],
    close: Indices,
) -> int:
    """How many balls of the `moving` capsules come nearer than `within_m` to a box.

    Their (step, capsule, box) stand first in `close`; boxes are given by rotation, centre and half extents.
    """
    count = 0
    for step in range(ends.shape[0]):
        for capsule in moving:
            for box in range(centre_m.shape[0]):
                square = 0.0
                for axis in range(3):
                    along = 0.0
                    for index in range(3):
                        middle = 0.5 * (ends[step, capsule, 0, index] + ends[step, capsule, 1, index])
                        along += base_in_box[box, axis, index] * (middle - centre_m[box, index])
                    outside = max(abs(along) - half_m[box, axis], 0.0)
                    square += outside * outside
                if math.sqrt(square) < reach_m[capsule] + within_m:
                    close[count, 0] = step
                    close[count, 1] = capsule
                    close[count, 2] = box
                    count += 1
    return count
