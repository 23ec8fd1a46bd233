"""The policies of the made-up cell: one drives, others wait, one may be in shadow, one is in quarantine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from runtime.messages.geometry import Pose
from runtime.messages.plan import Signal
from runtime.messages.policy import (
    HeatMap,
    PolicyEntry,
    PolicyState,
    PolicyStatus,
    Readiness,
    ShadowState,
    TargetMark,
)
from runtime.messages.requests import (
    Body,
    PromoteShadow,
    ReturnFromFallback,
    SetFallback,
    SetShadow,
    SwapBack,
    SwapPolicy,
    TryPolicy,
)
from runtime.messages.shadow import Disagreement, DisagreementTally, PartAgreement

if TYPE_CHECKING:
    from tests.support.fake_cell import FakeCell

NAMES = ("programmed", "programmed_careful")
SICK = "flow_vla"
SICK_BECAUSE = "its weights are not installed"


def change_policies(cell: FakeCell, body: Body, now_ns: int) -> None:
    """Act on a request about policies."""
    match body:
        case SwapPolicy():
            cell.previous, cell.policy = cell.policy, body.policy
            cell.swaps, cell.last_swap_ns = cell.swaps + 1, now_ns
        case SwapBack():
            cell.previous, cell.policy = cell.policy, cell.previous
        case SetShadow():
            cell.shadow = body.policy
        case PromoteShadow():
            cell.previous, cell.policy, cell.shadow = cell.policy, cell.shadow, ""
        case SetFallback():
            cell.fallback = body.policy
        case TryPolicy():
            cell.freed.add(body.policy)
        case ReturnFromFallback():
            cell.policy, cell.stands_in_for = cell.stands_in_for, ""
        case _:
            pass


def policy_state(cell: FakeCell, now_ns: int) -> PolicyState:
    """System 2's report."""
    time_s = now_ns * 1e-9
    mark = TargetMark("overhead", (60 + 20 * math.sin(time_s), 70.0), 9.0, "red cube")
    return PolicyState(
        now_ns,
        cell.policy,
        "1.0",
        "",
        cell.previous,
        _entries(cell),
        1 if cell.has_task else -1,
        "put the red cube in the left tote" if cell.has_task else "",
        PolicyStatus.WORKING,
        "approaching",
        "",
        0.86 + 0.08 * math.sin(time_s * 0.9) if cell.has_task else 0.0,
        signals_of(cell),
        0.058 + 0.004 * abs(math.sin(time_s * 7.0)),
        0.2,
        cell.count // 10,
        0,
        0.034,
        (mark, TargetMark("wrist", (64.0, 50.0), 16.0, "red cube")),
        cell.swaps,
        cell.last_swap_ns,
        heat=heat_maps() if cell.sees_heat else (),
        confidence_limit=0.4 if cell.shadow else 0.0,
        shadow=_shadow(cell, now_ns),
        fallback=cell.fallback,
        fallback_ready=bool(cell.fallback) and cell.fallback != cell.policy,
        stands_in_for=cell.stands_in_for,
    )


def signals_of(cell: FakeCell) -> tuple[Signal, ...]:
    """What is behind the confidence."""
    if not cell.pulls:
        return (Signal("segmentation", 0.93), Signal("fit residual", 0.07), Signal("grip width", 0.41))
    return (Signal("peak_overhead", 0.81, 0.62), Signal("unseen_s", 1.4, -1.3), Signal("strangeness", 2.2, -0.02))


def heat_maps() -> tuple[HeatMap, ...]:
    """One bright spot in each picture."""
    cells = bytearray(32 * 32)
    for row in range(15, 20):
        for column in range(13, 18):
            cells[32 * row + column] = 255 if (row, column) == (17, 15) else 140
    return tuple(HeatMap(camera, 32, 32, bytes(cells)) for camera in ("overhead", "wrist"))


def _entries(cell: FakeCell) -> tuple[PolicyEntry, ...]:
    known = tuple(
        PolicyEntry(name, "1.0", name.replace("_", " "), Readiness.ACTIVE if name == cell.policy else Readiness.READY)
        for name in NAMES
    )
    sick = SICK not in cell.freed
    readiness = Readiness.REFUSED if sick else Readiness.AVAILABLE
    return (*known, PolicyEntry(SICK, "1.2", "flow vla", readiness, SICK_BECAUSE if sick else "", isolated=True))


def _shadow(cell: FakeCell, now_ns: int) -> ShadowState | None:
    if not cell.shadow:
        return None
    apart_m = 0.012 + 0.008 * math.sin(now_ns * 1e-9)
    return ShadowState(
        cell.shadow,
        "1.0",
        Readiness.READY,
        status=PolicyStatus.WORKING,
        phase="searching",
        confidence=0.35,
        confidence_limit=0.5,
        inference_s=0.061,
        inferences=cell.count // 10,
        skipped=3,
        observation_stamp_ns=now_ns,
        gripper_in_base=tuple(Pose((0.45 + 0.01 * step, 0.05, 0.25 - 0.01 * step)) for step in range(8)),
        disagreement=Disagreement(now_ns, apart_m, 2.0 * apart_m, PartAgreement.SAME, 0.1),
        tally=DisagreementTally(412, 0.014, 0.052, 0.07, 398, 14, 6),
    )
