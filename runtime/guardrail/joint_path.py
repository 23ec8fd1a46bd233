"""Rules for a chunk once its targets are joint angles: limits along the path and the seam to what moves now.

The path is float64[steps, joints]; rates come from finite differences over the step period, as a chunk has no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.guardrail.limits import Limits, Vector
from runtime.guardrail.plan_gate import check_tool_position
from runtime.guardrail.verdicts import reject
from runtime.messages.plan import ACCEPTED, Reason, Verdict

Path = NDArray[np.float64]

_ROUNDING = 1.0 + 1e-9


def check_joint_path(
    path_rad: Path,
    *,
    step_period_s: float,
    delay_s: float,
    last_applied_rad: Vector,
    limits: Limits,
    first_step: int = 0,
) -> Verdict:
    """The remaining steps of a chunk against position, velocity, acceleration and jerk limits, and the seam.

    `delay_s`: from now to the first of these steps. `last_applied_rad`: the reference applied last. `first_step`:
    how many steps of the chunk are not among them, so that a refusal names the chunk's own step.
    Clearance needs link frames and is apart: `Clearance.check`.
    """
    if path_rad.ndim != 2 or path_rad.shape[0] < 1 or path_rad.shape[1] != limits.joints:
        return reject(Reason.SHAPE, measured=path_rad.size, limit=limits.joints, detail=f"path {path_rad.shape}")
    if not np.all(np.isfinite(path_rad)):
        bad = int(np.count_nonzero(~np.isfinite(path_rad)))
        return reject(Reason.NOT_FINITE, measured=bad, limit=0, unit="values", detail="joint path")
    if not step_period_s > 0.0:
        return reject(Reason.SCHEMA, measured=step_period_s, limit=0.0, unit="s", detail="step period")
    verdict = check_positions(path_rad, limits=limits, first_step=first_step)
    if verdict.passed:
        verdict = check_rates(path_rad, step_period_s=step_period_s, limits=limits, first_step=first_step)
    if verdict.passed:
        verdict = check_seam(
            path_rad[0], delay_s=delay_s, last_applied_rad=last_applied_rad, limits=limits, first_step=first_step
        )
    return verdict


def check_positions(path_rad: Path, *, limits: Limits, first_step: int = 0) -> Verdict:
    """Every step inside the position limits with margin."""
    excess = np.maximum(limits.reference_lower_rad - path_rad, path_rad - limits.reference_upper_rad)
    if not float(excess.max()) > 0.0:
        return ACCEPTED
    step, joint = _worst(excess)
    value = float(path_rad[step, joint])
    upper = float(limits.reference_upper_rad[joint])
    limit = upper if value > upper else float(limits.reference_lower_rad[joint])
    return reject(
        Reason.POSITION, measured=value, limit=limit, unit="rad", detail=_where(limits, joint, first_step + step)
    )


def check_rates(path_rad: Path, *, step_period_s: float, limits: Limits, first_step: int = 0) -> Verdict:
    """First, second and third differences against the velocity, acceleration and jerk limits with margin."""
    rates = (
        (Reason.VELOCITY, limits.reference_velocity_rad_s, "rad/s"),
        (Reason.ACCELERATION, limits.reference_acceleration_rad_s2, "rad/s²"),
        (Reason.JERK, limits.reference_jerk_rad_s3, "rad/s³"),
    )
    rate = path_rad
    for reason, limit, unit in rates:
        if rate.shape[0] < 2:
            break
        rate = np.diff(rate, axis=0) / step_period_s
        excess = np.abs(rate) / limit
        if not float(excess.max()) <= _ROUNDING:
            step, joint = _worst(excess)
            measured = float(rate[step, joint])
            where = _where(limits, joint, first_step + step + 1)
            return reject(reason, measured=measured, limit=float(limit[joint]), unit=unit, detail=where)
    return ACCEPTED


def check_seam(
    first_rad: Vector, *, delay_s: float, last_applied_rad: Vector, limits: Limits, first_step: int = 0
) -> Verdict:
    """The first step no farther from what was applied last than a joint travels in the time left, plus a margin."""
    reach = limits.reference_velocity_rad_s * max(delay_s, 0.0) + limits.margins.seam_rad
    step_rad = np.abs(first_rad - last_applied_rad)
    excess = step_rad / reach
    if float(excess.max()) <= _ROUNDING:
        return ACCEPTED
    joint = int(np.argmax(np.where(np.isnan(excess), np.inf, excess)))
    return reject(
        Reason.DISCONTINUITY,
        measured=float(step_rad[joint]),
        limit=float(reach[joint]),
        unit="rad",
        detail=_where(limits, joint, first_step),
    )


def check_tool_path(positions_m: NDArray[np.float64], *, limits: Limits, steps: Sequence[int] | None = None) -> Verdict:
    """Tool positions float64[n, 3] from forward kinematics: workspace and floor for joint targets.

    `steps`: of the chunk, one a position, to be named in a refusal; without them they are counted.
    """
    lower = np.array(limits.workspace_lower_m)
    lower[2] = max(lower[2], limits.floor_z_m)
    inside = (positions_m >= lower) & (positions_m <= np.array(limits.workspace_upper_m))
    if bool(inside.all()):
        return ACCEPTED
    worst = int(np.argmin(inside.all(axis=1)))
    x, y, z = (float(value) for value in positions_m[worst])
    step = worst if steps is None else steps[worst]
    return check_tool_position((x, y, z), limits=limits, detail=f"step {step}")


def _worst(excess: NDArray[np.float64]) -> tuple[int, int]:
    step, joint = np.unravel_index(int(np.argmax(excess)), excess.shape)
    return int(step), int(joint)


def _where(limits: Limits, joint: int, step: int) -> str:
    return f"{limits.joint_names[joint]}, step {step}"
