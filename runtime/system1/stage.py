"""The control stage: one tick from measurement to command. Everything that moves the arm passes through here."""

from __future__ import annotations

import math

import numpy as np

from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.joint import JointCommand, JointReference, PlantFlag, PlantState, Vector
from runtime.messages.orders import ModeRequest
from runtime.messages.plan import Plan, Reason, Severity, Verdict, VerdictReport
from runtime.messages.reasons import NOTHING_USABLE, refusal_in_words
from runtime.messages.state import ControlState, Mode, PlanExecution, RobotState, TickTrace
from runtime.modes import ModeEvent
from runtime.ports import Controller, Guard
from runtime.system1.apart import far_apart
from runtime.system1.brakes import Brakes
from runtime.system1.controllers import ComputedTorque
from runtime.system1.execution import ChunkExecution
from runtime.system1.intake import Judgement
from runtime.system1.missed_ticks import MissedTickLadder, MissedTickLimits, Punctuality
from runtime.system1.mode_keeper import ModeKeeper
from runtime.system1.observer import MomentumObserver
from runtime.system1.telemetry import control_state_of, robot_state_of
from runtime.system1.tick_record import TickRecord
from runtime.system1.timing import LoopTiming

FOLLOWING_ERROR_RAD = 0.1
"""A reference this far from the arm is a protective stop: something holds the arm or weakens a motor."""

_BRAKED = int(PlantFlag.BRAKED)
_COMMUNICATION_LOSS = int(PlantFlag.COMMUNICATION_LOSS)
_TRIPPED = int(PlantFlag.TRIPPED)
# Plain integers: arithmetic on flags costs a microsecond a time.

_REPORT_EVERY_NS = 100_000_000
"""Limiter verdicts that persist are reported at this interval, changes at once."""


class ControlStage:
    """System 1 for one cell. Called by one loop, once a millisecond, with that tick's nominal stamp.

    Reads no clock and no socket. A jump of `now_ns` by more than a period is what missed ticks look like
    from here, and they act (see `missed_ticks`). `started_ns`: since when its first mode lasts, on the same clock.
    """

    def __init__(
        self,
        cell: CellDescription,
        *,
        guard: Guard,
        loop_period_s: float = 0.001,
        controller: Controller | None = None,
        missed_limits: MissedTickLimits | None = None,
        started_ns: int = 0,
    ) -> None:
        self.arm = Arm(cell.robot)
        self.modes = ModeKeeper(started_ns=started_ns)
        self.execution = ChunkExecution(self.arm, guard)
        self._guard = guard
        self._period_ns = round(loop_period_s * 1e9)
        self._controller = ComputedTorque(self.arm, period_s=loop_period_s) if controller is None else controller
        self._observer = MomentumObserver(self.arm)
        self._brakes = Brakes()
        self.missed = MissedTickLadder(missed_limits, period_s=loop_period_s)
        self._record = TickRecord(self.arm.joint_count)
        steps = [joint.torque_rate_nm_s * loop_period_s * (1 + 1e-6) for joint in cell.robot.joints]
        self._torque_step_nm = np.array(steps)
        self._torque_nm: Vector = np.zeros(len(steps))
        self._following_error_rad = np.full(len(steps), FOLLOWING_ERROR_RAD)
        self._tick = 0
        self._last_ns = 0
        self._lived_ticks = 1
        self._state: PlantState | None = None
        self._reference: JointReference = self.execution.motion.state
        self._command: JointCommand | None = None
        self._limited = 0
        self._torque_step_over_limit = 0
        self._bits = 0
        self._reported_ns = 0
        self._verdicts: list[VerdictReport] = []
        self._was_driving = False
        self._expecting = False
        self._stop_words = ""
        self.stop_flag_to_clear = False
        """True after a tick that accepted a reset: the loop clears the shared stop flag."""

    def tick(
        self,
        state: PlantState,
        *,
        now_ns: int,
        plan: Plan | None = None,
        mode_request: ModeRequest | None = None,
        stop: str = "",
        work_expected: bool = True,
        stand_in_ready: bool = False,
        lateness_s: float = 0.0,
    ) -> JointCommand:
        """One tick. `plan`: a chunk that arrived since the last one; `stop`: why the shared stop flag is set.

        `work_expected`: whether the policy has a task, so that its silence means something; `stand_in_ready`: whether
        a fallback takes over then. `lateness_s`: of this tick, for the record only.
        """
        missed = self._note_missed(state, now_ns)
        self.execution.motion.begin_tick(now_ns, lived_ticks=self._lived_ticks)
        self._state = state
        self._follow_stop(stop, now_ns)
        self._follow_missed(missed, now_ns)
        self._follow_events(state, now_ns, mode_request)
        self._follow_plans(plan, now_ns, work_expected=work_expected, stand_in_ready=stand_in_ready)
        self._move_brakes(state, now_ns)
        command = self._command_of(state, now_ns)
        self._observe(state)
        self._record.add(
            tick=self._tick,
            now_ns=now_ns,
            state=state,
            reference=self._reference,
            command=command,
            residual_nm=self._observer.residual_nm,
            missed=missed,
            lateness_s=lateness_s,
        )
        self._tick += 1
        self._last_ns = now_ns
        return command

    def tick_unmeasured(self, *, now_ns: int, stop: str, lost: bool) -> None:
        """One tick without a measurement: nothing is commanded and no request followed, but a stop latches at once.

        `lost`: the arm has been silent for too long. It will be taken over behind closed brakes when it is back,
        and ticks without anybody to serve do not count as missed.
        """
        self.stop_flag_to_clear = False
        self._follow_stop(stop, now_ns)
        if lost:
            self._brakes.close()
            self._last_ns = now_ns

    def take_verdicts(self) -> list[VerdictReport]:
        """Verdicts since the last call."""
        verdicts, self._verdicts = self._verdicts, []
        return verdicts

    def take_trace(self) -> TickTrace | None:
        """The newest full block of the 1 kHz record, once; there is one every 50 ticks."""
        return self._record.take()

    def control_state(self, now_ns: int, timing: LoopTiming) -> ControlState:
        """The loop about itself."""
        return control_state_of(
            now_ns=now_ns,
            timing=timing,
            modes=self.modes,
            execution=self.execution,
            missed=self.missed,
            ticks=self._tick,
            limited=self._limited,
            torque_step_over_limit=self._torque_step_over_limit,
        )

    def robot_state(self) -> RobotState:
        """The arm as measured in the newest tick; raises RuntimeError before the first."""
        if self._state is None or self._command is None:
            raise RuntimeError("robot_state before the first tick")
        return robot_state_of(
            self.arm,
            self._state,
            reference=self._reference,
            residual_nm=self._observer.residual_nm,
            gripper_commanded_m=self._command.gripper_width_m,
        )

    def _note_missed(self, state: PlantState, now_ns: int) -> int:
        missed, unserved = 0, 0
        self._lived_ticks = 1 if self._state is None else state.tick - self._state.tick
        if self._state is not None:
            if now_ns - self._last_ns != self._period_ns:
                missed = max(0, round((now_ns - self._last_ns) / self._period_ns) - 1)
            unserved = max(0, state.tick - self._state.tick - 1)
        self.missed.note(missed, now_ns=now_ns, unserved=unserved)
        return missed

    def _follow_stop(self, stop: str, now_ns: int) -> None:
        """The shared stop flag comes before whatever follows from it, so that its cause is the reason."""
        if stop and not self.modes.latched:
            self._stop(now_ns, stop)
        elif stop and stop != self._stop_words:
            self.modes.add_reason(stop)
        self._stop_words = stop

    def _follow_missed(self, missed: int, now_ns: int) -> None:
        if self.missed.rung is not Punctuality.STOP or self.modes.latched:
            return
        row_s = missed * self._period_ns * 1e-9
        if row_s > 1.0:
            self._stop(now_ns, f"the control loop stood still for {row_s:.1f} s")
        else:
            self._stop(now_ns, f"{self.missed.in_window} ticks missed within a second, {missed} in a row")

    def _follow_events(self, state: PlantState, now_ns: int, request: ModeRequest | None) -> None:
        self.stop_flag_to_clear = False
        if state.flags & _TRIPPED and self.modes.mode is not Mode.FAULT:
            hottest = self.arm.robot.joints[int(np.argmax(state.winding_celsius))].name
            self._happen(ModeEvent.FAULT, now_ns, f"motor of {hottest} above its trip temperature")
        elif state.flags & _BRAKED and self._brakes.settled(now_ns) and not self.modes.latched:
            lost = state.flags & _COMMUNICATION_LOSS
            self._stop(
                now_ns, "the arm braked by itself: " + ("commands were missing" if lost else "its own protection")
            )
        if request is not None:
            self._follow_request(request, now_ns)

    def _follow_request(self, request: ModeRequest, now_ns: int) -> None:
        before = self.modes.mode
        event = self.modes.request(request, now_ns=now_ns)
        if event is None:
            return
        if event is ModeEvent.RESET:
            self.stop_flag_to_clear = True
            self.missed.reset(now_ns=now_ns)
            self.execution.count_anew()
        self._after_event(before, now_ns)

    def _stop(self, now_ns: int, reason: str) -> None:
        self._happen(ModeEvent.STOP, now_ns, reason)

    def _happen(self, event: ModeEvent, now_ns: int, reason: str) -> None:
        before = self.modes.mode
        if self.modes.apply(event, now_ns=now_ns, reason=reason):
            self._after_event(before, now_ns)

    def _after_event(self, before: Mode, now_ns: int) -> None:
        """Leaving the driving modes stops on the spot, entering them starts to count silence."""
        if self.modes.drives:
            self.execution.begin(now_ns)
        elif before is not self.modes.mode:
            self.execution.halt(now_ns)

    def _follow_plans(self, plan: Plan | None, now_ns: int, *, work_expected: bool, stand_in_ready: bool) -> None:
        execution = self.execution
        if plan is not None:
            self._report(self._offer(plan, now_ns), now_ns)
        if not self.modes.drives:
            return
        if work_expected and not self._expecting:
            execution.ladder.begin_silence(now_ns)
        self._expecting = work_expected
        self._report(execution.work(now_ns=now_ns, tick=self._tick, speed_scale=self.missed.speed_scale), now_ns)
        if execution.judge_lateness(now_ns) is PlanExecution.SILENT and work_expected:
            refusal = execution.refusal
            why = "" if refusal is None else f": {refusal_in_words(refusal)}"
            ready = stand_in_ready and self.modes.mode is Mode.AUTO
            event = ModeEvent.FALLBACK_READY if ready else ModeEvent.POLICY_FAULT
            self._happen(event, now_ns, f"{NOTHING_USABLE}{why}")

    def _offer(self, plan: Plan, now_ns: int) -> Judgement | None:
        if self.modes.drives and not self._brakes.settled(now_ns):
            closed = Verdict(Severity.REJECT, Reason.MODE, 1.0, 0.0, detail="brakes are not open yet")
            return self.execution.turn_away(plan, closed)
        return self.execution.take(plan, now_ns=now_ns, mode=self.modes.mode)

    def _move_brakes(self, state: PlantState, now_ns: int) -> None:
        execution = self.execution
        if self.modes.latched:
            self._brakes.latched(
                now_ns=now_ns,
                reference_resting=execution.motion.rest_in_s(now_ns) <= 0.0,
                speed_rad_s=float(np.abs(state.dq_rad_s).max()),
                braked_by_plant=bool(state.flags & _BRAKED),
            )
        else:
            ready = self._command is not None and not self._bits
            self._brakes.unlatched(now_ns=now_ns, torque_ready=ready)
        if not self._brakes.settled(now_ns) and (self._brakes.closed or state.flags & _BRAKED):
            execution.settle(state)
            self._controller.reset()

    def _command_of(self, state: PlantState, now_ns: int) -> JointCommand:
        execution = self.execution
        reference = self._reference = execution.sample(now_ns)
        q_rad, dq_rad_s = state.q_rad, state.dq_rad_s
        if not math.isfinite(sum(q_rad.tolist()) + sum(dq_rad_s.tolist())):
            torque_nm: Vector = np.full(self.arm.joint_count, math.nan)
        else:
            torque_nm = self._controller.torque(
                q_rad=q_rad,
                dq_rad_s=dq_rad_s,
                q_reference_rad=reference.q_rad,
                dq_reference_rad_s=reference.dq_rad_s,
                ddq_reference_rad_s2=reference.ddq_rad_s2,
            )
        asked = JointCommand(
            self._tick + 1,
            now_ns,
            torque_nm,
            execution.gripper.sample(execution.motion.time_ns),
            execution.gripper.force_n,
            self._brakes.closed,
            self.modes.latched,
            0,
        )
        command, bits = self._guard.limit(asked, state, reference)
        self._judge_command(command, bits, now_ns)
        return command

    def _judge_command(self, command: JointCommand, bits: int, now_ns: int) -> None:
        self._count_torque_step(command)
        if bits:
            self._limited += 1
            if bits != self._bits or now_ns - self._reported_ns >= _REPORT_EVERY_NS:
                self._reported_ns = now_ns
                self._report_limiter(now_ns)
        if command.brake and not self._brakes.closed:
            self._brakes.close()
        self._bits = bits
        self._command = command
        if bits and self._guard.demands_stop(bits) and not self.modes.latched:
            verdict = self._guard.explain()
            self._stop(now_ns, f"command limiter: {verdict.reason.value} {verdict.detail}".rstrip())
        elif not self.modes.latched and self._brakes.settled(now_ns):
            self._watch_following(now_ns)

    def _count_torque_step(self, command: JointCommand) -> None:
        """Independent of the limiter: whether it ever let a step pass that is larger than the data sheet's."""
        last_nm, self._torque_nm = self._torque_nm, command.torque_nm
        if self._command is not None and not command.brake:
            self._torque_step_over_limit += far_apart(command.torque_nm, last_nm, self._torque_step_nm)

    def _watch_following(self, now_ns: int) -> None:
        state = self._state
        assert state is not None
        if not far_apart(self._reference.q_rad, state.q_rad, self._following_error_rad):
            return
        error_rad = np.abs(self._reference.q_rad - state.q_rad)
        joint = int(np.argmax(error_rad))
        name = self.arm.robot.joints[joint].name
        self._stop(now_ns, f"{name} is {float(error_rad[joint]):.3f} rad away from its reference")

    def _observe(self, state: PlantState) -> None:
        """By the arm's own ticks: after a stall of this host the simulated one has not lived through it either."""
        if self._brakes.closed or state.flags & _BRAKED:
            self._observer.restart()
            return
        if self._lived_ticks <= 0:
            return
        elapsed_s = self._lived_ticks * self._period_ns * 1e-9
        self._observer.update(
            q_rad=state.q_rad, dq_rad_s=state.dq_rad_s, torque_nm=state.torque_nm, elapsed_s=elapsed_s
        )

    def _report(self, judgement: Judgement | None, now_ns: int) -> None:
        if judgement is None:
            return
        plan = judgement.plan
        report = self._guard.report(
            judgement.verdict, stamp_ns=now_ns, at_limiter=False, plan_id=plan.plan_id, policy=plan.policy
        )
        self._verdicts.append(report)

    def _report_limiter(self, now_ns: int) -> None:
        chunk = self.execution.chunk
        plan_id, policy = (-1, "") if chunk is None else (chunk.plan.plan_id, chunk.plan.policy)
        verdict = self._guard.explain()
        self._verdicts.append(
            self._guard.report(verdict, stamp_ns=now_ns, at_limiter=True, plan_id=plan_id, policy=policy)
        )
