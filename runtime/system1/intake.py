"""From an action chunk to a judged joint path, in small portions so that no tick is held up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.joint import JointReference, Vector
from runtime.messages.plan import ACCEPTED, Plan, Reason, Severity, Verdict
from runtime.messages.state import Mode
from runtime.ports import Guard
from runtime.system1.reference import JointPath
from runtime.system1.segment import Matrix

ITERATIONS_A_TICK = 3
"""Of inverse kinematics, about 5 µs each; a pose takes two to four."""

ITERATIONS_A_STEP = 40
CONFIGURATIONS_A_TICK = 8
"""Of the clearance check; its cost hardly depends on how many they are."""


_NO_SEQUENCE = frozenset({Reason.SCHEMA, Reason.SHAPE, Reason.NOT_FINITE, Reason.SEQUENCE})
"""A chunk refused for these is no proof of how far its sender has counted."""


@dataclass(frozen=True, slots=True)
class AcceptedChunk:
    """A chunk that passed the whole gate, with the moments at which its steps are due."""

    plan: Plan
    due_ns: tuple[int, ...]
    """One entry a step, passed ones included; stretched around now when the arm goes more slowly than planned."""

    path: JointPath
    """The steps that lie ahead."""

    received_ns: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The gate's answer to one chunk."""

    plan: Plan
    verdict: Verdict
    chunk: AcceptedChunk | None = None
    """Filled when accepted."""


class _Phase(Enum):
    EMPTY = 0
    SOLVING = 1
    SPACE = 2
    PASSED = 3


class ChunkIntake:
    """Judges one chunk at a time: gate, inverse kinematics, path rules, clearance. The newest waits for its turn."""

    def __init__(self, arm: Arm, guard: Guard, *, speed_limit_rad_s: Vector) -> None:
        self._arm = arm
        self._speed_limit_rad_s = speed_limit_rad_s
        self._guard = guard
        self._solver = arm.solver()
        self._phase = _Phase.EMPTY
        self._waiting: tuple[Plan, int] | None = None
        self._plan: Plan | None = None
        self._received_ns = 0
        self._first = 0
        self._joints: list[Vector] = []
        self._configurations: Matrix = np.zeros((0, arm.joint_count))
        self._begin_in_base: Matrix = np.zeros((0, arm.joint_count, 4, 4))
        self._checked = 0
        self._last_plan_id = -1

    def offer(self, plan: Plan, *, now_ns: int, mode: Mode) -> Judgement | None:
        """A chunk arrived: judge it as a message. Returns the refusal, or None when work on it goes on."""
        verdict = self._guard.check_plan(plan, now_ns=now_ns, mode=mode, last_plan_id=self._last_plan_id)
        if verdict.reason not in _NO_SEQUENCE:
            self._last_plan_id = max(self._last_plan_id, plan.plan_id)
        if not verdict.passed:
            return Judgement(plan, verdict)
        self._waiting = (plan, now_ns)
        return None

    def forget(self) -> None:
        """Drop what is being worked on: the mode has changed."""
        self._phase = _Phase.EMPTY
        self._waiting = None

    def count_anew(self) -> None:
        """A person has reset the cell: a restarted planner counts its chunks from the beginning again."""
        self.forget()
        self._last_plan_id = -1

    def advance(self, *, now_ns: int, reference: JointReference, speed_scale: float) -> Judgement | None:
        """One tick's portion of work; the answer in the tick in which a chunk is finished."""
        if self._phase is _Phase.EMPTY:
            if self._waiting is None:
                return None
            self._begin(*self._waiting, now_ns, reference)
            self._waiting = None
        if self._phase is _Phase.SOLVING:
            return self._solve(now_ns, reference)
        if self._phase is _Phase.SPACE:
            return self._check_space()
        return self._accept(now_ns, speed_scale)

    def _begin(self, plan: Plan, received_ns: int, now_ns: int, reference: JointReference) -> None:
        self._plan = plan
        self._received_ns = received_ns
        self._first = _steps_passed(plan, now_ns)
        self._phase = _Phase.SOLVING
        self._joints = []
        if plan.joints_rad:
            self._joints = [np.array(joints) for joints in plan.joints_rad[self._first :]]
        elif self._first < plan.horizon:
            self._solver.start(plan.gripper_in_base[self._first], reference.q_rad)

    def _solve(self, now_ns: int, reference: JointReference) -> Judgement | None:
        plan = self._plan
        assert plan is not None
        left = ITERATIONS_A_TICK
        while self._first + len(self._joints) < plan.horizon:
            if left == 0:
                return None
            left -= self._solver.advance(left)
            step = self._first + len(self._joints)
            if self._solver.solved:
                self._keep_solution(plan, step)
            elif self._solver.iterations >= ITERATIONS_A_STEP:
                return self._refuse(_unreachable(step, self._solver.error_m))
        return self._check_path(plan, now_ns, reference)

    def _keep_solution(self, plan: Plan, step: int) -> None:
        q_rad = self._solver.q_rad
        self._joints.append(q_rad)
        if step + 1 < plan.horizon:
            seed = q_rad if len(self._joints) < 2 else 2.0 * q_rad - self._joints[-2]
            self._solver.start(plan.gripper_in_base[step + 1], seed)

    def _check_path(self, plan: Plan, now_ns: int, reference: JointReference) -> Judgement | None:
        skip = max(0, _steps_passed(plan, now_ns) - self._first)
        if skip >= len(self._joints):
            return self._refuse(Verdict(Severity.REJECT, Reason.EXPIRED, 0.0, 1.0, "steps left"))
        self._first += skip
        path_rad = np.array(self._joints[skip:])
        first_due_ns = plan.observation_stamp_ns + _period_ns(plan) * (self._first + 1)
        verdict = self._guard.check_path(
            path_rad,
            step_period_s=plan.step_period_s,
            delay_s=(first_due_ns - now_ns) * 1e-9,
            last_applied_rad=reference.q_rad,
            first_step=self._first,
        )
        if not verdict.passed:
            return self._refuse(verdict)
        before = np.vstack([reference.q_rad, path_rad[:-1]])
        self._configurations = np.stack([0.5 * (before + path_rad), path_rad], axis=1).reshape(-1, path_rad.shape[1])
        self._begin_in_base = self._arm.placed(reference.q_rad).frames[None]
        self._checked = 0
        self._phase = _Phase.SPACE
        return None

    def _check_space(self) -> Judgement | None:
        portion = self._configurations[self._checked : self._checked + CONFIGURATIONS_A_TICK]
        steps = [self._first + (self._checked + index) // 2 for index in range(len(portion))]  # after their midpoints
        self._checked += len(portion)
        placed = [self._arm.placed(q_rad) for q_rad in portion]
        frames = np.array([one.frames for one in placed])
        tools_m = np.array([one.tool_m for one in placed])
        verdict = self._guard.check_space(frames, tools_m, steps=steps, begin_in_base=self._begin_in_base)
        if not verdict.passed:
            return self._refuse(verdict)
        if self._checked >= len(self._configurations):
            self._phase = _Phase.PASSED
        return None

    def _accept(self, now_ns: int, speed_scale: float) -> Judgement:
        plan = self._plan
        assert plan is not None
        ahead = max(self._first, _steps_passed(plan, now_ns))
        if ahead >= plan.horizon or now_ns >= plan.expires_ns:
            return self._refuse(Verdict(Severity.REJECT, Reason.EXPIRED, 0.0, 1.0, "steps left"))
        self._phase = _Phase.EMPTY
        q_rad = self._configurations[1::2][ahead - self._first :]
        verdict, stretch = self._pace(q_rad, plan.step_period_s)
        stretch /= speed_scale
        period_ns = _period_ns(plan)
        planned = [plan.observation_stamp_ns + period_ns * (step + 1) for step in range(plan.horizon)]
        due_ns = tuple(now_ns + round((at - now_ns) * stretch) if at > now_ns else at for at in planned)
        chunk = AcceptedChunk(plan, due_ns, JointPath(due_ns[ahead:], q_rad), self._received_ns)
        return Judgement(plan, verdict, chunk)

    def _pace(self, q_rad: Matrix, step_period_s: float) -> tuple[Verdict, float]:
        """How much slower than planned the steps are executed, so that they can be stopped in time; and saying so."""
        if len(q_rad) < 2:
            return ACCEPTED, 1.0
        speed_rad_s = np.abs(np.diff(q_rad, axis=0)).max(axis=0) / step_period_s
        share = speed_rad_s / self._speed_limit_rad_s
        joint = int(np.argmax(share))
        stretch = float(share[joint])
        if stretch <= 1.0:
            return ACCEPTED, 1.0
        measured, limit = float(speed_rad_s[joint]), float(self._speed_limit_rad_s[joint])
        detail = f"{self._arm.robot.joints[joint].name}: executed more slowly, to be stoppable in time"
        return Verdict(Severity.LIMIT, Reason.VELOCITY, measured, limit, "rad/s", detail), stretch

    def _refuse(self, verdict: Verdict) -> Judgement:
        assert self._plan is not None
        self._phase = _Phase.EMPTY
        return Judgement(self._plan, verdict)


def _period_ns(plan: Plan) -> int:
    return max(1, round(plan.step_period_s * 1e9))


def _steps_passed(plan: Plan, now_ns: int) -> int:
    """How many steps were due at or before now."""
    return min(plan.horizon, max(0, (now_ns - plan.observation_stamp_ns) // _period_ns(plan)))


def _unreachable(step: int, error_m: float) -> Verdict:
    return Verdict(Severity.REJECT, Reason.UNREACHABLE, error_m, 1e-5, "m", f"step {step}")
