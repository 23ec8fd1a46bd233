"""One look: both pictures through the eyes, and what they answer to the question of the task."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.engine import Engine, Seen
from plugins.flow_vla.eyes import CELL_PX, CELLS, TURNS
from plugins.flow_vla.geometry import base_turn, cell_places, pixel_of
from plugins.flow_vla.grounding import leaning
from plugins.flow_vla.slots import COLOURS, SHAPES
from plugins.flow_vla.turns import frame_of, side_px
from runtime.messages.cell import CellDescription
from runtime.perception import ViewGeometry
from runtime.ports import CameraView

STEEP = 40.0
"""How much a place counts against how well something fits, in logits a half of the tray: parts 2 cm apart differ."""

FIT_MIN = 0.01
"""Share of the heat that a cell needs without regard to its place; one of eight parts alike has some ten times that."""

ALIKE = 0.6
"""Directions with so much of the best one's share are as good; the teacher of the lessons thinks so too."""

TRAY = 1.05
NEAR_CELLS = 2
"""A peak is everything within so many cells of its highest one: a whole part."""

AT_CELLS = 3
"""Something at a place is seen within so many cells of it: 12 pixels, a little more than half a part in the hand."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Where one camera sees what is meant."""

    share: float
    """Probability of this place."""

    rival: float
    """Probability of the next likely place elsewhere in the picture."""

    absent: float
    """Probability that it is not in the picture."""

    sharpness: float
    """0…1: how much of the peak is in its highest cell."""

    pixel: tuple[float, float]
    x_m: float
    y_m: float
    z_m: float
    """Centre of the part in base."""

    turns_rad: tuple[float, ...]
    """Directions of the hand's x axis in base, half a turn, to grip it by; the likeliest first."""

    colour: str
    shape: str


@dataclass(slots=True)
class Look:
    """What one camera gave."""

    view: ViewGeometry
    peak: Peak
    heat: NDArray[np.float32]
    """f32[CELLS, CELLS], probabilities."""

    room: NDArray[np.float32] = field(repr=False)
    """f32[CELLS²], logits of a good place to put something down."""

    def share_at(self, point_m: tuple[float, float, float]) -> float:
        """0…1: probability that what is meant is seen at this place in base."""
        column, row, depth = self.view.project_point(point_m)
        if depth <= 0.0:
            return 0.0
        across, down = math.floor(column / CELL_PX), math.floor(row / CELL_PX)
        rows = slice(max(0, down - AT_CELLS), max(0, down + AT_CELLS + 1))
        columns = slice(max(0, across - AT_CELLS), max(0, across + AT_CELLS + 1))
        return float(self.heat[rows, columns].sum())


class Sight:
    """The eyes of one policy on one cell."""

    def __init__(self, engine: Engine, cell: CellDescription) -> None:
        self._engine = engine
        self._floor_m = cell.tray.centre_in_base_m[2]
        self._centre = np.array(cell.tray.centre_in_base_m[:2])
        self._half = np.array(cell.tray.inner_half_extents_m)

    def look(
        self, camera: str, view: CameraView, asked: NDArray[np.float32], place: NDArray[np.float32] | None
    ) -> Look:
        """Answer one question about one picture. `place` is asked of the fixed camera alone."""
        geometry = ViewGeometry(view.camera, view.camera_in_base)
        seen = self._engine.see(camera, view.picture.image, asked)
        heat = seen.heat
        if place is not None:
            places = cell_places(geometry, z_m=self._floor_m + 0.02, offsets=seen.offset.reshape(2, -1).T)
            where = (places - self._centre) / self._half
            heat = outermost(heat, leaning(place, where), in_tray=np.abs(where).max(axis=1) < TRAY)
        shares = _softmax(heat)
        return Look(
            view=geometry,
            peak=self._peak(camera, geometry, shares, seen),
            heat=shares[:-1].reshape(CELLS, CELLS),
            room=seen.room,
        )

    def _peak(
        self,
        camera: str,
        view: ViewGeometry,
        shares: NDArray[np.float32],
        seen: Seen,
    ) -> Peak:
        grid = shares[:-1].reshape(CELLS, CELLS)
        best = int(shares[:-1].argmax())
        down, across = divmod(best, CELLS)
        rows = slice(max(0, down - NEAR_CELLS), down + NEAR_CELLS + 1)
        columns = slice(max(0, across - NEAR_CELLS), across + NEAR_CELLS + 1)
        share = float(grid[rows, columns].sum())
        elsewhere = grid.copy()
        elsewhere[rows, columns] = 0.0
        offset = seen.offset[:, down, across].tolist()
        pixel = pixel_of(best, (offset[0], offset[1]))
        z_m = self._floor_m + 0.01 * float(seen.height[down, across])
        x_m, y_m = view.on_plane(np.array([pixel]), z_m=z_m)[0].tolist()
        kinds = seen.kinds[:, down, across]
        return Peak(
            share=share,
            rival=float(_largest_window(elsewhere)),
            absent=float(shares[-1]),
            sharpness=float(grid[down, across] / max(share, 1e-6)),
            pixel=pixel,
            x_m=x_m,
            y_m=y_m,
            z_m=z_m,
            turns_rad=self._turns(camera, view, pixel, (x_m, y_m, z_m)),
            colour=COLOURS[1 + int(kinds[1:7].argmax())],
            shape=SHAPES[1 + int(kinds[7:10].argmax())],
        )

    def _turns(
        self,
        camera: str,
        view: ViewGeometry,
        pixel: tuple[float, float],
        point_m: tuple[float, float, float],
    ) -> tuple[float, ...]:
        """A close look at what stands there."""
        if not math.isfinite(point_m[0]):
            return ()
        side = side_px(view.focal_px, view.project_point(point_m)[2])
        return _summits(view, self._engine.turn(camera, frame_of(pixel, side)))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


def outermost(
    heat: NDArray[np.float32], along: NDArray[np.float64], *, in_tray: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Logits f32[cells + 1] once a place counts: among the cells that fit at all, and lie in the tray.

    `along`: f64[cells], how far each lies that way, in half trays.
    """
    logits = np.log(np.maximum(_softmax(heat), 1e-12))
    fits = in_tray & (logits[:-1] > math.log(FIT_MIN))
    logits[:-1] = np.where(fits, logits[:-1] + STEEP * along, -1e3)
    if fits.any():
        logits[-1] += STEEP * float(along[fits].max())
    return logits.astype(np.float32)


def _largest_window(grid: NDArray[np.float32]) -> float:
    """The most probability in any window of 3 x 3 cells."""
    padded = np.pad(grid, 1)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return float((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]).max())


def _summits(view: ViewGeometry, shares: NDArray[np.float32]) -> tuple[float, ...]:
    """The likely directions, each as the mean of a bin and its neighbours."""
    left, right = np.roll(shares, 1), np.roll(shares, -1)
    summits = np.flatnonzero((shares >= left) & (shares > right) & (shares > ALIKE * shares.max()))
    order = sorted(summits.tolist(), key=lambda index: -float(shares[index]))
    found: list[float] = []
    for index in order[:3]:
        weight = float(left[index] + shares[index] + right[index])
        bin_ = index + float(right[index] - left[index]) / max(weight, 1e-6)
        found.append(base_turn(view, (bin_ + 0.5) * math.pi / TURNS))
    return tuple(found)
