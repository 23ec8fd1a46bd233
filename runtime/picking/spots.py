"""Room for the hand: which way to grip a part, and where in a tote to let it go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from runtime.messages.cell import CellDescription, PartKind
from runtime.perception import ViewGeometry
from runtime.picking.funnel import wrap
from runtime.picking.hand import Hand, hand_of

FINGER_DEPTH_M = 0.025
"""How far a finger reaches outwards from its gripping face."""

FINGER_HALF_WIDTH_M = 0.011
OPENING_M = 0.010
"""Air beside the part on each side when the open hand comes down."""

TIP_BELOW_M = 0.0125
"""The tool centre point stays so far above the surface: fingertips reach 9 mm beyond it."""

GRIPPED_M = 0.006
"""The tool centre point stays so far below a part's top: the pads reach 8 mm above it."""

ROOM_WORTH = 60.0
"""Of a metre of room, beside a radian of turning."""

WIDE_COST = 25.0
"""Of gripping a metre wider, beside a radian of turning: the narrow side is the safer one."""

ROOM_ENOUGH_M = 0.02
TURN_COST_M = 0.003
"""Room that a drop may have less for each radian that the hand turns less."""

OFF_COST = 0.05
"""Of a metre away from the middle of the tote, as room."""

CORE_SHARE = 0.8
"""Of a part's outer circle that counts in a tote, where parts may touch."""

PUSH_M = 0.006
"""So much overlap is pushed aside."""

FINGER_GRACE_M = 0.015
"""So much less room for the fingers counts as much: they can stay above the others."""

FINGER_RISE_M = 0.025
"""Where only the fingers have no room they stay above what lies there."""

PILE_RISE_M = 0.045
"""Where the part has none it is let go from above the others."""

CYLINDER = "cylinder"


Reachable = Callable[[float, float, float, float], bool]
"""Whether the arm can put its tool centre point at x, y, z with this yaw, joints at ease."""


@dataclass(frozen=True, slots=True)
class Disc:
    """Something that is in the way, seen from above."""

    x_m: float
    y_m: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Grip:
    """How a part is taken."""

    yaw_rad: float
    """Of the hand."""

    width_m: float
    """Between the fingers once they hold the part."""

    opening_m: float
    height_m: float
    """Tool centre point above the surface that the part lies on."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Where a held part is let go."""

    x_m: float
    y_m: float
    yaw_rad: float
    rise_m: float
    """Extra height over a pile; 0 onto the floor."""


def radius_m(part: PartKind) -> float:
    """Of the circle around a part seen from above."""
    if part.shape == CYLINDER:
        return 0.5 * part.size_m[0]
    return 0.5 * math.hypot(part.size_m[0], part.size_m[1])


def choose_grip(
    part: PartKind,
    *,
    x_m: float,
    y_m: float,
    yaw_rad: float,
    others: Iterable[Disc],
    hand_yaw_rad: float,
    cell: CellDescription,
    reachable: Reachable,
) -> Grip | None:
    """Grip across parallel faces where the fingers have most room; with room enough, turning least wins.

    None when the gripper is too small, or the arm cannot get there in any way.
    """
    ways = ways_to_grip(part, x_m=x_m, y_m=y_m, yaw_rad=yaw_rad, others=others, hand_yaw_rad=hand_yaw_rad, cell=cell)
    z_m = cell.tray.centre_in_base_m[2]
    return next((grip for _, grip in ways if reachable(x_m, y_m, z_m + grip.height_m, grip.yaw_rad)), None)


def ways_to_grip(
    part: PartKind,
    *,
    x_m: float,
    y_m: float,
    yaw_rad: float,
    others: Iterable[Disc],
    hand_yaw_rad: float | None,
    cell: CellDescription,
) -> list[tuple[float, Grip]]:
    """Every way to take the part where it lies, the best one first, each with its cost in radians of turning.

    Without a `hand_yaw_rad` turning costs nothing.
    """
    blocks = tuple(others)
    widest_m = cell.robot.gripper.width_max_m
    hand = hand_of(cell.robot)
    height_m = _grip_height_m(part, hand, cell.tray.wall_height_m)
    low = height_m + hand.bottom_m < cell.tray.wall_height_m
    grips: list[tuple[float, Grip]] = []
    for across_rad, width_m in _faces(part, yaw_rad):
        if width_m + 0.004 > widest_m:
            continue
        opening_m = min(widest_m, width_m + 2.0 * OPENING_M)
        bar_m = 0.5 * opening_m + FINGER_DEPTH_M
        room_m = _room_m(x_m, y_m, across_rad, bar_m, blocks)
        room_m = min(room_m, _wall_room_m(cell, x_m, y_m, across_rad, hand.reach_m if low else bar_m))
        for yaw in (wrap(across_rad + 0.5 * math.pi), wrap(across_rad - 0.5 * math.pi)):
            turn = 0.0 if hand_yaw_rad is None else turning_cost(yaw, hand_yaw_rad)
            cost = turn + WIDE_COST * width_m - ROOM_WORTH * min(room_m, ROOM_ENOUGH_M)
            grips.append((cost, Grip(yaw, width_m, opening_m, height_m)))
    return sorted(grips, key=lambda entry: entry[0])


def turning_cost(yaw_rad: float, hand_yaw_rad: float) -> float:
    """Of turning the hand from one yaw to another: the way there, and half of how far the last joint is wound up."""
    return abs(wrap(yaw_rad - hand_yaw_rad)) + 0.5 * abs(wrap(yaw_rad))


def grip_of_held(part: PartKind, width_m: float, *, cell: CellDescription) -> Grip:
    """The grip of a part that is in the hand already, as it must have been taken."""
    opening_m = min(cell.robot.gripper.width_max_m, width_m + 2.0 * OPENING_M)
    return Grip(0.0, width_m, opening_m, _grip_height_m(part, hand_of(cell.robot), cell.tray.wall_height_m))


def _faces(part: PartKind, yaw_rad: float) -> list[tuple[float, float]]:
    """Directions across which it can be gripped, with the width there."""
    if part.shape == CYLINDER:
        return [(math.pi * step / 12.0, part.size_m[0]) for step in range(12)]
    long_m, short_m = max(part.size_m[:2]), min(part.size_m[:2])
    return [(yaw_rad + 0.5 * math.pi, short_m), (yaw_rad, long_m)]


def _grip_height_m(part: PartKind, hand: Hand, wall_m: float) -> float:
    """At half height, for flat parts higher: so that the hand passes over the tray's walls."""
    over_wall_m = wall_m - hand.bottom_m
    return max(TIP_BELOW_M, min(max(0.5 * part.size_m[2], over_wall_m), part.size_m[2] - GRIPPED_M))


def _room_m(x_m: float, y_m: float, across_rad: float, reach_m: float, blocks: tuple[Disc, ...]) -> float:
    """Least distance between the fingers' bar and anything in the way."""
    cosine, sine = math.cos(across_rad), math.sin(across_rad)
    room_m = math.inf
    for block in blocks:
        dx_m, dy_m = block.x_m - x_m, block.y_m - y_m
        along_m = max(0.0, abs(dx_m * cosine + dy_m * sine) - reach_m)
        beside_m = max(0.0, abs(dy_m * cosine - dx_m * sine) - FINGER_HALF_WIDTH_M)
        room_m = min(room_m, math.hypot(along_m, beside_m) - block.radius_m)
    return room_m


def _wall_room_m(cell: CellDescription, x_m: float, y_m: float, across_rad: float, reach_m: float) -> float:
    centre, half = cell.tray.centre_in_base_m, cell.tray.inner_half_extents_m
    if cell.tray.wall_height_m <= 0.0:
        return math.inf
    bar_x_m = reach_m * abs(math.cos(across_rad)) + FINGER_HALF_WIDTH_M * abs(math.sin(across_rad))
    bar_y_m = reach_m * abs(math.sin(across_rad)) + FINGER_HALF_WIDTH_M * abs(math.cos(across_rad))
    return min(half[0] - abs(x_m - centre[0]) - bar_x_m, half[1] - abs(y_m - centre[1]) - bar_y_m)


def choose_drop(
    part: PartKind,
    grip: Grip,
    *,
    centre_m: tuple[float, float, float],
    half_m: tuple[float, float],
    others: Iterable[Disc],
    view: ViewGeometry | None,
    hand: Hand,
    hand_yaw_rad: float,
    reachable: Reachable,
) -> Drop:
    """The spot with most room for part and fingers, and in the picture of `view`; over a pile when there is none."""
    blocks = tuple(Disc(other.x_m, other.y_m, CORE_SHARE * other.radius_m) for other in others)
    reach_m = 0.5 * grip.width_m + OPENING_M + FINGER_DEPTH_M
    best = Drop(centre_m[0], centre_m[1], 0.0, PILE_RISE_M)
    best_value_m = -math.inf
    for yaw in (0.5 * math.pi, 0.0, -0.5 * math.pi):
        if not reachable(centre_m[0], centre_m[1], centre_m[2] + grip.height_m, yaw):
            continue
        across_rad = yaw + 0.5 * math.pi
        along, across = abs(math.cos(across_rad)), abs(math.sin(across_rad))
        edge_x = max(hand.reach_m * along + hand.half_width_m * across, radius_m(part) + 0.004)
        edge_y = max(hand.reach_m * across + hand.half_width_m * along, radius_m(part) + 0.004)
        for x_m, y_m in _grid(centre_m, (half_m[0] - edge_x, half_m[1] - edge_y)):
            if view is not None and not _shown(view, (x_m, y_m, centre_m[2] + part.size_m[2]), radius_m(part)):
                continue
            finger_room_m = _room_m(x_m, y_m, across_rad, reach_m, blocks)
            part_room_m = _part_room_m(part, x_m, y_m, blocks)
            room_m = min(part_room_m, finger_room_m + FINGER_GRACE_M, ROOM_ENOUGH_M)
            cost_m = OFF_COST * math.hypot(x_m - centre_m[0], y_m - centre_m[1])
            cost_m += TURN_COST_M * abs(wrap(yaw - hand_yaw_rad))
            if room_m - cost_m > best_value_m:
                best_value_m = room_m - cost_m
                best = Drop(x_m, y_m, yaw, _rise_m(part_room_m, finger_room_m))
    return best


def _part_room_m(part: PartKind, x_m: float, y_m: float, blocks: tuple[Disc, ...]) -> float:
    gaps = (math.hypot(block.x_m - x_m, block.y_m - y_m) - block.radius_m for block in blocks)
    return min(gaps, default=math.inf) - CORE_SHARE * radius_m(part)


def _rise_m(part_room_m: float, finger_room_m: float) -> float:
    """Down to the floor where there is room; the lower the part is let go, the less it rolls away."""
    if part_room_m < -PUSH_M:
        return PILE_RISE_M
    return 0.0 if finger_room_m > -PUSH_M else FINGER_RISE_M


def _grid(centre_m: tuple[float, float, float], span_m: tuple[float, float]) -> Iterable[tuple[float, float]]:
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)
    for along in steps:
        for beside in steps:
            yield centre_m[0] + along * max(0.0, span_m[0]), centre_m[1] + beside * max(0.0, span_m[1])


def _shown(view: ViewGeometry, point_m: tuple[float, float, float], reach_m: float) -> bool:
    """Whether the whole part would be in the picture, two pixels from its border."""
    column, row, depth = view.project_point(point_m)
    border_px = reach_m * view.focal_px / depth + 2.0
    return border_px < column < view.size_px[0] - border_px and border_px < row < view.size_px[1] - border_px
