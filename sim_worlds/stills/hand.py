"""Where the hand is in a still: one of the configurations that occur when parts are picked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription, PartKind
from runtime.messages.geometry import Pose
from runtime.messages.joint import Vector
from sim_worlds.poses import matrix_of, pose_of
from sim_worlds.stills.finger_room import TIP_M, Aim, Disc, FingerRoom
from sim_worlds.stills.layout import Lying
from sim_worlds.stills.still import HAND, TRAY

OCCASIONS = {"watching": 0.2, "approaching": 0.4, "gripping": 0.1, "carrying": 0.18, "passing": 0.12}
"""Chance of each."""

LOWEST_M, HIGHEST_M = 0.02, 0.45
"""Tool centre point above the surface when a part is approached."""

STRADDLING_M = 0.07
"""Lower than this the fingers stand on both sides of the part, as they do on their way down."""

BELOW_TOP_M = 0.006
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Posture:
    """Arm and fingers."""

    occasion: str
    q_rad: Vector
    gripper_in_base: Pose
    width_m: float
    gripped: int | None = None
    """Index of the part between the fingers."""


class Poser:
    """Draws postures of one arm in one cell; the parts' true sizes come with each call."""

    def __init__(self, nominal: CellDescription) -> None:
        self._cell = nominal
        self._arm = Arm(nominal.robot)
        self._room = FingerRoom(nominal)

    def draw(
        self,
        parts: tuple[PartKind, ...],
        lying: Sequence[Lying],
        *,
        in_the_way: Sequence[Disc],
        random: np.random.Generator,
    ) -> Posture:
        """A posture that the arm can take, whose fingers stand in nothing. Where none is found: the home pose."""
        occasion = _chosen(float(random.random()))
        for _ in range(_TRIES):
            aim = self._aim(occasion, parts, lying, random)
            if aim is None:
                occasion = "watching"
                continue
            if not self._room.fits(aim, parts=parts, lying=lying, in_the_way=in_the_way):
                continue
            q_rad = self._arm.inverse(aim.pose, self._arm.home_rad)
            if q_rad is not None:
                return Posture(occasion, q_rad, self._arm.fk(q_rad), aim.width_m, aim.gripped)
        home = self._arm.home_rad.copy()
        return Posture("watching", home, self._arm.fk(home), self._cell.robot.gripper.width_max_m)

    def frames(self, posture: Posture) -> np.ndarray:
        """[joints + 3, 7]: base, joints, left and right finger, as the cameras take them."""
        gripper = matrix_of(posture.gripper_in_base)
        rows: list[Pose] = [Pose((0.0, 0.0, 0.0)), *(pose_of(frame) for frame in self._arm.frames(posture.q_rad))]
        for sign in (0.5, -0.5):
            finger = gripper.copy()
            finger[:3, 3] += sign * posture.width_m * gripper[:3, 1]
            rows.append(pose_of(finger))
        return np.array([[*pose.position_m, *pose.orientation_xyzw] for pose in rows])

    def flange_in_base(self, posture: Posture) -> np.ndarray:
        """[4, 4]."""
        return self._arm.frames(posture.q_rad)[-1] @ matrix_of(self._cell.robot.flange_in_last_joint)

    def _aim(
        self, occasion: str, parts: tuple[PartKind, ...], lying: Sequence[Lying], random: np.random.Generator
    ) -> Aim | None:
        if occasion == "watching":
            return self._watching(random)
        if occasion in ("carrying", "passing"):
            return self._under_way(occasion, parts, random)
        on_tray = [index for index, one in enumerate(lying) if one.place == TRAY]
        if not on_tray:
            return None
        index = on_tray[int(random.random() * len(on_tray))]
        pose = lying[index].part_in_base
        assert pose is not None
        if occasion == "gripping":
            return self._gripping(parts[index], index, pose, random)
        return self._approaching(parts[index], pose, random)

    def _watching(self, random: np.random.Generator) -> Aim:
        """Between tray and robot, the tray in view of the camera above; or home."""
        tray, lower = self._cell.tray, self._cell.workspace.lower_m
        x = float(random.uniform(lower[0] + 0.01, tray.centre_in_base_m[0]))
        y = tray.centre_in_base_m[1] + 0.05 * float(random.standard_normal())
        z = self._cell.floor_z_m + float(random.uniform(0.14, HIGHEST_M))
        return Aim(x, y, z, 0.3 * float(random.standard_normal()), self._any_width(random))

    def _approaching(self, part: PartKind, pose: Pose, random: np.random.Generator) -> Aim:
        """Anywhere on the way down: the lower, the nearer to the part and the better turned to it."""
        height = LOWEST_M + (HIGHEST_M - LOWEST_M) * float(random.random()) ** 1.5
        x, y, _ = pose.position_m
        along, beside, turn = (float(number) for number in random.standard_normal(3))
        yaw, width_m = self._across(part, pose, random)
        opening_m = min(self._cell.robot.gripper.width_max_m, width_m + 0.02 * float(random.uniform(0.4, 1.2)))
        if height < STRADDLING_M:
            room_m = 0.3 * (opening_m - width_m)
            x, y, yaw = x + room_m * 0.5 * along, y + room_m * 0.5 * beside, yaw + 0.05 * turn
        else:
            x, y = x + (0.008 + 0.22 * height) * along, y + (0.008 + 0.22 * height) * beside
            yaw = float(random.uniform(-math.pi, math.pi)) if random.random() < 0.5 else yaw + height * turn
            opening_m = self._any_width(random) if random.random() < 0.3 else opening_m
        return Aim(x, y, self._cell.tray.centre_in_base_m[2] + height, yaw, opening_m)

    def _gripping(self, part: PartKind, index: int, pose: Pose, random: np.random.Generator) -> Aim:
        """Fingers closed on a part that still lies."""
        yaw, width_m = self._across(part, pose, random)
        x, y, z = pose.position_m
        height = _grip_height_m(part, random)
        return Aim(x, y, z - 0.5 * part.size_m[2] + height, yaw, width_m, index)

    def _under_way(self, occasion: str, parts: tuple[PartKind, ...], random: np.random.Generator) -> Aim:
        """Between tray and totes, over one of these, or just above its floor; with a part or without."""
        cell = self._cell
        tote = cell.totes[int(random.random() * len(cell.totes))]
        share, height = float(random.random()) ** 0.5, 0.09 + 0.32 * float(random.random())
        start, end = cell.tray.centre_in_base_m, tote.centre_in_base_m
        low = share > 0.9 and random.random() < 0.5
        spread = 0.4 if low else 0.9
        aside = [spread * float(random.uniform(-1, 1)) * half_m for half_m in tote.inner_half_extents_m]
        x, y = (start[axis] + share * (end[axis] - start[axis]) + aside[axis] for axis in (0, 1))
        yaw = float(random.uniform(-0.5, 0.5)) * math.pi
        if occasion == "passing":
            return Aim(x, y, cell.floor_z_m + height, yaw, self._any_width(random))
        index = int(random.random() * len(parts))
        part = parts[index]
        across = 0 if part.size_m[1] > cell.robot.gripper.width_max_m else 1
        z = cell.floor_z_m + (0.03 if low else height) + 0.5 * part.size_m[2]
        return Aim(x, y, z, yaw, part.size_m[across], index, carried=True)

    def _across(self, part: PartKind, pose: Pose, random: np.random.Generator) -> tuple[float, float]:
        """Yaw of the hand across two faces that it can grip, and their distance."""
        _, _, z, w = pose.orientation_xyzw
        yaw = 2.0 * math.atan2(z, w)
        if part.shape == "cylinder":
            return float(random.uniform(-math.pi, math.pi)), part.size_m[0]
        fits = [axis for axis in (1, 0) if part.size_m[axis] + 0.004 <= self._cell.robot.gripper.width_max_m]
        axis = fits[int(random.random() * len(fits))]
        half_turn = math.pi if random.random() < 0.5 else 0.0
        return yaw + half_turn + (0.0 if axis == 1 else 0.5 * math.pi), part.size_m[axis]

    def _any_width(self, random: np.random.Generator) -> float:
        widest = self._cell.robot.gripper.width_max_m
        kind, width = (float(number) for number in random.random(2))
        if kind < 0.5:
            return widest
        return 0.0 if kind < 0.6 else width * widest


def with_part_in_hand(
    parts: tuple[PartKind, ...], lying: Sequence[Lying], posture: Posture, random: np.random.Generator
) -> list[Lying]:
    """The layout as it is with this posture: what is carried lies nowhere else."""
    layout = list(lying)
    if posture.occasion == "carrying" and posture.gripped is not None:
        layout[posture.gripped] = _held(parts[posture.gripped], posture, random)
    return layout


def _held(part: PartKind, posture: Posture, random: np.random.Generator) -> Lying:
    """Upright between the fingers, a little off along them, as it was gripped."""
    shift_m, turn_rad = 0.004 * float(random.standard_normal()), 0.03 * float(random.standard_normal())
    if abs(posture.width_m - part.size_m[1]) > 1e-9:
        turn_rad += 0.5 * math.pi
    lower_m = _grip_height_m(part, random) - 0.5 * part.size_m[2]
    upright = (math.cos(0.5 * turn_rad), math.sin(0.5 * turn_rad), 0.0, 0.0)  # the hand's z points down
    in_gripper = Pose((shift_m, 0.0, lower_m), upright)
    return Lying(HAND, pose_of(matrix_of(posture.gripper_in_base) @ matrix_of(in_gripper)))


def _grip_height_m(part: PartKind, random: np.random.Generator) -> float:
    """Tool centre point above the part's underside."""
    highest = max(TIP_M, part.size_m[2] - BELOW_TOP_M)
    return float(random.uniform(TIP_M, highest)) if part.size_m[2] < 0.03 else float(random.uniform(0.4, 0.7)) * highest


def _chosen(number: float) -> str:
    for occasion, chance in OCCASIONS.items():
        number -= chance
        if number < 0.0:
            return occasion
    return "watching"
