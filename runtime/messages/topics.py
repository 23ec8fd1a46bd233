"""The system's map: every topic, its one writer, its type and rate. A test holds it against what runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from runtime.messages.camera import Frame, SceneBelief
from runtime.messages.card import PolicyCards
from runtime.messages.cell import CellDescription
from runtime.messages.faults import FaultState
from runtime.messages.orders import Heartbeat, Orders
from runtime.messages.plan import Plan, VerdictReport
from runtime.messages.policy import PolicyState
from runtime.messages.requests import Receipt
from runtime.messages.state import ControlState, RobotState, TickTrace
from runtime.messages.system import AlarmList, Event, History, SystemState
from runtime.messages.tasks import TaskList


class Keep(Enum):
    """What a reader that falls behind may skip."""

    NEWEST = "newest"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class Topic:
    """One line of the map."""

    name: str
    writer: str
    """The only process that may publish it."""

    type: type[Any]
    rate_hz: float
    """0: on events only, no steady rate."""

    keep: Keep
    recorded: bool
    image: bool = False
    """Whether pixels follow as a second wire frame."""


ORDERS = Topic("orders", "supervisor", Orders, 20.0, Keep.NEWEST, recorded=True)
SYSTEM = Topic("system", "supervisor", SystemState, 5.0, Keep.NEWEST, recorded=True)
TASKS = Topic("tasks", "supervisor", TaskList, 5.0, Keep.NEWEST, recorded=True)
ALARMS = Topic("alarms", "supervisor", AlarmList, 5.0, Keep.NEWEST, recorded=True)
FAULTS = Topic("faults", "supervisor", FaultState, 5.0, Keep.NEWEST, recorded=True)
EVENTS = Topic("events", "supervisor", Event, 0.0, Keep.EVERY, recorded=True)
HISTORY = Topic("history", "supervisor", History, 1.0, Keep.NEWEST, recorded=False)
RECEIPTS = Topic("receipts", "supervisor", Receipt, 0.0, Keep.EVERY, recorded=True)
CELL = Topic("cell", "supervisor", CellDescription, 1.0, Keep.NEWEST, recorded=True)
CARDS = Topic("cards", "supervisor", PolicyCards, 1.0, Keep.NEWEST, recorded=True)
ROBOT = Topic("robot", "control", RobotState, 100.0, Keep.NEWEST, recorded=True)
CONTROL = Topic("control", "control", ControlState, 20.0, Keep.NEWEST, recorded=True)
TICKS = Topic("ticks", "control", TickTrace, 20.0, Keep.EVERY, recorded=True)
VERDICTS = Topic("verdicts", "control", VerdictReport, 0.0, Keep.EVERY, recorded=True)
PLANS = Topic("plans", "planner", Plan, 0.0, Keep.EVERY, recorded=True)
POLICY = Topic("policy", "planner", PolicyState, 10.0, Keep.NEWEST, recorded=True)
BELIEF = Topic("belief", "planner", SceneBelief, 10.0, Keep.NEWEST, recorded=True)
OVERHEAD = Topic("camera/overhead", "cameras", Frame, 10.0, Keep.NEWEST, recorded=True, image=True)
WRIST = Topic("camera/wrist", "cameras", Frame, 10.0, Keep.NEWEST, recorded=True, image=True)
HEALTH_PLANT = Topic("health/plant", "plant", Heartbeat, 10.0, Keep.NEWEST, recorded=False)
HEALTH_CAMERAS = Topic("health/cameras", "cameras", Heartbeat, 10.0, Keep.NEWEST, recorded=False)
HEALTH_CONTROL = Topic("health/control", "control", Heartbeat, 10.0, Keep.NEWEST, recorded=False)
HEALTH_PLANNER = Topic("health/planner", "planner", Heartbeat, 10.0, Keep.NEWEST, recorded=False)
HEALTH_RECORDER = Topic("health/recorder", "recorder", Heartbeat, 10.0, Keep.NEWEST, recorded=False)

TOPICS: tuple[Topic, ...] = (
    ORDERS,
    SYSTEM,
    TASKS,
    ALARMS,
    FAULTS,
    EVENTS,
    HISTORY,
    RECEIPTS,
    CELL,
    CARDS,
    ROBOT,
    CONTROL,
    TICKS,
    VERDICTS,
    PLANS,
    POLICY,
    BELIEF,
    OVERHEAD,
    WRIST,
    HEALTH_PLANT,
    HEALTH_CAMERAS,
    HEALTH_CONTROL,
    HEALTH_PLANNER,
    HEALTH_RECORDER,
)

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}


def health_of(process: str) -> Topic:
    """The heartbeat topic of a worker process."""
    return BY_NAME[f"health/{process}"]
