"""A reader of the whole table hears every topic: a bug once dropped the seventeenth subscription."""

from __future__ import annotations

import time
from pathlib import Path

from runtime.link.publisher import Publisher
from runtime.link.session import SessionFolder
from runtime.link.subscriber import Subscriber
from runtime.recording.channels import RECORDED
from tests.support.recorded_session import START_NS, message_on, picture

PATIENCE_S = 5.0


def test_a_subscriber_to_every_recorded_topic_hears_every_one(own_folders: Path) -> None:
    session = SessionFolder.create("all-topics", now_wall_ns=1, root=own_folders)
    publishers = {writer: Publisher(session, writer) for writer in {topic.writer for topic in RECORDED}}
    subscriber = Subscriber(session, RECORDED)
    heard: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while len(heard) < len(RECORDED) and time.monotonic() < deadline:
        for topic in RECORDED:
            pixels = picture(1) if topic.image else None
            publishers[topic.writer].send(topic, message_on(topic.name, START_NS, 1), pixels)
        heard |= {received.topic.name for received in subscriber.poll(0.02)}
    subscriber.close()
    for publisher in publishers.values():
        publisher.close()
    session.close()
    assert heard == {topic.name for topic in RECORDED}
