"""A worker process that only talks: heartbeats and telemetry of a cell in which every task succeeds at once.

Usage: python -m tests.support.toy_worker NAME SESSION_FOLDER
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.stop_flag import StopFlag
from runtime.link.subscriber import Subscriber
from runtime.messages import topics
from runtime.messages.orders import Heartbeat, Orders
from runtime.messages.policy import PolicyStatus
from runtime.messages.state import Mode
from runtime.modes import Refusal, event_named, transition
from tests.support.supervised import MadeUpCell

PERIOD_S = 0.02
TASK_S = 0.2


class ToyWorker:
    """One process of the five."""

    def __init__(self, name: str, session: SessionFolder) -> None:
        self.name = name
        self.session = session
        self.cell = MadeUpCell(mode=Mode.IDLE, mode_reason="started")
        self.orders = Orders(0, 0)
        self.acted_id = 0
        self.begun_s = 0.0

    def run(self) -> None:
        parent = os.getppid()
        with (
            Publisher(self.session, self.name) as publisher,
            Subscriber(self.session, [topics.ORDERS]) as subscriber,
            StopFlag.attach(self.session) as stop_flag,
        ):
            while not self.orders.shutdown and os.getppid() == parent:
                for received in subscriber.poll(0.0):
                    self.orders = received.message
                self.cell.now_ns = time.monotonic_ns()
                if self.name == "control":
                    self.control(stop_flag)
                    publisher.send(topics.CONTROL, self.cell.control())
                    publisher.send(topics.ROBOT, self.cell.robot())
                if self.name == "planner":
                    self.plan()
                    publisher.send(topics.POLICY, self.cell.policy())
                    publisher.send(topics.BELIEF, self.cell.belief())
                publisher.send(topics.health_of(self.name), self.heartbeat())
                time.sleep(PERIOD_S)

    def heartbeat(self) -> Heartbeat:
        beat = Heartbeat(self.name, os.getpid(), self.cell.now_ns, self.orders.sequence)
        if self.name == "recorder":
            return replace(beat, recording=self.orders.recording, recording_bytes=100 if self.orders.recording else 0)
        on = tuple(order.fault_id for order in self.orders.faults) if self.name == "plant" else ()
        return replace(beat, mode_request_id=self.acted_id, refill_id=self.orders.refill_id, faults_effective=on)

    def control(self, stop_flag: StopFlag) -> None:
        if stop_flag.is_set() and self.cell.mode is not Mode.PROTECTIVE_STOP:
            self.cell.mode, self.cell.mode_reason = Mode.PROTECTIVE_STOP, "stop flag"
        wish = self.orders.mode_request
        if wish is None or wish.request_id <= self.acted_id:
            return
        self.acted_id = wish.request_id
        following = transition(self.cell.mode, event_named(wish.event))
        if not isinstance(following, Refusal):
            self.cell.mode, self.cell.mode_reason = following, wish.event
            if following is Mode.IDLE:
                stop_flag.clear(stop_flag.pressed_ns())

    def plan(self) -> None:
        self.cell.active = self.orders.policy or self.cell.active
        assignment = self.orders.assignment
        if assignment is None:
            self.cell.task_id, self.cell.status = -1, PolicyStatus.WAITING
            self.cell.places["red cube"] = "tray"
            return
        now_s = time.monotonic()
        if (assignment.task_id, assignment.attempt) != (self.cell.task_id, self.cell.attempt):
            self.cell.task_id, self.cell.attempt, self.begun_s = assignment.task_id, assignment.attempt, now_s
            self.cell.places["red cube"] = "tray"
        slow = "slowly" in assignment.instruction
        done = now_s - self.begun_s > (60.0 if slow else TASK_S)
        self.cell.status = PolicyStatus.DONE if done else PolicyStatus.WORKING
        if done:
            self.cell.places["red cube"] = "left"


if __name__ == "__main__":
    ToyWorker(sys.argv[1], SessionFolder.attach(Path(sys.argv[2]))).run()
