"""All triangles of a cell in one buffer, so that a picture is one draw call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Pose, Vector3
from sim_worlds.cameras.frames import matrices
from sim_worlds.cameras.simplification import LightMesh
from sim_worlds.poses import matrix_of
from sim_worlds.variation.look import Pattern

PLAIN = 0
"""Number of the surface without a pattern; those of a look come after it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Triangles of one or several bodies."""

    vertices: NDArray[np.float32]
    """[n, 10]: position, normal (body frame), linear colour, body index."""

    indices: NDArray[np.uint32]
    """[3 m], counted from this block's first vertex."""

    casts: bool
    """Whether it throws a shadow."""

    surface: int = PLAIN


@dataclass(frozen=True, slots=True)
class Drawing:
    """Vertices of everything; each belongs to a body whose matrix moves it.

    Body 0 is what never moves; then base, joints, left finger, right finger, parts, loose objects, in this order.
    """

    vertices: NDArray[np.float32]
    """[n, 10]: position, normal (body frame), linear colour, body index."""

    indices: NDArray[np.uint32]
    """[3 m]."""

    casting: NDArray[np.uint32]
    """Those of `indices` that throw shadows."""

    links: int
    """Bodies of the arm: base, joints and two fingers."""

    parts: int
    loose: int
    surfaces: NDArray[np.float32]
    """[n]: number of each vertex's surface: 0 is plain, the others are rows of the patterns."""

    patterns: tuple[Pattern | None, ...] = ()
    """Of the surfaces, by number; empty when there are none at all, and pictures need no shader for them."""

    @property
    def bodies(self) -> int:
        """How many matrices a picture needs."""
        return 1 + self.links + self.parts + self.loose


class DrawingBoard:
    """Collects blocks; `finish` hands the drawing out."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []

    def add(
        self,
        mesh: LightMesh,
        *,
        body: int,
        colour_rgb: Vector3,
        pose: Pose | None = None,
        casts: bool = True,
        surface: int = PLAIN,
    ) -> None:
        """One mesh in one display colour (sRGB, 0…1), placed in its body's frame; `casts` a shadow or not."""
        place = np.eye(4) if pose is None else matrix_of(pose)
        count = len(mesh.vertices)
        rows = np.empty((count, 10), dtype=np.float32)
        rows[:, 0:3] = mesh.vertices @ place[:3, :3].T + place[:3, 3]
        rows[:, 3:6] = mesh.normals @ place[:3, :3].T
        rows[:, 6:9] = linear(colour_rgb)
        rows[:, 9] = body
        self._blocks.append(Block(rows, mesh.triangles.astype(np.uint32).reshape(-1), casts, surface))

    def take(self, blocks: tuple[Block, ...]) -> None:
        """Blocks that were made before."""
        self._blocks += blocks

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Everything added so far."""
        return tuple(self._blocks)

    def finish(self, *, links: int, parts: int, loose: int = 0, patterns: tuple[Pattern | None, ...] = ()) -> Drawing:
        """Everything added so far as one drawing."""
        starts = np.cumsum([0, *(len(block.vertices) for block in self._blocks)])
        indices = [block.indices + np.uint32(start) for block, start in zip(self._blocks, starts, strict=False)]
        casting = [numbers for block, numbers in zip(self._blocks, indices, strict=True) if block.casts]
        surfaces = [np.full(len(block.vertices), block.surface, dtype=np.float32) for block in self._blocks]
        return Drawing(
            np.concatenate([block.vertices for block in self._blocks]),
            np.concatenate(indices),
            np.concatenate([np.zeros(0, dtype=np.uint32), *casting]),
            links,
            parts,
            loose,
            np.concatenate(surfaces),
            patterns,
        )


def linear(colour_rgb: Vector3) -> NDArray[np.float64]:
    """Display colour to linear light (sRGB, IEC 61966-2-1, as a plain power of 2.2)."""
    return np.clip(np.asarray(colour_rgb, dtype=np.float64), 0.0, 1.0) ** 2.2


def body_matrices(drawing: Drawing, poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """[bodies, 3, 4] from [links + parts + loose, 7] poses; a body with a pose that is not finite is not drawn."""
    placed = np.empty((drawing.bodies, 3, 4), dtype=np.float32)
    placed[0] = np.eye(4)[:3]
    placed[1:] = matrices(poses)[:, :3]
    if not np.isfinite(placed).all():
        placed[~np.isfinite(placed).all(axis=(1, 2))] = 0.0
    return placed
