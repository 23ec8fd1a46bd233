"""What of the newest messages still tells of the present: old values must not be read as live ones."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.messages.geometry import Pose
from runtime.messages.policy import HeatMap, PolicyState, PolicyStatus, ShadowState, TargetMark
from runtime.messages.state import ControlState, RobotState
from twin_app.model.state import ConsoleState

OLD_NS: Mapping[str, int] = {
    "policy": 1_500_000_000,
    "signals": 1_500_000_000,
    "control": 500_000_000,
    "robot": 500_000_000,
}
"""By block of the trends, most of which are topics: a value older than this is no longer shown as the present."""

OVER = (PolicyStatus.DONE, PolicyStatus.DECLINED, PolicyStatus.FAILED)


def policy_now(state: ConsoleState) -> PolicyState | None:
    """What the policy says of itself; None while it is silent or has looked at nothing for 1.5 s."""
    policy = state.policy
    if policy is None or not policy.inferences:
        return None
    return policy if state.now_ns - min(policy.stamp_ns, state.inferred_ns) <= OLD_NS["policy"] else None


def control_now(state: ConsoleState) -> ControlState | None:
    """The fast loop about itself; None while it is silent."""
    control = state.control
    return control if control is not None and state.now_ns - control.stamp_ns <= OLD_NS["control"] else None


def robot_now(state: ConsoleState) -> RobotState | None:
    """The arm as measured; None while nothing is measured."""
    robot = state.robot
    return robot if robot is not None and state.now_ns - robot.stamp_ns <= OLD_NS["robot"] else None


def confidence_now(state: ConsoleState) -> float | None:
    """The policy's confidence in its task; None without a task, because there is nothing to be confident of."""
    policy = policy_now(state)
    return policy.confidence if policy is not None and has_task(policy) else None


def targets_now(state: ConsoleState) -> tuple[TargetMark, ...]:
    """What the policy goes for; nothing once its task is done, declined, failed or taken away."""
    policy = policy_now(state)
    return policy.targets if policy is not None and has_task(policy) and policy.status not in OVER else ()


def heat_now(state: ConsoleState) -> tuple[HeatMap, ...]:
    """Where the policy sees what it was asked for; nothing once its task is over, as with `targets_now`."""
    policy = policy_now(state)
    return policy.heat if policy is not None and has_task(policy) and policy.status not in OVER else ()


def shadow_now(state: ConsoleState) -> ShadowState | None:
    """What the policy in shadow says; None while there is none, or the planner is silent."""
    policy = state.policy
    if policy is None or state.now_ns - policy.stamp_ns > OLD_NS["policy"]:
        return None
    return policy.shadow


def shadow_path(state: ConsoleState) -> tuple[Pose, ...]:
    """What the policy in shadow would do, as long as that is ahead; nothing without a task."""
    shadow = shadow_now(state)
    if shadow is None or state.policy is None or not has_task(state.policy):
        return ()
    length_s = shadow.step_period_s * len(shadow.gripper_in_base)
    return shadow.gripper_in_base if state.age_s(shadow.observation_stamp_ns) <= length_s else ()


def has_task(policy: PolicyState) -> bool:
    """Whether the policy has a task; the planner says -1 where it has none."""
    return policy.task_id >= 0
