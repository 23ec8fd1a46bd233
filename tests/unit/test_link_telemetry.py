"""Publisher and subscriber: one writer a topic, every message whole or refused, gaps counted, nobody waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import msgspec
import numpy as np
import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.link.continuity import Continuity
from runtime.link.envelope import prefix_of, seal, unseal
from runtime.link.publisher import SEND_QUEUE, NotTheWriter, Publisher
from runtime.link.session import SessionFolder, SessionTrouble
from runtime.link.subscriber import Subscriber
from runtime.messages.camera import Frame
from runtime.messages.codec import MalformedMessage, encode
from runtime.messages.system import Event
from runtime.messages.topics import BY_NAME, CONTROL, EVENTS, OVERHEAD, ROBOT, TOPICS, Topic
from tests.support.wire import PATIENCE_S, collect, connect, raw_socket, robot_state

FRAME = Frame("overhead", 1, 5, 4, 2, "egl")
PIXELS = bytes(range(24))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionFolder]:
    folder = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    yield folder
    folder.close()


def test_a_message_arrives_with_its_sequence_and_times(session: SessionFolder) -> None:
    with Publisher(session, "control") as publisher, Subscriber(session, [ROBOT]) as subscriber:
        sent = connect(publisher, subscriber, ROBOT)
        publisher.send(ROBOT, robot_state(99))
        got = collect(subscriber, lambda all_: any(one.message.tick == 99 for one in all_))[-1]
        assert got.message == robot_state(99)
        assert got.sequence == sent + 1
        assert got.sent_ns <= got.received_ns
        assert got.pixels is None
        assert subscriber.newest(ROBOT) == got
        assert subscriber.newest(CONTROL) is None
        assert subscriber.gaps == {"robot": 0}


def test_only_what_was_asked_for_arrives(session: SessionFolder) -> None:
    with Publisher(session, "supervisor") as publisher, Subscriber(session, [EVENTS]) as subscriber:
        for count in range(200):
            publisher.send(BY_NAME["receipts"], msgspec.convert(_RECEIPT, BY_NAME["receipts"].type))
            publisher.send(EVENTS, Event(count, "mode", "info", "x"))
            if subscriber.poll(0.01):
                break
        received = subscriber.poll(0.05)
        assert all(one.topic is EVENTS for one in received)
        assert subscriber.malformed == 0


_RECEIPT = {"request_id": "1", "phase": "accepted", "stamp_ns": 1, "command": "stop"}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_nobody_but_its_writer_publishes_a_topic(session: SessionFolder, topic: Topic) -> None:
    other = "planner" if topic.writer != "planner" else "control"
    with Publisher(session, other) as publisher, pytest.raises(NotTheWriter, match=f"belongs to {topic.writer}"):
        publisher.send(topic, robot_state(1))


def test_a_process_that_writes_nothing_has_no_publisher(session: SessionFolder) -> None:
    with pytest.raises(NotTheWriter, match="writes no topic"):
        Publisher(session, "console")


def test_a_message_of_another_type_is_not_sent(session: SessionFolder) -> None:
    with Publisher(session, "control") as publisher, pytest.raises(TypeError, match="carries ControlState"):
        publisher.send(CONTROL, robot_state(1))


def test_pixels_go_with_images_and_only_with_images(session: SessionFolder) -> None:
    with Publisher(session, "cameras") as cameras, pytest.raises(ValueError, match="needs pixels"):
        cameras.send(OVERHEAD, FRAME)
    with Publisher(session, "control") as control, pytest.raises(ValueError, match="takes no pixels"):
        control.send(ROBOT, robot_state(1), PIXELS)


def test_an_address_that_cannot_be_opened_is_named(session: SessionFolder) -> None:
    (session.path / "control.ipc").mkdir()
    with pytest.raises(SessionTrouble, match=r"control\.ipc cannot be opened"):
        Publisher(session, "control")


def test_a_picture_arrives_with_the_pixels_that_were_sent(session: SessionFolder) -> None:
    image = np.arange(128 * 128 * 3, dtype=np.uint8).reshape(128, 128, 3)
    frame = Frame("overhead", 1, 5, 128, 128, "egl")
    with Publisher(session, "cameras") as cameras, Subscriber(session, [OVERHEAD]) as subscriber:
        received = []
        for _ in range(500):
            cameras.send(OVERHEAD, frame, image.data.cast("B"))
            received = subscriber.poll(0.01)
            if received:
                break
        picture = received[-1]
        assert picture.pixels is not None
        np.testing.assert_array_equal(np.frombuffer(picture.pixels, np.uint8).reshape(image.shape), image)


def test_a_reader_that_sleeps_neither_delays_the_writer_nor_hides_what_it_lost(session: SessionFolder) -> None:
    with (
        Publisher(session, "control") as publisher,
        Subscriber(session, [ROBOT], receive_queue=16) as sleeper,
    ):
        before = connect(publisher, sleeper, ROBOT)
        for tick in range(40 * SEND_QUEUE):
            publisher.send(ROBOT, robot_state(tick))
        received = collect(sleeper, lambda all_: len(all_) > 0)
        deadline = monotonic() + PATIENCE_S
        while received[-1].message.tick >= 0:  # the first of these are still dropped, until there is room again
            assert monotonic() < deadline
            publisher.send(ROBOT, robot_state(-1))
            received += sleeper.poll(0.02)
        assert sleeper.gaps["robot"] > 0
        assert len(received) + sleeper.gaps["robot"] == received[-1].sequence - before


def test_a_restarted_writer_is_followed_without_a_gap(session: SessionFolder) -> None:
    with Subscriber(session, [ROBOT]) as subscriber:
        for _ in range(3):
            with Publisher(session, "control") as publisher:
                connect(publisher, subscriber, ROBOT)
        collect(subscriber, lambda _: True)
        assert subscriber.malformed == 0


def test_closing_leaves_nothing_even_with_messages_queued(session: SessionFolder) -> None:
    publisher = Publisher(session, "control")
    subscriber = Subscriber(session, [ROBOT])
    connect(publisher, subscriber, ROBOT)
    for tick in range(1000):
        publisher.send(ROBOT, robot_state(tick))
    publisher.close()
    subscriber.close()
    assert publisher.sent[ROBOT.name] >= 1000
    assert publisher._socket.closed
    assert subscriber.socket.closed


# ── malformed bytes ──────────────────────────────────────────────────────────────────────────────


def _head(topic: Topic = ROBOT, sequence: int = 1) -> bytes:
    return seal(prefix_of(topic), incarnation=1, sequence=sequence, sent_ns=1)


def _inject(session: SessionFolder, messages: list[list[bytes]], topics: list[Topic]) -> tuple[Subscriber, int]:
    """Put raw messages on the wire of `control`; returns the closed subscriber and how many passed."""
    passed = 0
    with raw_socket(zmq.PUB, session.endpoint("control"), bind=True) as wire, Subscriber(session, topics) as reader:
        marker = _head(sequence=2**40)
        for _ in range(1000):
            wire.send_multipart([marker, encode(robot_state(1))])
            if reader.poll(0.005):
                break
            marker = _head(sequence=unseal(marker).sequence + 1)
        for message in messages:
            wire.send_multipart(message)
        ended = False
        wire.send_multipart([_head(sequence=2**50), encode(robot_state(77))])
        while not ended:
            for one in reader.poll(1.0):
                ended |= one.message.tick == 77
                passed += 0 if ended or one.sequence >= 2**40 else 1
        return reader, passed


def test_bytes_that_are_no_message_are_refused_counted_and_named(session: SessionFolder) -> None:
    good = encode(robot_state(5))
    foreign = prefix_of(ROBOT) + (7).to_bytes(2, "little") + _head()[len(prefix_of(ROBOT)) + 2 :]
    broken = [
        [_head()],
        [_head(), b""],
        [_head(), b"\xc1"],
        [_head(), good[:-1]],
        [_head(), good + b"\0"],
        [_head(), encode(Event(1, "a", "b", "c"))],
        [_head(), good, b"pixels"],
        [_head(), good, b"", b""],
        [prefix_of(ROBOT), good],
        [_head()[:-1], good],
        [_head() + b"x", good],
        [prefix_of(ROBOT)[:-1] + b"\0\0" + _head()[len(prefix_of(ROBOT)) :], good],
        [foreign, good],
    ]
    reader, passed = _inject(session, broken, [ROBOT])
    assert passed == 0
    assert reader.malformed == len(broken)
    assert reader.trouble == "robot speaks schema 7, this program 1: update the older"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tails=st.lists(st.lists(st.binary(max_size=80), min_size=0, max_size=4), min_size=1, max_size=30))
def test_random_frames_never_raise_and_never_pass(session: SessionFolder, tails: list[list[bytes]]) -> None:
    reader, passed = _inject(session, [[_head(), *tail] for tail in tails], [ROBOT])
    assert passed == 0
    assert reader.malformed == len(tails)


@settings(max_examples=200)
@given(data=st.binary(max_size=200))
def test_an_envelope_is_whole_or_malformed(data: bytes) -> None:
    try:
        envelope = unseal(data)
    except MalformedMessage:
        return
    assert data.startswith(envelope.topic.encode() + b"\0")


@given(incarnation=st.integers(0, 2**64 - 1), sequence=st.integers(0, 2**64 - 1), sent=st.integers(-(2**63), 2**63 - 1))
def test_an_envelope_comes_back_as_it_was_sealed(incarnation: int, sequence: int, sent: int) -> None:
    envelope = unseal(seal(prefix_of(ROBOT), incarnation=incarnation, sequence=sequence, sent_ns=sent))
    assert (envelope.topic, envelope.incarnation, envelope.sequence, envelope.sent_ns) == (
        "robot",
        incarnation,
        sequence,
        sent,
    )


@pytest.mark.parametrize(
    ("frame", "pixels"),
    [
        (FRAME, PIXELS[:-1]),
        (FRAME, PIXELS + b"x"),
        (FRAME, b""),
        (msgspec.structs.replace(FRAME, width_px=-4, height_px=-2), PIXELS),
        (msgspec.structs.replace(FRAME, width_px=0), b""),
    ],
)
def test_pixels_that_do_not_fit_the_picture_are_refused(session: SessionFolder, frame: Frame, pixels: bytes) -> None:
    with raw_socket(zmq.PUB, session.endpoint("cameras"), bind=True) as wire, Subscriber(session, [OVERHEAD]) as reader:
        for sequence in range(1, 1000):
            wire.send_multipart([_head(OVERHEAD, sequence), encode(frame), pixels])
            assert reader.poll(0.005) == []
            if reader.malformed:
                break
        assert "pixels" in reader.trouble


# ── what counts as news ──────────────────────────────────────────────────────────────────────────


def test_a_late_reader_counts_no_gap_for_what_came_before_it() -> None:
    stream = Continuity(["robot"])
    assert stream.takes("robot", incarnation=5, sequence=1000)
    assert stream.lost == {"robot": 0}


def test_skipped_numbers_are_lost_messages_also_across_a_restart() -> None:
    stream = Continuity(["robot"])
    for incarnation, sequence in ((5, 1), (5, 4), (6, 3)):
        assert stream.takes("robot", incarnation=incarnation, sequence=sequence)
    assert stream.lost == {"robot": 2 + 2}


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), max_size=60))
def test_nothing_is_taken_twice_or_out_of_order(arrivals: list[tuple[int, int]]) -> None:
    stream = Continuity(["robot"])
    taken = [pair for pair in arrivals if stream.takes("robot", incarnation=pair[0], sequence=pair[1])]
    assert taken == sorted(set(taken))
    assert stream.repeated == len(arrivals) - len(taken)
    assert stream.lost["robot"] >= 0
