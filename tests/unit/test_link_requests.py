"""Requests: asked while connected or not at all, judged by age and session, always answered once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from time import monotonic

import msgspec
import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.link.requests import LONGEST_DEADLINE_S, Refusal, ReplyHandle, RequestClient, RequestServer, command_of
from runtime.link.session import SessionFolder, SessionTrouble
from runtime.messages.codec import SCHEMA_VERSION, encode
from runtime.messages.faults import FaultSeverity
from runtime.messages.requests import (
    AddTask,
    Body,
    InjectFault,
    Pause,
    Receipt,
    ReceiptPhase,
    Request,
    Reset,
    Start,
    Stop,
    SwapPolicy,
)
from tests.support.wire import PATIENCE_S, raw_socket

NOW_NS = 1_000_000_000_000
BODIES: tuple[Body, ...] = (
    Stop(),
    Reset(),
    Start(),
    AddTask("put the red cube in the left tote", key="k"),
    SwapPolicy("programmed_careful"),
    InjectFault("F26", FaultSeverity.SEVERE, delay_s=10.0),
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionFolder]:
    folder = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    yield folder
    folder.close()


def _next(server: RequestServer) -> tuple[ReplyHandle, Request | Refusal]:
    deadline = monotonic() + PATIENCE_S
    while monotonic() < deadline:
        asked = server.poll(0.05)
        if asked:
            assert len(asked) == 1
            return asked[0]
    raise AssertionError("nothing was asked")


def _receipts(client: RequestClient, count: int) -> list[Receipt]:
    deadline = monotonic() + PATIENCE_S
    receipts: list[Receipt] = []
    while len(receipts) < count:
        assert monotonic() < deadline, receipts
        receipts += client.poll(0.05)
    return receipts


def _connected(server: RequestServer, client: RequestClient) -> None:
    """Return when a request has gone both ways."""
    deadline = monotonic() + PATIENCE_S
    while monotonic() < deadline:
        client.send(Stop(), timeout_s=60.0)
        for handle, request in server.poll(0.02):
            assert isinstance(request, Request)
            server.reply(handle, _accepted(request))
        if any(receipt.phase is ReceiptPhase.ACCEPTED for receipt in client.poll(0.02)):
            return
    raise AssertionError("never connected")


def _accepted(request: Request) -> Receipt:
    return Receipt(request.request_id, ReceiptPhase.ACCEPTED, 5, command_of(request))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_a_request_arrives_and_its_receipt_returns(session: SessionFolder, body: Body) -> None:
    with RequestServer(session) as server, RequestClient(session, "cli") as client:
        _connected(server, client)
        request_id = client.send(body)
        handle, request = _next(server)
        assert isinstance(request, Request)
        assert (request.body, request.request_id, request.asker) == (body, request_id, "cli")
        server.reply(handle, _accepted(request))
        assert _receipts(client, 1) == [_accepted(request)]


def test_asking_waits_for_the_receipt_and_keeps_those_of_others(session: SessionFolder) -> None:
    ended = Flag()

    def supervise() -> None:
        with RequestServer(session) as server:
            while not ended.is_set():
                for handle, request in server.poll(0.01):
                    assert isinstance(request, Request)
                    server.reply(handle, _accepted(request))

    thread = Thread(target=supervise)
    thread.start()
    try:
        with RequestClient(session, "cli") as client:
            first = client.ask(Stop(), timeout_s=5.0)
            assert (first.phase, first.command) == (ReceiptPhase.ACCEPTED, "stop")
            sent = client.send(Pause())
            assert client.ask(Start(), timeout_s=5.0).command == "start"
            assert [receipt.request_id for receipt in _receipts(client, 1)] == [sent]
    finally:
        ended.set()
        thread.join()


def test_a_request_to_nobody_fails_at_once_and_is_never_delivered_later(session: SessionFolder) -> None:
    with RequestClient(session, "console") as client:
        request_id = client.send(Start(), timeout_s=30.0)
        (receipt,) = client.poll()
        assert (receipt.request_id, receipt.phase) == (request_id, ReceiptPhase.FAILED)
        assert "does not listen" in receipt.reason
        with RequestServer(session) as server:
            _connected(server, client)
            assert server.poll(0.05) == []


def test_asking_nobody_fails_in_time(session: SessionFolder) -> None:
    with RequestClient(session, "cli") as client:
        began = monotonic()
        assert client.ask(Start(), timeout_s=0.1).phase is ReceiptPhase.FAILED
        assert monotonic() - began < PATIENCE_S


def test_a_request_without_an_answer_fails_at_its_deadline(session: SessionFolder) -> None:
    now = [NOW_NS]
    with (
        RequestServer(session, clock_ns=lambda: NOW_NS) as server,
        RequestClient(session, "cli", clock_ns=lambda: now[0]) as client,
    ):
        _connected(server, client)
        request_id = client.send(Start(), timeout_s=2.0)
        _next(server)
        now[0] += 1_999_000_000
        assert client.poll() == []
        now[0] += 2_000_000
        receipts = {receipt.request_id: receipt for receipt in client.poll()}
        assert receipts[request_id].phase is ReceiptPhase.FAILED
        assert "no answer in time" in receipts[request_id].reason
        now[0] += 120_000_000_000
        assert request_id not in {receipt.request_id for receipt in client.poll()}


def test_a_supervisor_that_starts_anew_is_found_by_the_same_client(session: SessionFolder) -> None:
    root = session.path.parent
    client_session = SessionFolder.attach(session.path)
    with RequestClient(client_session, "console") as client:
        with RequestServer(session) as server:
            _connected(server, client)
        session.close()
        following = SessionFolder.create("cell", now_wall_ns=2, root=root)
        with RequestServer(following) as server:
            _connected(server, client)
            assert client.send(Start(), timeout_s=2.0)
            _, asked = _next(server)
            assert isinstance(asked, Request)
            assert asked.body == Start()
        following.close()


def test_an_asker_that_has_gone_is_counted_and_no_trouble(session: SessionFolder) -> None:
    with RequestServer(session) as server:
        server.reply(ReplyHandle(b"nobody"), Receipt("1", ReceiptPhase.ACCEPTED, 1, "stop"))
        assert server.unanswered == 1


def test_an_address_that_cannot_be_opened_is_named(session: SessionFolder) -> None:
    (session.path / "requests.ipc").mkdir()
    with pytest.raises(SessionTrouble, match=r"requests\.ipc cannot be opened"):
        RequestServer(session)


# ── what is refused before the supervisor judges it ──────────────────────────────────────────────


def _request(**changes: object) -> Request:
    plain = Request("id-1", NOW_NS, NOW_NS + 1_000_000_000, Start(), "cli")
    return msgspec.structs.replace(plain, **changes)


def _frames(session: SessionFolder, body: bytes, *, version: int = SCHEMA_VERSION, session_id: str = "") -> list[bytes]:
    nonce = (session_id or session.session_id).encode()
    return [b"ctrq" + version.to_bytes(2, "little") + nonce, body]


def _ask_raw(session: SessionFolder, messages: list[list[bytes]]) -> list[Request | Refusal]:
    """Send raw frames to a server whose clock stands at `NOW_NS`; everything it heard, each entry replied to."""
    heard: list[Request | Refusal] = []
    with (
        RequestServer(session, clock_ns=lambda: NOW_NS) as server,
        raw_socket(zmq.DEALER, session.endpoint("requests"), bind=False) as wire,
    ):
        for message in messages:
            wire.send_multipart(message)
        deadline = monotonic() + PATIENCE_S
        while len(heard) < len(messages):
            assert monotonic() < deadline, f"{len(heard)} of {len(messages)} answered"
            for handle, request in server.poll(0.05):
                heard.append(request)
                if isinstance(request, Refusal):
                    server.reply(handle, request.receipt(NOW_NS))
    return heard


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"deadline_ns": NOW_NS - 1}, "after its deadline"),
        ({"deadline_ns": NOW_NS + round(LONGEST_DEADLINE_S * 1e9) + 1}, "more than 60 s ahead"),
        ({"request_id": ""}, "request_id is empty"),
    ],
)
def test_a_request_beyond_its_time_is_refused_with_the_reason(
    session: SessionFolder, changes: dict[str, object], reason: str
) -> None:
    request = _request(**changes)
    (refusal,) = _ask_raw(session, [_frames(session, encode(request))])
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason
    receipt = refusal.receipt(NOW_NS)
    assert (receipt.phase, receipt.request_id, receipt.command) == (
        ReceiptPhase.REFUSED,
        request.request_id,
        "start",
    )


def test_a_request_captured_in_an_earlier_session_is_refused(session: SessionFolder) -> None:
    (refusal,) = _ask_raw(session, [_frames(session, encode(_request()), session_id="0123456789abcdef")])
    assert isinstance(refusal, Refusal)
    assert "earlier session" in refusal.reason


def test_another_schema_is_refused_by_name(session: SessionFolder) -> None:
    (refusal,) = _ask_raw(session, [_frames(session, encode(_request()), version=9)])
    assert isinstance(refusal, Refusal)
    assert "schema 9" in refusal.reason


def test_unknown_fields_unknown_commands_and_wrong_types_are_refused(session: SessionFolder) -> None:
    plain = msgspec.msgpack.decode(encode(_request()))
    broken = [
        {**plain, "role": "engineer"},
        {**plain, "body": {"type": "open_the_door"}},
        {**plain, "body": {"type": "add_task", "instruction": 5}},
        {**plain, "body": {"type": "add_task"}},
        {**plain, "deadline_ns": "soon"},
        {key: value for key, value in plain.items() if key != "body"},
        [],
        None,
    ]
    heard = _ask_raw(session, [_frames(session, msgspec.msgpack.encode(one)) for one in broken])
    assert all(isinstance(one, Refusal) for one in heard)


def test_wrong_numbers_of_frames_are_refused(session: SessionFolder) -> None:
    body = encode(_request())
    head = _frames(session, body)[0]
    heard = _ask_raw(session, [[head], [body], [b""], [head, body, b""], [b"", head, body], [head, body, body, body]])
    assert all(isinstance(one, Refusal) for one in heard)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tails=st.lists(st.lists(st.binary(max_size=60), min_size=1, max_size=4), min_size=1, max_size=20),
    cut=st.integers(1, 30),
)
def test_random_bytes_and_cut_requests_are_all_refused(
    session: SessionFolder, tails: list[list[bytes]], cut: int
) -> None:
    body = encode(_request())
    messages = [*tails, _frames(session, body[:-cut]), _frames(session, body + bytes(cut))]
    heard = _ask_raw(session, messages)
    assert all(isinstance(one, Refusal) for one in heard)


def test_an_oversized_request_never_reaches_the_program(session: SessionFolder) -> None:
    with (
        RequestServer(session, clock_ns=lambda: NOW_NS) as server,
        raw_socket(zmq.DEALER, session.endpoint("requests"), bind=False) as wire,
    ):
        wire.send_multipart(_frames(session, b"x" * 70_000))
        assert server.poll(0.2) == []
    (request,) = _ask_raw(session, [_frames(session, encode(_request()))])
    assert request == _request()
