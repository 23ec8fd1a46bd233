"""Makes shards of stills, several processes side by side; what was made before an interruption is kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.training.labels import CAMERAS, Seen, describe, drop_cell, locate
from plugins.flow_vla.training.shards import STILLS, Shards
from runtime.keeping import kept_whole
from runtime.link.parentage import crew
from runtime.messages.cell import CellDescription
from runtime.perception import ViewGeometry
from sim_worlds.scenes import load_scene
from sim_worlds.stills import Still, StillRecipe, Studio
from sim_worlds.variation import TrainingMix


def make_stills(
    folder: Path, *, scene: str, first_seed: int, count: int, processes: int, progress: Callable[[int, int], None]
) -> Shards:
    """So many stills of a scene under every variation, in shards; those that are there already are kept.

    `progress` hears how many shards of how many are there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recipe, size = StillRecipe(scene=scene, mix=TrainingMix()), min(STILLS, count)
    end = first_seed + count
    wanted = {_file(folder, seed): seed for seed in range(first_seed, end, size)}
    missing = {file: seed for file, seed in wanted.items() if not file.exists()}
    done = len(wanted) - len(missing)
    progress(done, len(wanted))
    if missing:
        with crew(processes) as pool:
            waiting = [
                pool.submit(make_shard, file, recipe, seed, min(size, end - seed)) for file, seed in missing.items()
            ]
            for finished in as_completed(waiting):
                finished.result()
                done += 1
                progress(done, len(wanted))
    return Shards(folder, load_scene(scene).description)


def make_shard(file: Path, recipe: StillRecipe, seed: int, count: int) -> None:
    """One file with the stills of so many seeds; complete or not there."""
    cell = load_scene(recipe.scene).description
    studio = Studio(recipe)
    try:
        rows = [label(studio.take(seed + index), cell) for index in range(count)]
    finally:
        studio.close()
    arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    with kept_whole(file) as partial:
        np.savez(str(partial), allow_pickle=False, **arrays)


def label(still: Still, cell: CellDescription) -> dict[str, NDArray[Any]]:
    """One still as arrays."""
    seen = seen_parts(still, cell)
    arrays: dict[str, NDArray[Any]] = dict(describe(seen))
    random = np.random.default_rng((still.seed, 0xD209))
    carried = cell.parts[int(random.integers(len(cell.parts)))]
    overhead = still.views[CAMERAS[0]]
    view = ViewGeometry(overhead.camera, overhead.camera_in_base)
    arrays["drops"] = np.array([drop_cell(seen, carried, tote, view, cell) for tote in cell.totes])
    for camera in CAMERAS:
        shown = still.views[camera]
        arrays[f"picture {camera}"] = shown.picture.image
        geometry = ViewGeometry(shown.camera, shown.camera_in_base)
        for name, array in locate(seen, camera, geometry, cell).items():
            arrays[f"{name} {camera}"] = array
    return arrays


def seen_parts(still: Still, cell: CellDescription) -> list[Seen]:
    """The parts of a still in the shape that labels are made of."""
    parts: list[Seen] = []
    for kind, part in zip(cell.parts, still.parts, strict=True):
        if part.part_in_base is None:
            parts.append(Seen(kind, math.nan, math.nan, math.nan, 0.0, part.place, {}, {}))
            continue
        x_m, y_m, z_m = part.part_in_base.position_m
        x, y, z, w = part.part_in_base.orientation_xyzw
        yaw_rad = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        pixels = {name: sight.pixel for name, sight in part.sights.items() if sight.visible and sight.inside}
        depths_m = {name: part.sights[name].depth_m for name in pixels}
        parts.append(Seen(kind, x_m, y_m, z_m, yaw_rad, part.place, pixels, depths_m))
    return parts


def _file(folder: Path, seed: int) -> Path:
    return folder / f"stills-{seed:08d}.npz"
