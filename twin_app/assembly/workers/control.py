"""The control process: System 1 at 1 kHz on the wall clock, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from runtime.guardrail.guard import CellGuard
from runtime.link.heartbeat import Pulse
from runtime.link.plant_blocks import CommandBlock, StateBlock
from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.stop_flag import StopCause, StopFlag
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.joint import PlantFlag, PlantState
from runtime.messages.orders import Heartbeat, Orders
from runtime.messages.plan import Plan
from runtime.pacing import MILLISECOND_NS, Pacer, enter_real_time, leave_real_time
from runtime.system1 import ControlStage
from runtime.system1.timing import LoopTiming
from sim_worlds.faults import LoopFaults
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.workers.life import Life

PRIORITY = 80
PHASE_NS = 500_000
"""Half a period after the plant, so that each finds the other's newest value."""

STALE_TICKS = 40
"""Without a new measurement for this long the control process presses the stop itself.

Twice what the arm waits for commands before it brakes by itself: a host that stalls for a moment is not a lost arm.
"""

FRESH_NS = 10_000_000
"""An older measurement counts as none. A host that stalls as a whole leaves one behind; the next one is awaited."""

REPEAT_NS = 4_000_000
"""A measurement that is not older may serve another tick, as a late one would otherwise cost the arm a command."""

AHEAD_NS = 4_000_000
"""A measurement this much younger than the tick means that we slept in its middle; the next one serves the arm."""

LATE_MEASUREMENT_NS = 800_000
"""A tick waits this long for a plant that has not finished its step, and is still done before the next one is due."""

NAP_S = 20e-6
RECEIVE_EVERY = 4
"""Ticks between looks at the sockets. Chunks come at 10 Hz, orders at 20 Hz; a stop has its own way."""

SUPERVISOR_SILENT_TICKS = 1000
"""So many ticks of our own without orders, which come every 50, and the control process presses the stop itself.

Nobody watches deaths, alarms and requests then. Counted in ticks that were run, so that a host that stalls as a
whole does not count.
"""

ORPHAN_NS = 2_000_000_000


class ControlLoop:
    """The wiring of one control stage to blocks and topics."""

    def __init__(self, session: SessionFolder, setup: CellSetup) -> None:
        cell = read_scene(setup).cell
        joints = len(cell.robot.joints)
        self._states = StateBlock.attach(session, joints=joints)
        self._commands = CommandBlock.attach(session, joints=joints)
        self._stop = StopFlag.attach(session)
        self._subscriber = Subscriber(session, (topics.ORDERS, topics.PLANS))
        self._publisher = Publisher(session, "control")
        self._stage = ControlStage(cell, guard=CellGuard(cell), started_ns=time.monotonic_ns())
        self._faults = LoopFaults()
        self._orders = Orders(0, 0)
        self._plan: Plan | None = None
        self._life = Life(supervisor_pid=session.info.pid)
        self._warning = enter_real_time(PRIORITY)
        self._seen = 0
        self._state: PlantState | None = None
        self._stale = 0
        self._quiet = 0
        self._pressed_ns = 0
        self._stop_words = ""
        self._orphaned_ns = 0
        self._acted_request = 0
        self._timing = timing_of(Pacer(phase_ns=0), real_time=not self._warning)
        """Measured once before the loop begins: what is computed for the first time takes 20 ms on a busy machine."""

        self._robot_pulse = Pulse(topics.ROBOT.rate_hz)
        self._pulses: tuple[tuple[Pulse, Callable[[int], None]], ...] = (
            (Pulse(topics.CONTROL.rate_hz), self._publish_control),
            (Pulse(topics.HEALTH_CONTROL.rate_hz), self._publish_health),
        )
        self._pacer = Pacer(phase_ns=PHASE_NS)

    def run(self) -> int:
        """Tick until told to end and at rest."""
        while not self._done():
            now_ns = self._pacer.wait()
            self._hold_up(now_ns)
            self.tick(now_ns)
            self._pacer.worked()
        for thing in (self._subscriber, self._publisher, self._states, self._commands, self._stop):
            thing.close()
        return 0

    def _hold_up(self, now_ns: int) -> None:
        """F20: the loop overruns at its own seam."""
        overrun_s = self._faults.overrun_s(now_ns)
        if overrun_s > 0.0:
            end = time.monotonic_ns() + int(overrun_s * 1e9)
            while time.monotonic_ns() < end:
                pass

    def tick(self, now_ns: int) -> None:
        """One tick: listen, measure, think, command and tell; without a measurement all but the command."""
        if self._pacer.ticks % RECEIVE_EVERY == 0:
            self._receive(now_ns)
        state = self._measurement(now_ns)
        if state is None:
            self._tick_unmeasured(now_ns)
        else:
            self._tick_measured(state, now_ns)
        self._publish(now_ns, measured=state is not None)

    def _tick_measured(self, state: PlantState, now_ns: int) -> None:
        pressed_ns = self._look_at_stop()
        request = self._orders.mode_request
        plan, self._plan = self._plan, None
        command = self._stage.tick(
            state,
            now_ns=now_ns,
            plan=plan,
            mode_request=request,
            stop=self._stop_words,
            work_expected=self._orders.assignment is not None,
            stand_in_ready=self._orders.stand_in_ready,
            lateness_s=(time.monotonic_ns() - now_ns) * 1e-9,
        )
        self._commands.write(command)
        if self._stage.stop_flag_to_clear:
            self._stop.clear(pressed_ns)
        if request is not None:
            self._acted_request = request.request_id

    def _tick_unmeasured(self, now_ns: int) -> None:
        lost = self._stale >= STALE_TICKS and self._seen > 0
        if lost and self._stale == STALE_TICKS:
            self._stop.set(now_ns, StopCause.ARM_SILENT)
        self._look_at_stop()
        self._stage.tick_unmeasured(now_ns=now_ns, stop=self._stop_words, lost=lost)

    def _look_at_stop(self) -> int:
        """Stamp of the newest press that waits or is latched, 0 for none; its cause in words is kept beside it."""
        pressed_ns = self._stop.pressed_ns()
        if pressed_ns != self._pressed_ns:
            self._pressed_ns = pressed_ns
            self._stop_words = self._stop.reason() if pressed_ns else ""
        return pressed_ns

    def _measurement(self, now_ns: int) -> PlantState | None:
        """The newest state; the last one again for a few ticks in which none came, so that the arm is served."""
        count = self._await_measurement(now_ns) if self._stale < STALE_TICKS else self._states.count
        if count != self._seen:
            state = self._states.read()
            if state is not None and state.stamp_ns - now_ns > AHEAD_NS:
                return None
            if state is not None and now_ns - state.stamp_ns <= FRESH_NS:
                self._seen, self._stale, self._state = count, 0, state
                return state
        self._stale += 1
        return self._state if self._state is not None and now_ns - self._state.stamp_ns <= REPEAT_NS else None

    def _await_measurement(self, now_ns: int) -> int:
        """Give a plant that is late with its step a little time; returns how many values it has written by then."""
        states, seen, end_ns = self._states, self._seen, now_ns + LATE_MEASUREMENT_NS
        while (count := states.count) == seen and time.monotonic_ns() < end_ns:
            time.sleep(NAP_S)
        return count

    def _receive(self, now_ns: int) -> None:
        if self._orders.sequence:
            self._quiet += RECEIVE_EVERY
        for received in self._subscriber.poll(0.0, at_most=16):
            if isinstance(received.message, Plan):
                self._plan = received.message
            else:
                self._orders, self._quiet = received.message, 0
        if self._quiet == SUPERVISOR_SILENT_TICKS:
            self._stop.set(now_ns, StopCause.SUPERVISOR_SILENT)
        self._faults.apply(self._orders.faults, now_ns)

    def _publish(self, now_ns: int, *, measured: bool) -> None:
        for report in self._stage.take_verdicts():
            self._publisher.send(topics.VERDICTS, report)
        trace = self._stage.take_trace()
        if trace is not None:
            self._publisher.send(topics.TICKS, trace)
        if measured and self._robot_pulse.is_due(now_ns):
            self._publisher.send(topics.ROBOT, self._stage.robot_state())
        for pulse, publish in self._pulses:
            if pulse.is_due(now_ns):
                publish(now_ns)

    def _publish_control(self, now_ns: int) -> None:
        if self._pacer.ticks % 500 < 50:
            self._timing = timing_of(self._pacer, real_time=not self._warning)
        self._publisher.send(topics.CONTROL, self._stage.control_state(now_ns, self._timing))

    def _publish_health(self, now_ns: int) -> None:
        heartbeat = Heartbeat(
            "control",
            pid=os.getpid(),
            stamp_ns=now_ns,
            orders_sequence=self._orders.sequence,
            faults_effective=self._faults.effective(),
            mode_request_id=self._acted_request,
            warning=self._warning,
        )
        self._publisher.send(topics.HEALTH_CONTROL, heartbeat)

    def _done(self) -> bool:
        """Leave only with closed brakes; without a supervisor press the stop first."""
        if not self._life.over() and not self._orders.shutdown:
            return False
        now_ns = time.monotonic_ns()
        if self._orphaned_ns == 0:
            self._orphaned_ns = now_ns
            self._stop.set(now_ns, StopCause.CELL_ENDS if self._orders.shutdown else StopCause.PROCESS_ENDED)
        state = self._states.read()
        braked = state is None or bool(state.flags & PlantFlag.BRAKED)
        return (braked and now_ns - self._orphaned_ns > 50 * MILLISECOND_NS) or now_ns - self._orphaned_ns > ORPHAN_NS


def timing_of(pacer: Pacer, *, real_time: bool) -> LoopTiming:
    """What the pacer saw of its last second."""
    ticks = pacer.ticks
    taken = max(1, min(ticks, len(pacer.lateness_s)))
    late_s, work_s = pacer.lateness_s[:taken], pacer.work_s[:taken]
    p50, p99, most = np.quantile(late_s, (0.5, 0.99, 1.0))
    return LoopTiming(
        lateness_p50_s=float(p50),
        lateness_p99_s=float(p99),
        lateness_max_s=float(most),
        tick_p50_s=float(np.median(work_s)),
        loop_hz=1e9 / MILLISECOND_NS * ticks / max(1, ticks + pacer.missed),
        real_time=real_time,
    )


def run(folder: Path, setup: CellSetup) -> int:
    """Run the control process of the session in this folder."""
    status = ControlLoop(SessionFolder.attach(folder), setup).run()
    leave_real_time()
    return status
