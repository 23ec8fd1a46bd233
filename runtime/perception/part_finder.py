"""Finds the parts of a cell's catalogue in one camera picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.camera import Detection, SceneBelief
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Pose
from runtime.perception.arm_shadow import ArmShadow
from runtime.perception.colours import ColourKey
from runtime.perception.outlines import Blob, blobs, cast
from runtime.perception.places import Places
from runtime.perception.projection import Matrix, ViewGeometry
from runtime.perception.silhouettes import Fit, fit
from runtime.ports import CameraView

BLOBS_A_COLOUR = 5
QUALITY_FLOOR = 0.05
"""Worse fits are not taken for the part at all."""

CUT_QUALITY = 0.4
"""What an outline is worth from which the border or the arm may have cut a piece."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A part of the catalogue in one picture, with everything measured about it."""

    part: str
    stamp_ns: int
    x_m: float
    y_m: float
    z_m: float
    """Half the part's height above what it lies on."""

    yaw_rad: float
    """Of its long side; a quarter turn is no difference for a square, and a cylinder has none."""

    quality: float
    residual: float
    """RMS logarithmic error of extents and area against the catalogue."""

    pixel_m: float
    """Footprint of a pixel there: the scale of what this picture can tell."""

    cut: bool
    place: str
    pixel: tuple[float, float]
    area_px: float
    radius_px: float


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """What one picture said, kept until the next: belief and policy look at the same overhead picture."""

    view: CameraView
    arm_frames: Matrix
    geometry: ViewGeometry
    sightings: tuple[Sighting, ...]
    occluded: bool

    def answers(self, view: CameraView, arm_frames: Matrix) -> bool:
        """Whether this very picture was read, with the arm standing so."""
        return self.view is view and np.array_equal(self.arm_frames, arm_frames)


class PartFinder:
    """Reads pictures of one cell. The same picture gives the same answer; several threads may ask."""

    def __init__(self, cell: CellDescription) -> None:
        """Prepare colours, places and the arm's capsules."""
        self._cell = cell
        self._colours = ColourKey(cell.parts)
        self._places = Places(cell)
        self._arm = ArmShadow(cell.robot)
        self._newest: _Reading | None = None
        self._kinds = {
            label: [part for part, own in zip(cell.parts, self._colours.labels, strict=True) if own == label]
            for label in sorted(set(self._colours.labels))
        }

    def find(
        self, view: CameraView, *, arm_frames: Matrix | None = None, only: str | None = None
    ) -> tuple[Sighting, ...]:
        """Every catalogue part that the picture shows, or `only` this one and those of its colour.

        `arm_frames` [joints, 4, 4] hides what the arm covers.
        """
        geometry = ViewGeometry(view.camera, view.camera_in_base)
        return self._find(view, geometry, self._covered(geometry, arm_frames), only=only)

    def survey(self, view: CameraView, *, arm_frames: Matrix) -> tuple[tuple[Sighting, ...], bool]:
        """Every part that the picture shows, and whether the arm leaves tray and totes uncovered."""
        reading = self._read(view, arm_frames)
        return reading.sightings, not reading.occluded

    def believe(
        self, view: CameraView, *, arm_frames: Matrix | None = None, gripper_in_base: Pose | None = None
    ) -> SceneBelief:
        """What the overhead picture says about the whole cell."""
        if arm_frames is None:
            geometry, occluded = ViewGeometry(view.camera, view.camera_in_base), False
            sightings = self._find(view, geometry, None)
        else:
            reading = self._read(view, arm_frames)
            geometry, sightings, occluded = reading.geometry, reading.sightings, reading.occluded
        if gripper_in_base is not None:
            sightings = tuple(_in_hand(sighting, geometry, gripper_in_base) for sighting in sightings)
        seen = {sighting.part for sighting in sightings}
        return SceneBelief(
            stamp_ns=view.picture.frame.stamp_ns,
            detections=tuple(self._detection(sighting) for sighting in sightings),
            occluded=occluded,
            missing=tuple(part.name for part in self._cell.parts if part.name not in seen),
        )

    def view_is_free(self, camera: CameraDescription, *, arm_frames: Matrix) -> bool:
        """Whether the arm, standing so, leaves tray and totes uncovered for a camera on the base; needs no pixels."""
        geometry = ViewGeometry(camera, camera.camera_in_parent)
        return not self._places.covered(geometry, self._arm.mask(geometry, arm_frames))

    def _read(self, view: CameraView, arm_frames: Matrix) -> _Reading:
        newest = self._newest
        if newest is None or not newest.answers(view, arm_frames):
            geometry = ViewGeometry(view.camera, view.camera_in_base)
            covered = self._arm.mask(geometry, arm_frames)
            occluded = self._places.covered(geometry, covered)
            newest = _Reading(view, arm_frames, geometry, self._find(view, geometry, covered), occluded)
            self._newest = newest
        return newest

    def _covered(self, geometry: ViewGeometry, arm_frames: Matrix | None) -> NDArray[np.uint8] | None:
        return None if arm_frames is None else self._arm.mask(geometry, arm_frames)

    def _find(
        self,
        view: CameraView,
        geometry: ViewGeometry,
        covered: NDArray[np.uint8] | None,
        *,
        only: str | None = None,
    ) -> tuple[Sighting, ...]:
        labels = self._colours.classify(view.picture.image)
        if covered is not None:
            labels = np.asarray(cv2.bitwise_and(labels, cv2.bitwise_not(covered)), dtype=np.uint8)
        found: list[Sighting] = []
        for label, kinds in self._kinds.items():
            if only is not None and all(kind.name != only for kind in kinds):
                continue
            of_colour = blobs((labels == label).view(np.uint8), covered=covered)[:BLOBS_A_COLOUR]
            fits = [
                (fit(blob, footprint, geometry, kind, places=self._places), blob, index)
                for index, blob in enumerate(of_colour)
                if (footprint := cast(blob, geometry)) is not None
                for kind in kinds
            ]
            found += self._assign(fits, view.picture.frame.stamp_ns)
        return tuple(found)

    def _assign(self, fits: list[tuple[Fit, Blob, int]], stamp_ns: int) -> list[Sighting]:
        """Best fit first; every blob and every part of the catalogue is used once at most."""
        used_blobs: set[int] = set()
        used_parts: set[str] = set()
        found: list[Sighting] = []
        for candidate, blob, index in sorted(fits, key=lambda entry: entry[0].residual):
            if index in used_blobs or candidate.kind.name in used_parts:
                continue
            sighting = self._sighting(candidate, blob, stamp_ns)
            if sighting.quality >= QUALITY_FLOOR:
                used_blobs.add(index)
                used_parts.add(candidate.kind.name)
                found.append(sighting)
        return found

    def _sighting(self, candidate: Fit, blob: Blob, stamp_ns: int) -> Sighting:
        quality = candidate.quality * (CUT_QUALITY if blob.cut else 1.0)
        return Sighting(
            part=candidate.kind.name,
            stamp_ns=stamp_ns,
            x_m=candidate.x_m,
            y_m=candidate.y_m,
            z_m=candidate.z_m,
            yaw_rad=candidate.yaw_rad,
            quality=quality,
            residual=candidate.residual,
            pixel_m=candidate.pixel_m,
            cut=blob.cut,
            place=self._places.at(candidate.x_m, candidate.y_m),
            pixel=blob.middle_px,
            area_px=blob.area_px,
            radius_px=math.sqrt(blob.area_px / math.pi),
        )

    def _detection(self, sighting: Sighting) -> Detection:
        height_m = next(part.size_m[2] for part in self._cell.parts if part.name == sighting.part)
        half = 0.5 * sighting.yaw_rad
        pose = Pose(
            (sighting.x_m, sighting.y_m, sighting.z_m + 0.5 * height_m), (0.0, 0.0, math.sin(half), math.cos(half))
        )
        return Detection(sighting.part, pose, sighting.pixel, sighting.area_px, sighting.quality, sighting.place)


@lru_cache(maxsize=4)
def shared_finder(cell: CellDescription) -> PartFinder:
    """The finder of this cell for everybody in this process, so that a picture is read once and not by each."""
    return PartFinder(cell)


def find_parts(
    view: CameraView,
    cell: CellDescription,
    *,
    arm_frames: Matrix | None = None,
    gripper_in_base: Pose | None = None,
) -> SceneBelief:
    """One picture's belief; whoever reads more than one keeps a `PartFinder`."""
    return PartFinder(cell).believe(view, arm_frames=arm_frames, gripper_in_base=gripper_in_base)


def _in_hand(sighting: Sighting, geometry: ViewGeometry, gripper_in_base: Pose) -> Sighting:
    """A part that appears right at a raised tool centre point is held, wherever its ray meets the table."""
    if gripper_in_base.position_m[2] < sighting.z_m + 0.06:
        return sighting
    column, row, depth = geometry.project_point(gripper_in_base.position_m)
    apart_px = math.hypot(column - sighting.pixel[0], row - sighting.pixel[1])
    return replace(sighting, place="gripper") if apart_px < 0.03 * geometry.focal_px / depth else sighting
