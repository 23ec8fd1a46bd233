"""Two chunks for the same observation, compared: how far apart, how much ahead, and whether for the same part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime.kinematics import Arm
from runtime.messages.policy import TargetMark
from runtime.messages.shadow import Disagreement, DisagreementTally, PartAgreement
from runtime.ports import Observation, Proposal

LEADS_S = tuple(sorted((step * 0.05 for step in range(-10, 11)), key=abs))
"""Shifts in time that are tried, the smallest first, so that the smallest of equal ones is taken."""

MOVES_M = 0.005
"""A path shorter than this tells nothing about who is ahead."""

_Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a policy would do: positions of the end effector over time, and what it goes for."""

    observation_id: int
    stamp_ns: int
    times_s: _Points
    """Since the observation; float64[steps]."""

    points_m: _Points
    """In the base frame; float64[steps, 3]."""

    targets: tuple[TargetMark, ...]
    gripped: bool = False
    """The part has been gripped: which one was chosen has shown, and where it lay is of no interest any more."""


def chunk_of(observation: Observation, proposal: Proposal, arm: Arm, *, gripped: bool = False) -> Chunk | None:
    """The chunk of a proposal; None when it holds, or when its numbers are none. `gripped`: see `Chunk`."""
    if proposal.gripper_in_base:
        points = np.array([pose.position_m for pose in proposal.gripper_in_base], dtype=np.float64)
    else:
        fitting = (np.array(step) for step in proposal.joints_rad if len(step) == arm.joint_count)
        points = np.array([arm.fk(q_rad).position_m for q_rad in fitting], dtype=np.float64)
    if points.ndim != 2 or not np.isfinite(points).all():
        return None
    times_s = np.arange(1, len(points) + 1, dtype=np.float64) * float(proposal.step_period_s)
    return Chunk(observation.observation_id, observation.stamp_ns, times_s, points, proposal.targets, gripped)


def compare(active: Chunk, shadow: Chunk) -> Disagreement | None:
    """At the moments of the shadow's steps that both chunks cover; None when there are none."""
    inside = (shadow.times_s >= active.times_s[0] - 1e-9) & (shadow.times_s <= active.times_s[-1] + 1e-9)
    if not inside.any():
        return None
    times_s, points_m = shadow.times_s[inside], shadow.points_m[inside]
    apart_m = _apart_m(active, times_s, points_m)
    return Disagreement(
        stamp_ns=shadow.stamp_ns,
        distance_m=float(apart_m.mean()),
        distance_max_m=float(apart_m.max()),
        part=PartAgreement.UNKNOWN if shadow.gripped else _agreement(active.targets, shadow.targets),
        lead_s=_lead_s(active, times_s, points_m),
    )


def tallied(tally: DisagreementTally, found: Disagreement) -> DisagreementTally:
    """The tally with one comparison more."""
    count = tally.compared + 1
    return DisagreementTally(
        compared=count,
        distance_mean_m=tally.distance_mean_m + (found.distance_m - tally.distance_mean_m) / count,
        distance_max_m=max(tally.distance_max_m, found.distance_max_m),
        lead_mean_s=tally.lead_mean_s + (abs(found.lead_s) - tally.lead_mean_s) / count,
        same_part=tally.same_part + (found.part is PartAgreement.SAME),
        other_part=tally.other_part + (found.part is PartAgreement.OTHER),
        unanswered=tally.unanswered,
    )


def _apart_m(active: Chunk, times_s: _Points, points_m: _Points) -> _Points:
    there = np.stack([np.interp(times_s, active.times_s, active.points_m[:, axis]) for axis in range(3)], axis=1)
    return np.linalg.norm(there - points_m, axis=1)


def _lead_s(active: Chunk, times_s: _Points, points_m: _Points) -> float:
    """The shift at which the shadow's points lie nearest to the active path; at least half of them have to be on it."""
    way_m = float(np.linalg.norm(np.diff(active.points_m, axis=0), axis=1).sum())
    own_m = float(np.linalg.norm(np.diff(points_m, axis=0), axis=1).sum())
    if min(way_m, own_m) < MOVES_M:
        return 0.0
    best_s, least_m = 0.0, np.inf
    for lead_s in LEADS_S:
        shifted_s = times_s + lead_s
        on_it = (shifted_s >= active.times_s[0] - 1e-9) & (shifted_s <= active.times_s[-1] + 1e-9)
        if 2 * int(on_it.sum()) < len(times_s):
            continue
        apart_m = float(_apart_m(active, shifted_s[on_it], points_m[on_it]).mean())
        if apart_m < least_m - 1e-6:
            best_s, least_m = lead_s, apart_m
    return best_s


def _agreement(active: tuple[TargetMark, ...], shadow: tuple[TargetMark, ...]) -> PartAgreement:
    """By where both look in the same picture; by name where they have no picture in common."""
    theirs = {mark.camera: mark for mark in reversed(active)}
    both = [(theirs[mark.camera], mark) for mark in shadow if mark.camera in theirs]
    if both:
        same = all(_touch(one, other) for one, other in both)
        return PartAgreement.SAME if same else PartAgreement.OTHER
    if not active or not shadow or not active[0].label or not shadow[0].label:
        return PartAgreement.UNKNOWN
    return PartAgreement.SAME if active[0].label == shadow[0].label else PartAgreement.OTHER


def _touch(one: TargetMark, other: TargetMark) -> bool:
    apart_px = float(np.hypot(one.pixel[0] - other.pixel[0], one.pixel[1] - other.pixel[1]))
    return apart_px <= max(one.radius_px, other.radius_px)
