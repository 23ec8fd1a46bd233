"""Pulses and silences, with time handed in; and the one wait over several sockets."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runtime.link.heartbeat import Pulse, Silence
from runtime.link.publisher import Publisher
from runtime.link.requests import RequestServer
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Subscriber
from runtime.link.waiting import wait_for
from runtime.messages.topics import ROBOT
from tests.support.wire import connect, robot_state


def test_a_pulse_beats_at_its_rate_when_asked_every_millisecond() -> None:
    pulse = Pulse(10.0)
    assert sum(pulse.is_due(now_ms * 1_000_000) for now_ms in range(1000)) == 10


@given(st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=50))
def test_a_pulse_never_beats_faster_than_its_rate_and_never_misses_after_a_pause(pauses_ns: list[int]) -> None:
    pulse = Pulse(10.0)
    now_ns = beats = 0
    for pause_ns in pauses_ns:
        now_ns += pause_ns
        due = pulse.is_due(now_ns)
        beats += due
        assert due or pause_ns < 100_000_000
    assert beats <= now_ns // 100_000_000 + 1


def test_a_process_is_silent_when_its_limit_has_passed_and_not_before() -> None:
    watch = Silence(["plant", "control"], limit_s=0.5, now_ns=0)
    assert watch.silent(500_000_000) == ()
    watch.heard("plant", 400_000_000)
    assert watch.silent(500_000_001) == ("control",)
    assert watch.age_s("plant", 900_000_000) == 0.5
    assert watch.silent(900_000_001) == ("plant", "control")


def test_one_wait_covers_telemetry_requests_and_plain_descriptors(tmp_path: Path) -> None:
    session = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    reading, writing = os.pipe()
    with (
        Publisher(session, "control") as publisher,
        Subscriber(session, [ROBOT]) as subscriber,
        RequestServer(session) as server,
    ):
        connect(publisher, subscriber, ROBOT)
        subscriber.poll(0.05)
        both = (subscriber, server)
        assert not wait_for(both, 0.001, descriptors=[reading])
        os.write(writing, b"x")
        assert wait_for(both, 1.0, descriptors=[reading])
        os.read(reading, 1)
        publisher.send(ROBOT, robot_state(1))
        assert wait_for(both, 1.0)
    os.close(reading)
    os.close(writing)
    session.close()
