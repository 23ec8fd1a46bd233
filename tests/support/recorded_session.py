"""A made-up session of every recorded topic at its rate, for tests of recording and replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from runtime.messages.camera import Detection, Frame, SceneBelief
from runtime.messages.card import PolicyCard, PolicyCards
from runtime.messages.cell import CameraDescription, CellDescription, PartKind, Tote, Tray
from runtime.messages.faults import FaultState
from runtime.messages.geometry import Box, Pose, Region
from runtime.messages.orders import Orders
from runtime.messages.plan import ACCEPTED, Plan, Signal, VerdictReport
from runtime.messages.policy import PolicyState, PolicyStatus
from runtime.messages.requests import Receipt, ReceiptPhase
from runtime.messages.robot import GripperDescription, JointDescription, RobotDescription, ThermalDescription
from runtime.messages.state import ControlState, Mode, PlanExecution, RobotState, TickTrace
from runtime.messages.system import AlarmList, Event, SystemState
from runtime.messages.tasks import TaskCounts, TaskList
from runtime.messages.topics import BY_NAME, TOPICS, Topic

SECOND_NS = 1_000_000_000
START_NS = 100 * SECOND_NS
EVENT_PERIOD_NS = SECOND_NS // 2
"""How often the topics without a rate of their own come in this session."""


@dataclass(frozen=True)
class MadeUpArrival:
    """What a subscriber would deliver."""

    topic: Topic
    message: msgspec.Struct
    pixels: bytes | None
    sequence: int
    sent_ns: int
    received_ns: int


def session(duration_s: float, *, without: frozenset[str] = frozenset()) -> Iterator[MadeUpArrival]:
    """Every recorded topic at its rate, in the order of arrival."""
    due: list[tuple[int, int, Topic]] = []
    for topic in TOPICS:
        if topic.recorded and topic.name not in without:
            period_ns = round(SECOND_NS / topic.rate_hz) if topic.rate_hz else EVENT_PERIOD_NS
            due += [(START_NS + count * period_ns, count, topic) for count in range(int(duration_s * 1e9) // period_ns)]
    for stamp_ns, count, topic in sorted(due, key=lambda entry: (entry[0], entry[2].name)):
        pixels = picture(count) if topic.image else None
        yield MadeUpArrival(topic, message_on(topic.name, stamp_ns, count), pixels, count, stamp_ns, stamp_ns + 300_000)


def picture(count: int) -> bytes:
    """Pixels that differ from picture to picture."""
    return np.full((8, 8, 3), count % 256, dtype=np.uint8).tobytes()


def message_on(name: str, stamp_ns: int, count: int) -> msgspec.Struct:
    """A plausible record of a topic."""
    maker = {
        "orders": lambda: Orders(stamp_ns, count),
        "system": lambda: system_state(stamp_ns),
        "tasks": lambda: TaskList(stamp_ns, (), (), TaskCounts(count, 0, 0, 0, 4.5)),
        "alarms": lambda: AlarmList(stamp_ns, ()),
        "faults": lambda: FaultState(stamp_ns, (), ()),
        "events": lambda: Event(stamp_ns, "task", "warning", f"line {count}"),
        "receipts": lambda: Receipt(f"r{count}", ReceiptPhase.CONFIRMED, stamp_ns, "start"),
        "cell": cell,
        "cards": lambda: PolicyCards(stamp_ns, (PolicyCard("programmed", "Programmed", "1", "finds and picks"),)),
        "robot": lambda: robot_state(stamp_ns, count),
        "control": lambda: control_state(stamp_ns, count),
        "ticks": lambda: TickTrace(stamp_ns, count * 50, ("late_s",), 50, bytes(200)),
        "verdicts": lambda: VerdictReport(stamp_ns, "plan gate", count, "programmed", ACCEPTED, count),
        "plans": lambda: plan(stamp_ns, count),
        "policy": lambda: policy_state(stamp_ns, count),
        "belief": lambda: belief(stamp_ns),
    }
    if BY_NAME[name].image:
        return Frame(name.removeprefix("camera/"), count, stamp_ns, 8, 8, "egl")
    return maker[name]()


def robot() -> RobotDescription:
    """An arm of two joints."""
    joint = JointDescription(
        "turn", Pose((0.0, 0.0, 0.3)), (0.0, 0.0, 1.0), -2.0, 2.0, 2.0, 10.0, 100.0, 50.0, 1000.0, 2.0, (0.0, 0.0, 0.1),
        (0.1, 0.0, 0.0, 0.1, 0.0, 0.1), 0.1, 0.5, 0.2, 0.6, 0.05, 0.0,
    )  # fmt: skip
    bend = msgspec.structs.replace(joint, name="bend", axis=(0.0, 1.0, 0.0))
    gripper = GripperDescription(0.08, 0.1, 70.0, Pose((0.0, 0.0, 0.1)), 0.7)
    two = (1.0, 1.0)
    thermal = ThermalDescription(25.0, two, two, two, two, two, 0.0039, 90.0, 110.0)
    return RobotDescription("two joints", "made up", (joint, bend), Pose((0.0, 0.0, 0.2)), gripper, thermal, (), ())


def cell() -> CellDescription:
    """A cell with one part of each drawn kind."""
    parts = (
        PartKind("red cube", "red", "cube", (0.9, 0.1, 0.1), (0.04, 0.04, 0.04), 0.05),
        PartKind("blue cylinder", "blue", "cylinder", (0.1, 0.1, 0.9), (0.04, 0.04, 0.05), 0.05),
    )
    overhead = CameraDescription("overhead", 8, 8, 10.0, 10.0, on_flange=False, camera_in_parent=Pose((0.5, 0.0, 1.0)))
    wrist = msgspec.structs.replace(overhead, name="wrist", on_flange=True)
    return CellDescription(
        name="test cell",
        scene="tray",
        robot=robot(),
        workspace=Region((0.2, -0.5, 0.0), (0.8, 0.5, 0.8)),
        floor_z_m=0.0,
        obstacles=(Box("table", Pose((0.5, 0.0, -0.05)), (0.4, 0.6, 0.05)),),
        tray=Tray((0.5, 0.0, 0.0), (0.15, 0.15), 0.02),
        totes=(Tote("left", (0.4, 0.35, 0.0), (0.1, 0.1), 0.05),),
        parts=parts,
        cameras=(overhead, wrist),
        simulated=True,
    )


def robot_state(stamp_ns: int, count: int) -> RobotState:
    """The two joints, turning."""
    pair = (0.01 * count, -0.01 * count)
    return RobotState(
        stamp_ns, count * 10, pair, pair, pair, pair, pair, Pose((0.5, 0.0, 0.3)), 0.08, 0.0, 0.08, pair, pair, 0
    )


def control_state(stamp_ns: int, count: int) -> ControlState:
    """A loop in good order."""
    return ControlState(
        stamp_ns, Mode.AUTO, START_NS, "started", "policy", PlanExecution.FOLLOWING, count, "programmed", 0.1, 0.001,
        count * 50, 0, 1e-5, 5e-5, 1e-4, 9e-5, 1000.0, real_time=True, speed_scale=1.0, limited=0, rejected=0,
        plans=count, torque_step_over_limit=0,
    )  # fmt: skip


def plan(stamp_ns: int, count: int) -> Plan:
    """A chunk of one step."""
    return Plan(
        count, "programmed", "1", 1, count, stamp_ns, stamp_ns, stamp_ns + SECOND_NS, 0.1, 1,
        (Pose((0.5, 0.0, 0.3)),), (), (0.08,), 30.0, 0.9, (Signal("fit", 0.9),),
    )  # fmt: skip


def policy_state(stamp_ns: int, count: int) -> PolicyState:
    """A policy at work."""
    return PolicyState(
        stamp_ns, "programmed", "1", "", "", (), 1, "put the red cube in the left tote", PolicyStatus.WORKING,
        "searching", "", 0.9, (), 0.02, 0.1, count, 0, 0.03, (), 0, 0,
    )  # fmt: skip


def belief(stamp_ns: int) -> SceneBelief:
    """Both parts in the tray."""
    seen = (
        Detection("red cube", Pose((0.5, 0.0, 0.04)), (4.0, 4.0), 20.0, 0.9, "tray"),
        Detection("blue cylinder", Pose((0.5, 0.1, 0.05)), (5.0, 4.0), 20.0, 0.9, "tray"),
    )
    return SceneBelief(stamp_ns, seen, occluded=False)


def system_state(stamp_ns: int) -> SystemState:
    """A cell in good order."""
    return SystemState(
        stamp_ns, "s", "test cell", "tray", "low", 1, 0, ready=True, why_not_moving="moving", processes=(),
        recording="", recording_bytes=0, recording_trouble="", gaps={}, hardware_estop="none (simulated cell)",
        metrics_address="",
    )  # fmt: skip
