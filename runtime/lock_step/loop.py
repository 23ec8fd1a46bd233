"""The order of the closed loop in simulated time. Stages, plant and cameras are handed in.

One tick is one millisecond: plant, then (when due) cameras and System 2, then System 1, then the supervisor's
oversight. What takes time in a live cell takes ticks here: a plan is delivered after the modelled inference
latency, and whatever the network seam adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.lock_step.trace import TraceHash
from runtime.messages.faults import FaultOrder
from runtime.messages.joint import JointCommand
from runtime.messages.orders import Heartbeat, Orders
from runtime.messages.plan import Plan
from runtime.messages.state import STOP_PRESSED
from runtime.messages.system import Event, ProcessState
from runtime.ports import Camera, LoopSeam, Picture, PlanSeam, Plant
from runtime.supervision.oversight import Oversight
from runtime.system1 import ControlStage
from runtime.system1.timing import LoopTiming
from runtime.system2.planner import PlannerStage, still_meant

TICK_NS = 1_000_000
ROBOT_EVERY = 10
CAMERA_EVERY = 100
READ_OUT_TICKS = 20
"""From exposure until the pictures are there, as a camera needs to read out; they are drawn in between."""

_PROCEED_AT = frozenset((0, 3, 16))
"""Ticks after an exposure at which the cameras get on with it: each piece is drawn beside the ticks that follow."""

CONTROL_EVERY = 50


class NoProcesses:
    """In lock-step there are no workers to watch or restart."""

    def states(self) -> tuple[ProcessState, ...]:
        """None."""
        return ()

    def restart(self, name: str) -> None:
        """Cannot be asked for: requests know the processes."""
        raise ValueError(f"no process {name} in lock-step")


class Seam(Protocol):
    """What every place of fault injection can do."""

    def apply(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set."""
        ...

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        ...


class PictureSeam(Seam, Protocol):
    """Between the cameras and everybody who sees pictures."""

    def pictures(self, pictures: Sequence[Picture], now_ns: int) -> list[Picture]:
        """What leaves the cameras."""
        ...


class LoopFaultSeam(Seam, LoopSeam, Protocol):
    """Before each tick of the fast loop."""


class PlanFaultSeam(Seam, PlanSeam, Protocol):
    """Between planner and control."""


@dataclass(frozen=True, slots=True)
class Seams:
    """Where faults enter; plant faults enter in the plant itself, policy faults in the planner."""

    cameras: PictureSeam
    planner: Seam
    network: PlanFaultSeam
    loop: LoopFaultSeam
    plant: Seam

    def every(self) -> tuple[Seam, ...]:
        """All of them."""
        return (self.cameras, self.planner, self.network, self.loop, self.plant)


class LockStepLoop:
    """Runs the loop tick by tick; owns nothing but the order and simulated time."""

    def __init__(
        self,
        *,
        plant: Plant,
        cameras: Camera,
        planner: PlannerStage,
        control: ControlStage,
        oversight: Oversight,
        seams: Seams,
    ) -> None:
        self._plant = plant
        self._cameras = cameras
        self._planner = planner
        self._control = control
        self._oversight = oversight
        self._seams = seams
        self.trace = TraceHash()
        self.events: list[Event] = []
        self.ticks = 0
        self.missed_ticks = 0
        self.orders = Orders(0, 0)
        self._command: JointCommand | None = None
        self._in_flight: list[tuple[int, Plan]] = []
        self._held_until_ns = 0
        self._stop_pressed = False
        self._timing = LoopTiming()

    @property
    def now_ns(self) -> int:
        """Simulated time."""
        return self.ticks * TICK_NS

    def press_stop(self) -> None:
        """The stop flag of a cell without shared memory: set until a reset is accepted."""
        self._stop_pressed = True

    def tick(self) -> None:
        """One millisecond."""
        self.ticks += 1
        now_ns = self.now_ns
        state = self._plant.step(self._command, stamp_ns=now_ns)
        self._command = None
        since_exposure = self.ticks % CAMERA_EVERY
        if since_exposure == 0:
            self._cameras.expose(stamp_ns=now_ns)
        if since_exposure in _PROCEED_AT:
            self._cameras.proceed()
        elif since_exposure == READ_OUT_TICKS and self.ticks > CAMERA_EVERY:
            self._look(now_ns)
        overrun_s = self._seams.loop.overrun_s(now_ns)
        if overrun_s > 0.0:
            self._held_until_ns = max(self._held_until_ns, now_ns + round(overrun_s * 1e9))
        if self._held_until_ns >= now_ns + TICK_NS:
            self.missed_ticks += 1
            return
        command = self._command = self._control.tick(
            state,
            now_ns=now_ns,
            plan=self._arrived(now_ns) if self._in_flight else None,
            mode_request=self.orders.mode_request,
            stop=STOP_PRESSED if self._stop_pressed else "",
            work_expected=self.orders.assignment is not None,
            stand_in_ready=self.orders.stand_in_ready,
        )
        if self._control.stop_flag_to_clear:
            self._stop_pressed = False
        self.trace.tick(state, command)
        if self.ticks % ROBOT_EVERY == 0:
            self._report(now_ns)

    def _report(self, now_ns: int) -> None:
        control = self._control
        robot = control.robot_state()
        self._planner.take_robot(robot)
        self._tell(robot, now_ns)
        for report in control.take_verdicts():
            self.trace.message(report)
            self._tell(report, now_ns)
        control.take_trace()
        if self.ticks % CONTROL_EVERY == 0:
            self._tell(control.control_state(now_ns, self._timing), now_ns)
            self._think(now_ns)

    def _think(self, now_ns: int) -> None:
        """One round of the supervisor; its orders reach everybody at once."""
        seams = self._seams
        effective = tuple(fault for seam in seams.every() for fault in seam.effective())
        acted_id = self._control.modes.request_id
        self._tell(
            Heartbeat("control", 0, now_ns, self.ticks, faults_effective=effective, mode_request_id=acted_id), now_ns
        )
        before = self.orders
        orders = self.orders = self._oversight.tick(now_ns)
        if orders.faults != before.faults or orders.faults:
            for seam in seams.every():
                seam.apply(orders.faults, now_ns)
        self.events.extend(self._oversight.take_events())
        self._oversight.take_receipts()

    def _look(self, now_ns: int) -> None:
        """Cameras and System 2. Inference begins at once; its result is delivered when it would be ready."""
        pictures = self._seams.cameras.pictures(self._cameras.read_out(), now_ns)
        for picture in pictures:
            self._oversight.receive(picture.frame, picture.image.data.cast("B"), now_ns=now_ns)
        self._planner.take_pictures(pictures)
        output = self._planner.tick(now_ns, orders=self.orders)
        self._in_flight = [entry for entry in self._in_flight if still_meant(entry[1], output.state, now_ns)]
        self._tell(output.state, now_ns)
        if output.belief is not None:
            self._tell(output.belief, now_ns)
        if output.plan is not None:
            delay_ns = round(self._seams.network.delay_s(output.plan, now_ns) * 1e9)
            self._in_flight.append((output.plan.issued_ns + delay_ns, output.plan))

    def _arrived(self, now_ns: int) -> Plan | None:
        """The next chunk whose time has come; one that a newer overtook is refused by the gate's sequence."""
        arrived = min(self._in_flight, key=lambda entry: entry[0])
        if arrived[0] > now_ns:
            return None
        self._in_flight.remove(arrived)
        self.trace.message(arrived[1])
        return arrived[1]

    def _tell(self, message: Any, now_ns: int) -> None:  # any record of the topic table
        self._oversight.receive(message, None, now_ns=now_ns)
