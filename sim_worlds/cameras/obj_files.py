"""Read triangles of Wavefront OBJ files, grouped by light and dark material.

Only what a light visual model needs: positions, faces and the diffuse grey of each material.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DARK_BELOW = 0.45
"""Materials whose mean diffuse value is below this form the dark group (joint covers, screws)."""


@dataclass(frozen=True, slots=True)
class TriangleGroup:
    """Triangles of one tone."""

    dark: bool
    vertices: NDArray[np.float64]
    """[n, 3], metres, frame of the file."""

    triangles: NDArray[np.int64]
    """[m, 3], indices into `vertices`."""


def read_obj(path: Path) -> tuple[TriangleGroup, ...]:
    """The light and the dark triangles of a file; polygons are fanned. Raises OSError or ValueError."""
    dark_names = _dark_materials(path)
    positions: list[str] = []
    faces: dict[bool, list[tuple[int, int, int]]] = {False: [], True: []}
    dark = False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("v "):
            positions.append(line[2:])
        elif line.startswith("f "):
            corners = [int(corner.split("/", 1)[0]) for corner in line[2:].split()]
            indices = [corner - 1 if corner > 0 else len(positions) + corner for corner in corners]
            faces[dark].extend((indices[0], indices[k], indices[k + 1]) for k in range(1, len(indices) - 1))
        elif line.startswith("usemtl "):
            dark = line[7:].strip() in dark_names
    vertices = np.array([row.split()[:3] for row in positions], dtype=np.float64)
    return tuple(
        TriangleGroup(dark=tone, vertices=vertices, triangles=np.array(rows, dtype=np.int64))
        for tone, rows in faces.items()
        if rows
    )


def _dark_materials(path: Path) -> frozenset[str]:
    material_file = path.with_suffix(".mtl")
    if not material_file.is_file():
        return frozenset()
    dark: set[str] = set()
    name = ""
    for line in material_file.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if words[:1] == ["newmtl"]:
            name = " ".join(words[1:])
        elif words[:1] == ["Kd"] and sum(map(float, words[1:4])) / 3.0 < DARK_BELOW:
            dark.add(name)
    return frozenset(dark)
