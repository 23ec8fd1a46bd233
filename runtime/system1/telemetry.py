"""What the fast loop says about the arm and about itself."""

from __future__ import annotations

from runtime.kinematics import Arm
from runtime.messages.joint import JointReference, PlantState, Vector
from runtime.messages.state import ControlState, PlanExecution, RobotState
from runtime.modes import owner_of
from runtime.system1.execution import ChunkExecution
from runtime.system1.missed_ticks import MissedTickLadder
from runtime.system1.mode_keeper import ModeKeeper
from runtime.system1.timing import LoopTiming


def robot_state_of(
    arm: Arm, state: PlantState, *, reference: JointReference, residual_nm: Vector, gripper_commanded_m: float
) -> RobotState:
    """The arm as measured in this tick."""
    return RobotState(
        stamp_ns=state.stamp_ns,
        tick=state.tick,
        q_rad=tuple(state.q_rad.tolist()),
        dq_rad_s=tuple(state.dq_rad_s.tolist()),
        torque_nm=tuple(state.torque_nm.tolist()),
        torque_residual_nm=tuple(residual_nm.tolist()),
        q_reference_rad=tuple(reference.q_rad.tolist()),
        gripper_in_base=arm.fk(state.q_rad),
        gripper_width_m=state.gripper_width_m,
        gripper_force_n=state.gripper_force_n,
        gripper_commanded_m=gripper_commanded_m,
        winding_celsius=tuple(state.winding_celsius.tolist()),
        housing_celsius=tuple(state.housing_celsius.tolist()),
        flags=state.flags,
    )


def control_state_of(
    *,
    now_ns: int,
    timing: LoopTiming,
    modes: ModeKeeper,
    execution: ChunkExecution,
    missed: MissedTickLadder,
    ticks: int,
    limited: int,
    torque_step_over_limit: int,
) -> ControlState:
    """The loop about itself."""
    chunk = execution.chunk
    plan = None if chunk is None else chunk.plan
    return ControlState(
        stamp_ns=now_ns,
        mode=modes.mode,
        mode_since_ns=modes.since_ns,
        mode_reason=modes.reason,
        owner=owner_of(modes.mode),
        execution=execution.standing if modes.drives else PlanExecution.NONE,
        plan_id=-1 if plan is None else plan.plan_id,
        policy=execution.driver,
        plan_age_s=0.0 if plan is None else (now_ns - plan.observation_stamp_ns) * 1e-9,
        plan_transport_s=0.0 if chunk is None else (chunk.received_ns - chunk.plan.issued_ns) * 1e-9,
        ticks=ticks,
        missed_ticks=missed.total,
        lateness_p50_s=timing.lateness_p50_s,
        lateness_p99_s=timing.lateness_p99_s,
        lateness_max_s=timing.lateness_max_s,
        tick_p50_s=timing.tick_p50_s,
        loop_hz=timing.loop_hz,
        real_time=timing.real_time,
        speed_scale=missed.speed_scale,
        limited=limited,
        rejected=execution.rejected,
        plans=execution.received,
        torque_step_over_limit=torque_step_over_limit,
        swap_ticks=tuple(execution.swap_ticks),
    )
