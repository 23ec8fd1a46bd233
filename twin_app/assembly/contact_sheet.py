"""A sheet of pictures: one cell without a variation and at its three strengths, as both cameras see it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.mistakes import UserMistake
from sim_worlds.cameras import CameraRig
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.variation import STRENGTHS, Variation, VariedScene, vary
from twin_app.assembly.setup import CellSetup, read_scene

ENLARGED = 2
MARGIN_PX = 6
HEADING_PX = 22
PAPER, INK = 245, 20
KINDS = (".png", ".jpg")
JPEG_QUALITY = 75
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Sheet = NDArray[np.uint8]


def draw_sheet(setup: CellSetup, *, names: Sequence[str], seeds: Sequence[int]) -> Sheet:
    """u8[height, width, 3], RGB. Rows: each seed with each of these variations; columns: the strengths."""
    scene = read_scene(CellSetup(scene=setup.scene)).scene
    rows: list[Sheet] = []
    for seed in seeds:
        heading = f"seed {seed}" if len(names) == 1 else "as drawn"
        plain = _cell(heading, vary(scene, variations=(), seed=seed), setup, seed)
        for name in names:
            cells = [plain]
            for strength, value in STRENGTHS.items():
                varied = vary(scene, variations=(Variation(name, value),), seed=seed)
                cells.append(_cell(f"{name}:{strength}", varied, setup, seed))
            rows.append(np.concatenate(cells, axis=1))
    return np.concatenate(rows)


def check_sheet(path: Path) -> None:
    """Raise `UserMistake` for a file name that is no picture's, or a folder that cannot be written."""
    if path.suffix.lower() not in KINDS:
        raise UserMistake(f"{path} is no picture file", remedy=f"give a file name that ends in {' or '.join(KINDS)}")
    if not path.parent.is_dir():
        raise UserMistake(f"there is no folder {path.parent}", remedy="make it, or give another file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as trouble:
        raise UserMistake(f"cannot write {path}: {trouble.strerror}", remedy="give another file") from trouble


def write_sheet(sheet: Sheet, path: Path) -> None:
    """As its name says; raises `UserMistake` where it cannot be written."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]  # a PNG takes no notice of it
    done, packed = cv2.imencode(path.suffix.lower(), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), quality)
    try:
        path.write_bytes(packed.tobytes() if done else b"")
    except OSError as trouble:
        raise UserMistake(f"cannot write {path}: {trouble.strerror}", remedy="give another file") from trouble


def _cell(heading: str, varied: VariedScene, setup: CellSetup, seed: int) -> Sheet:
    """Both pictures beside each other, under a heading."""
    pictures = [_enlarged(image) for image in _pictures(varied, setup, seed)]
    height = max(len(picture) for picture in pictures)
    width = sum(picture.shape[1] for picture in pictures)
    sheet = np.full((height + HEADING_PX + MARGIN_PX, width + 2 * MARGIN_PX, 3), PAPER, dtype=np.uint8)
    cv2.putText(sheet, heading, (MARGIN_PX, HEADING_PX - 6), _FONT, 0.5, (INK, INK, INK), 1, cv2.LINE_AA)
    column = MARGIN_PX
    for picture in pictures:
        sheet[HEADING_PX : HEADING_PX + len(picture), column : column + picture.shape[1]] = picture
        column += picture.shape[1]
    return sheet


def _pictures(varied: VariedScene, setup: CellSetup, seed: int) -> list[Sheet]:
    """The cell as a run with this seed would find it at its start."""
    plant = PyBulletPlant(varied.scene, mismatch=setup.mismatch, seed=seed, loose=varied.clutter.loose)
    rig = CameraRig(varied, renderer=setup.renderer, seed=seed, mismatch=setup.mismatch)
    try:
        return [picture.image for picture in rig.capture_truth(plant.truth(), stamp_ns=0)]
    finally:
        rig.close()
        plant.close()


def _enlarged(image: Sheet) -> Sheet:
    return image.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
