"""Where parts lie in a still: on the tray as the scene puts them, closer together, at walls, in totes, or nowhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from runtime.messages.cell import CellDescription, PartKind, Tote
from runtime.messages.geometry import Pose, Quaternion
from sim_worlds.scenes import Scene, SceneError
from sim_worlds.scenes.file import PlacementTable
from sim_worlds.scenes.placement import circle_radius_m
from sim_worlds.stills.still import ABSENT, TRAY

TIGHT = PlacementTable(wall_margin_m=0.002, gap_m=0.006)
TIGHT_CHANCE = 0.25
WALL_CHANCE = 0.3
"""That one part of the tray is pushed against a wall."""

TRAY_CHANCE, TOTE_CHANCE = 0.72, 0.18
"""Of a part; otherwise it is absent. As in a run some of whose parts are done."""

SIDE_CHANCE = 0.15
"""Of a part in a tote to lie on another of its sides."""

_TRIES = 20
_WALL_GAP_M = 0.001


@dataclass(frozen=True, slots=True)
class Lying:
    """A part and where it is."""

    place: str
    part_in_base: Pose | None


def lay_out(scene: Scene, random: np.random.Generator) -> list[Lying]:
    """One for each part of the catalogue."""
    seed, tight = int(random.integers(2**31)), float(random.random())
    placed = _scattered(scene, seed, tight=tight < TIGHT_CHANCE)
    lying: list[Lying] = []
    in_totes: dict[str, list[tuple[PartKind, Pose]]] = {tote.name: [] for tote in scene.description.totes}
    for part, pose in zip(scene.description.parts, placed, strict=True):
        fate = float(random.random())
        if fate < TRAY_CHANCE:
            lying.append(Lying(TRAY, pose))
        elif fate < TRAY_CHANCE + TOTE_CHANCE:
            totes = scene.description.totes
            tote = totes[int(random.random() * len(totes))]
            pose = _dropped(part, tote, in_totes[tote.name], random)
            in_totes[tote.name].append((part, pose))
            lying.append(Lying(tote.name, pose))
        else:
            lying.append(Lying(ABSENT, None))
    if random.random() < WALL_CHANCE and scene.belt is None:
        _push_to_wall(scene.description, lying, random)
    return lying


def _scattered(scene: Scene, seed: int, *, tight: bool) -> list[Pose]:
    if tight:
        try:
            return [one.part_in_base for one in replace(scene, placement=TIGHT).place(seed, 0)]
        except SceneError:  # long parts in a small tray may find no room so close to the walls either
            pass
    return [one.part_in_base for one in scene.place(seed, 0)]


def _dropped(part: PartKind, tote: Tote, others: list[tuple[PartKind, Pose]], random: np.random.Generator) -> Pose:
    """Beside what lies in the tote already, or on top of the last of it."""
    upright = part.shape == "flat box" or random.random() >= SIDE_CHANCE
    height_m = part.size_m[2] if upright else part.size_m[1]
    radius_m = circle_radius_m(part) if upright else 0.5 * math.hypot(part.size_m[0], part.size_m[2])
    x0, y0, z0 = tote.centre_in_base_m
    room = [max(half - radius_m - 0.002, 0.0) for half in tote.inner_half_extents_m]
    turn = turned_upright(random) if upright else _turned_on_side(random)
    for _ in range(_TRIES):
        x, y = (float(random.uniform(-limit, limit)) for limit in room)
        if all(
            math.hypot(x0 + x - pose.position_m[0], y0 + y - pose.position_m[1]) > radius_m + circle_radius_m(other)
            for other, pose in others
        ):
            return Pose((x0 + x, y0 + y, z0 + 0.5 * height_m), turn)
    below, pose = others[-1]
    x, y, z = pose.position_m
    return Pose((x, y, z + 0.5 * below.size_m[2] + 0.5 * height_m), turn)


def _push_to_wall(cell: CellDescription, lying: list[Lying], random: np.random.Generator) -> None:
    """Move one part of the tray, face to face with a wall, where nothing else lies."""
    on_tray = [index for index, one in enumerate(lying) if one.place == TRAY and one.part_in_base is not None]
    which, axis, side, quarter, along = (float(number) for number in random.random(5))
    if not on_tray:
        return
    index, axis, sign = on_tray[int(which * len(on_tray))], int(axis * 2.0), math.copysign(1.0, side - 0.5)
    part, pose = cell.parts[index], lying[index].part_in_base
    assert pose is not None
    turns = int(quarter * 4.0)
    sizes = part.size_m[:2] if turns % 2 == 0 else part.size_m[1::-1]
    place = [0.0, 0.0, pose.position_m[2]]
    half_m = cell.tray.inner_half_extents_m
    place[axis] = cell.tray.centre_in_base_m[axis] + sign * (half_m[axis] - 0.5 * sizes[axis] - _WALL_GAP_M)
    rest_m = half_m[1 - axis] - 0.5 * sizes[1 - axis]
    place[1 - axis] = cell.tray.centre_in_base_m[1 - axis] + (2.0 * along - 1.0) * rest_m
    for other, one in enumerate(lying):
        if other == index or one.place != TRAY or one.part_in_base is None:
            continue
        apart_m = math.hypot(place[0] - one.part_in_base.position_m[0], place[1] - one.part_in_base.position_m[1])
        if apart_m < circle_radius_m(part) + circle_radius_m(cell.parts[other]):
            return
    half = 0.25 * math.pi * turns
    lying[index] = Lying(TRAY, Pose((place[0], place[1], place[2]), (0.0, 0.0, math.sin(half), math.cos(half))))


def turned_upright(random: np.random.Generator) -> Quaternion:
    """Any turn about the vertical."""
    half = 0.5 * float(random.uniform(-math.pi, math.pi))
    return (0.0, 0.0, math.sin(half), math.cos(half))


def _turned_on_side(random: np.random.Generator) -> Quaternion:
    """A quarter turn about x, then any about the vertical."""
    _, _, z, w = turned_upright(random)
    quarter = math.sqrt(0.5)
    return (w * quarter, z * quarter, z * quarter, w * quarter)
