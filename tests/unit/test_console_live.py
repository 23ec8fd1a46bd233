"""The console's link to a running cell: messages in, requests out, the stop flag past both, restarts survived."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.link.publisher import Publisher
from runtime.link.requests import RequestServer
from runtime.link.session import SessionFolder
from runtime.link.stop_flag import StopFlag
from runtime.messages.requests import Pause, Receipt, ReceiptPhase, Request, Shutdown
from runtime.messages.topics import ALARMS, OVERHEAD, ROBOT, SYSTEM
from tests.support.recorded_session import message_on, picture
from twin_app.bridge.inbox import MOST_KEPT, Inbox
from twin_app.bridge.live import LiveSource
from twin_app.model.arrival import Arrival

PATIENCE_S = 5.0


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionFolder]:
    folder = SessionFolder.create("live", now_wall_ns=1, root=tmp_path)
    StopFlag.create(folder).close()
    yield folder
    folder.close()


@pytest.fixture
def source(session: SessionFolder) -> Iterator[LiveSource]:
    source = LiveSource(session)
    source.start()
    yield source
    source.close()


def until(found: Callable[[], bool]) -> None:
    """Wait for another thread, which has a real socket in between."""
    deadline = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < deadline, "did not come"
        time.sleep(0.002)


def test_messages_and_pictures_of_every_writer_arrive(session: SessionFolder, source: LiveSource) -> None:
    arrived: dict[str, Arrival] = {}

    def both() -> bool:
        control.send(ROBOT, message_on("robot", time.monotonic_ns(), 1))
        cameras.send(OVERHEAD, message_on("camera/overhead", time.monotonic_ns(), 1), picture(3))
        arrived.update({arrival.topic: arrival for arrival in source.collect().arrivals})
        return {"robot", "camera/overhead"} <= set(arrived)

    with Publisher(session, "control") as control, Publisher(session, "cameras") as cameras:
        until(both)
    assert bytes(arrived["camera/overhead"].pixels or b"") == picture(3)


def test_a_request_gets_its_receipts_under_the_id_that_the_window_knows(
    session: SessionFolder, source: LiveSource
) -> None:
    seen: list[Arrival] = []
    with RequestServer(session) as server:
        asked: list[Request] = []

        def served() -> bool:
            if not asked and not source_ids:
                return False
            for handle, request in server.poll(0.01):
                assert isinstance(request, Request)
                asked.append(request)
                server.reply(handle, Receipt(request.request_id, ReceiptPhase.ACCEPTED, 5, "pause"))
            seen.extend(source.collect().arrivals)
            return bool(seen)

        time.sleep(0.15)  # a request is sent only while connected: the socket needs a moment to connect
        source_ids = [source.ask(Pause())]
        until(served)
    assert isinstance(asked[0].body, Pause)
    assert seen[0].message.request_id == source_ids[0]


def test_a_request_to_nobody_fails_instead_of_waiting_in_a_queue(source: LiveSource) -> None:
    seen: list[Arrival] = []
    request_id = source.ask(Pause())

    def failed() -> bool:
        seen.extend(source.collect().arrivals)
        return bool(seen)

    until(failed)
    assert seen[0].message.request_id == request_id
    assert seen[0].message.phase is ReceiptPhase.FAILED


def test_the_last_request_leaves_before_the_source_closes(session: SessionFolder) -> None:
    source = LiveSource(session)
    source.start()
    with RequestServer(session) as server:
        time.sleep(0.2)
        source.ask(Shutdown())
        source.close()
        bodies = [request.body for _, request in server.poll(1.0) if isinstance(request, Request)]
    assert bodies == [Shutdown()]


def test_a_stop_sets_the_flag_at_once_and_also_that_of_a_cell_that_started_anew(
    session: SessionFolder, source: LiveSource
) -> None:
    source.stop_now()
    with StopFlag.attach(session) as flag:
        assert flag.is_set()
    StopFlag.create(session).close()  # a new supervisor in the same folder

    def pressed() -> bool:
        source.stop_now()
        with StopFlag.attach(session) as flag:
            return flag.is_set()

    until(pressed)


def test_a_supervisor_that_starts_anew_is_heard_again(session: SessionFolder, source: LiveSource) -> None:
    times = 0
    for number in range(2):
        with Publisher(session, "supervisor") as supervisor:

            def heard(supervisor: Publisher = supervisor, number: int = number) -> bool:
                supervisor.send(ALARMS, message_on("alarms", time.monotonic_ns(), number))
                supervisor.send(SYSTEM, message_on("system", time.monotonic_ns(), number))
                return any(arrival.topic == "system" for arrival in source.collect().arrivals)

            until(heard)
            times += 1
    assert times == 2


def test_the_inbox_keeps_every_sample_for_the_trends_and_the_newest_of_the_rest() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.put(Arrival("robot", number, number))
        inbox.put(Arrival("system", number, number))
        inbox.put(Arrival("events", number, number))
    taken = inbox.take()
    assert [a.message for a in taken if a.topic == "robot"] == [0, 1, 2, 3, 4]
    assert [a.message for a in taken if a.topic == "events"] == [0, 1, 2, 3, 4]
    assert [a.message for a in taken if a.topic == "system"] == [4]
    assert inbox.take() == ()


def test_an_inbox_that_nobody_empties_stays_bounded_and_counts_what_it_lost() -> None:
    inbox = Inbox()
    for number in range(MOST_KEPT + 10):
        inbox.put(Arrival("robot", number, number))
    assert len(inbox.take()) == MOST_KEPT
    assert inbox.dropped == 10
