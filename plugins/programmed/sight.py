"""What the policy has seen: the wanted part as a track, everything else as things in the way."""

from __future__ import annotations

import math

from plugins.programmed.track import PartTrack
from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription, PartKind
from runtime.messages.policy import TargetMark
from runtime.perception import Sighting, ViewGeometry, shared_finder
from runtime.picking.spots import CYLINDER, Disc, radius_m
from runtime.ports import CameraView, Observation

OVERHEAD = "overhead"
WRIST = "wrist"
QUALITY_MIN = 0.4
WRIST_CLEAR_M = 0.045
"""Closer to the part, fingers and lean spoil the wrist camera's view of it."""

FIRST_QUALITY_MIN = 0.6
"""What the wrist camera alone must show of a part that the overhead camera has not found yet."""

TRAY = "tray"


class Sight:
    """Reads both pictures of an observation; keeps what stays true between them."""

    def __init__(self, cell: CellDescription, arm: Arm) -> None:
        """One finder for both cameras."""
        self._cell = cell
        self._arm = arm
        self._finder = shared_finder(cell)
        self._fixed_cameras = tuple(camera for camera in cell.cameras if not camera.on_flange)
        self._others: dict[str, Sighting] = {}
        self._wanted: PartKind | None = None
        self._wrist_may_find = False
        self.track: PartTrack | None = None
        self.place = ""
        """Where the wanted part was last seen, when not in the tray."""

        self.view_free = False
        """Whether the arm left tray and totes uncovered in the newest overhead picture."""

        self.blank_looks = 0
        """Free overhead pictures in a row without the wanted part in the tray."""

        self.scene_quality = 0.0
        """Mean quality of everything the newest overhead picture showed."""

    def want(self, part: PartKind | None, *, resumed: bool = False) -> None:
        """Look for this part from now on; forgets the last one.

        A pick begins with a picture from above, so that the whole cell knows where the part was. When another
        policy's pick is `resumed` the hand may hide it: then the wrist camera alone may find it.
        """
        self._wanted = part
        self._wrist_may_find = resumed
        self.forget()

    def forget(self) -> None:
        """Find the wanted part anew: it may have been moved."""
        self.track = None
        self.place = ""
        self.blank_looks = 0

    def look(self, observation: Observation, *, gripping: bool) -> None:
        """Take both pictures; while `gripping`, what is seen of the wanted part is in the hand and proves nothing."""
        overhead = observation.views.get(OVERHEAD)
        if overhead is not None:
            self._look_from_above(observation, overhead, gripping=gripping)
        wrist = observation.views.get(WRIST)
        if wrist is not None and self._wanted is not None and not gripping:
            self._look_along(observation, wrist, self._wanted)

    def discs(self, *, places: tuple[str, ...]) -> list[Disc]:
        """Other parts in these places, as obstacles."""
        kinds = {part.name: part for part in self._cell.parts}
        wanted = self._wanted.name if self._wanted is not None else ""
        return [
            Disc(seen.x_m, seen.y_m, radius_m(kinds[name]))
            for name, seen in self._others.items()
            if name != wanted and seen.place in places
        ]

    def in_tray(self) -> list[Sighting]:
        """What was last seen clearly in the tray, the wanted part too."""
        return [seen for seen in self._others.values() if seen.place == TRAY]

    def overhead_geometry(self) -> ViewGeometry | None:
        """The fixed camera's geometry, for spots that it can see."""
        camera = next((camera for camera in self._fixed_cameras if camera.name == OVERHEAD), None)
        return None if camera is None else ViewGeometry(camera, camera.camera_in_parent)

    def marks(self, observation: Observation) -> tuple[TargetMark, ...]:
        """Where the wanted part is believed to be in each picture."""
        if self.track is None or self._wanted is None:
            return ()
        x_m, y_m = self.track.at(observation.stamp_ns)
        marks: list[TargetMark] = []
        for name, view in observation.views.items():
            geometry = ViewGeometry(view.camera, view.camera_in_base)
            column, row, depth = geometry.project_point((x_m, y_m, self.track.z_m))
            if depth > 0.02 and 0.0 <= column <= view.camera.width_px and 0.0 <= row <= view.camera.height_px:
                radius_px = radius_m(self._wanted) * geometry.focal_px / depth
                marks.append(TargetMark(name, (column, row), radius_px, self._wanted.name))
        return tuple(marks)

    def _look_from_above(self, observation: Observation, view: CameraView, *, gripping: bool) -> None:
        frames = self._arm.frames(observation.q_rad)
        sightings, self.view_free = self._finder.survey(view, arm_frames=frames)
        self.scene_quality = sum(seen.quality for seen in sightings) / len(sightings) if sightings else 0.0
        clear = [seen for seen in sightings if not seen.cut and seen.quality >= QUALITY_MIN]
        if self.view_free:
            self._others = {}
        self._others.update({seen.part: seen for seen in clear})
        if self._wanted is None or gripping:
            return
        found = next((seen for seen in clear if seen.part == self._wanted.name), None)
        if found is not None and found.place == TRAY:
            self._take(found, self._wanted)
        elif self.view_free:
            self.blank_looks += 1
            self.place = found.place if found is not None else ""

    def _look_along(self, observation: Observation, view: CameraView, wanted: PartKind) -> None:
        height_m = observation.gripper_in_base.position_m[2] - self._cell.tray.centre_in_base_m[2]
        if height_m < WRIST_CLEAR_M + 0.5 * wanted.size_m[2]:
            return
        if self.track is None and not self._wrist_may_find:
            return
        for seen in self._finder.find(view, only=wanted.name):
            enough = QUALITY_MIN if self.track is not None else FIRST_QUALITY_MIN
            if seen.part == wanted.name and not seen.cut and seen.quality >= enough and seen.place == TRAY:
                self._take(seen, wanted)

    def _take(self, seen: Sighting, wanted: PartKind) -> None:
        self.blank_looks = 0
        if self.track is None:
            belt = self._cell.tray.belt_velocity_m_s
            self.track = PartTrack(seen, velocity_m_s=(belt[0], belt[1]), symmetry_rad=_symmetry_rad(wanted))
        else:
            self.track.see(seen)


def _symmetry_rad(part: PartKind) -> float:
    """The turn after which a part looks the same; 0 when every turn does."""
    if part.shape == CYLINDER:
        return 0.0
    return 0.5 * math.pi if abs(part.size_m[0] - part.size_m[1]) < 1e-3 else math.pi
