"""F12 out-of-range action and F13 inference stall: between the policy and the world."""

from __future__ import annotations

import dataclasses
import math

from runtime.messages.faults import FaultOrder
from runtime.messages.geometry import Pose
from runtime.ports import Proposal
from sim_worlds.faults.schedule import Schedule

_DEGREES_PER_RADIAN = 180.0 / math.pi


class PolicyFaults:
    """Keeps the promise of `runtime.ports.PolicySeam`."""

    def __init__(self) -> None:
        self._schedule = Schedule(("F12", "F13"))

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set."""
        self._schedule.apply(orders, now_ns)

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        return self._schedule.effective()

    def stall_s(self, now_ns: int) -> float:
        """Extra latency of the inference that starts now."""
        injection = self._schedule.active("F13", now_ns)
        if injection is None:
            return 0.0
        spread = injection.parameter("spread")
        return injection.parameter("stall_s") * math.exp(spread * float(injection.random.standard_normal()))

    def proposal(self, proposal: Proposal, now_ns: int) -> Proposal:
        """The chunk as it comes out, in the wrong unit now and then."""
        injection = self._schedule.active("F12", now_ns)
        if injection is None or float(injection.random.random()) >= injection.parameter("probability"):
            return proposal
        factor = injection.parameter("position_factor")
        poses = tuple(
            Pose(
                (pose.position_m[0] * factor, pose.position_m[1] * factor, pose.position_m[2] * factor),
                pose.orientation_xyzw,
            )
            for pose in proposal.gripper_in_base
        )
        joints = tuple(tuple(angle * _DEGREES_PER_RADIAN for angle in step) for step in proposal.joints_rad)
        return dataclasses.replace(proposal, gripper_in_base=poses, joints_rad=joints)
