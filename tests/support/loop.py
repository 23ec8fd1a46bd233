"""The fast loop in lock-step: stage, guard and a small plant, advanced tick by tick, with a scripted policy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from runtime.guardrail.guard import CellGuard
from runtime.messages.geometry import Pose
from runtime.messages.joint import JointCommand, PlantState
from runtime.messages.orders import ModeRequest
from runtime.messages.plan import Plan
from runtime.modes import ModeEvent
from runtime.ports import Controller
from runtime.system1 import ControlStage, LoopTiming
from tests.support.arm_plant import ArmPlant, Mismatch
from tests.support.arms import empty_cell

TICK_NS = 1_000_000
DOWN = (1.0, 0.0, 0.0, 0.0)
"""Gripper's z axis pointing at the floor."""


def chunk(
    *,
    plan_id: int,
    observed_ns: int,
    poses: list[Pose],
    now_ns: int | None = None,
    step_s: float = 0.1,
    widths_m: list[float] | None = None,
    policy: str = "scripted",
    expires_ns: int | None = None,
) -> Plan:
    """An action chunk of gripper poses."""
    return Plan(
        plan_id=plan_id,
        policy=policy,
        policy_version="1",
        task_id=1,
        observation_id=plan_id,
        observation_stamp_ns=observed_ns,
        issued_ns=observed_ns if now_ns is None else now_ns,
        expires_ns=observed_ns + 2_000_000_000 if expires_ns is None else expires_ns,
        step_period_s=step_s,
        horizon=len(poses),
        gripper_in_base=tuple(poses),
        joints_rad=(),
        gripper_width_m=tuple([0.08] * len(poses) if widths_m is None else widths_m),
        gripper_force_n=30.0,
        confidence=0.9,
        signals=(),
    )


Way = Callable[[float], Pose]
"""Where the gripper should be at a time in seconds since the way began."""


class Loop:
    """Stage and plant on one simulated clock."""

    def __init__(
        self,
        *,
        mismatch: Mismatch | None = None,
        seed: int = 0,
        controller: Controller | None = None,
        q_rad: np.ndarray | None = None,
    ) -> None:
        self.cell = empty_cell()
        self.guard = CellGuard(self.cell)
        self.stage = ControlStage(self.cell, guard=self.guard)
        if controller is not None:
            self.stage = ControlStage(self.cell, guard=self.guard, controller=controller)
        self.plant = ArmPlant(self.cell.robot, mismatch=mismatch, seed=seed, q_rad=q_rad)
        self.now_ns = 0
        self.state: PlantState = self.plant.measure()
        self.command: JointCommand | None = None
        self.commands: list[JointCommand] = []
        self.states: list[PlantState] = []
        self.references: list[np.ndarray] = []
        self.stop_flag = False
        self.plan_id = 0
        self.policy = "scripted"
        self.timing = LoopTiming()
        self._way_tick = 0
        self._pending: list[tuple[int, Plan]] = []
        self._request_id = 0
        self._request: ModeRequest | None = None

    def tick(self, *, plan: Plan | None = None, work_expected: bool = True) -> JointCommand:
        """One millisecond of both."""
        request, self._request = self._request, None
        command = self.stage.tick(
            self.state,
            now_ns=self.now_ns,
            plan=plan,
            mode_request=request,
            stop="stop pressed" if self.stop_flag else "",
            work_expected=work_expected,
        )
        if self.stage.stop_flag_to_clear:
            self.stop_flag = False
        self.state = self.plant.step(command, stamp_ns=self.now_ns)
        self.now_ns += TICK_NS
        self.command = command
        self.commands.append(command)
        self.states.append(self.state)
        reference = self.stage.execution.motion.state
        self.references.append(np.array([reference.q_rad, reference.dq_rad_s, reference.ddq_rad_s2]))
        return command

    def run(self, ticks: int, *, work_expected: bool = True) -> None:
        """So many ticks without a chunk."""
        for _ in range(ticks):
            self.tick(work_expected=work_expected)

    def miss(self, ticks: int) -> None:
        """So many ticks in which the loop does not run but the plant does."""
        for _ in range(ticks):
            self.state = self.plant.step(None, stamp_ns=self.now_ns)
            self.now_ns += TICK_NS

    def think(self, ticks: int) -> None:
        """So many ticks in which the plant does not run but the loop does, on the last measurement."""
        for _ in range(ticks):
            self.stage.tick(self.state, now_ns=self.now_ns)
            self.now_ns += TICK_NS

    def ask(self, event: ModeEvent) -> None:
        """Request a mode event in the next tick."""
        self._request_id += 1
        self._request = ModeRequest(self._request_id, event.name, self.now_ns + 100 * TICK_NS)

    def start(self) -> None:
        """Let brakes open, then let the policy drive."""
        self.run(200, work_expected=False)
        self.ask(ModeEvent.START)
        self.tick()

    def send(self, poses: list[Pose], **rest: object) -> Plan:
        """A tick in which a chunk of these poses arrives, observed now."""
        self.plan_id += 1
        envelope = {"plan_id": self.plan_id, "observed_ns": self.now_ns, "policy": self.policy, **rest}
        plan = chunk(poses=poses, **envelope)
        self.tick(plan=plan)
        return plan

    def follow_on(
        self,
        way: Way,
        seconds: float,
        *,
        latency_ticks: int = 50,
        period_ticks: int = 100,
        horizon: int = 8,
        width_m: float = 0.08,
    ) -> None:
        """A policy that observes every `period_ticks` and whose chunks arrive `latency_ticks` later.

        Called again, it goes on along the way: `way_time_s` is where it stands.
        """
        for _ in range(round(seconds * 1000)):
            if self._way_tick % period_ticks == 0:
                self.plan_id += 1
                poses = [way(self.way_time_s + 0.1 * (step + 1)) for step in range(horizon)]
                widths_m = [width_m] * horizon
                plan = chunk(
                    plan_id=self.plan_id,
                    observed_ns=self.now_ns,
                    poses=poses,
                    policy=self.policy,
                    widths_m=widths_m,
                )
                self._pending.append((self._way_tick + latency_ticks, plan))
            arrived = self._pending and self._pending[0][0] <= self._way_tick
            self.tick(plan=self._pending.pop(0)[1] if arrived else None)
            self._way_tick += 1

    @property
    def way_time_s(self) -> float:
        """How far `follow_on` has come."""
        return self._way_tick * 1e-3

    def home(self) -> Pose:
        """Where the gripper is now."""
        return self.stage.arm.fk(self.plant.q_rad)
