"""All processes on the wall clock: the map of topics against what runs, and nothing left behind."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from runtime.messages.requests import ReceiptPhase, Refill
from runtime.messages.topics import TOPICS
from runtime.mistakes import UserMistake
from twin_app.assembly.live import LiveCell
from twin_app.assembly.live_picks import LivePicks
from twin_app.assembly.setup import CellSetup, SessionSetup, read_scene

pytestmark = [pytest.mark.live, pytest.mark.timeout(150)]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveCell]:
    cell = CellSetup(cell=f"test-{os.getpid()}", seed=5)
    one = LiveCell(SessionSetup(cell, data_folder=str(tmp_path), ends_with_parent=True), listen=TOPICS)
    one.start()
    try:
        one.await_ready()
        yield one
    finally:
        one.close()


def test_a_live_cell_picks_and_speaks_as_the_topic_table_says_and_leaves_nothing(live: LiveCell) -> None:
    with closing(LivePicks(live, read_scene(live.setup.cell), seed=5)) as picks:
        assert picks.pick().succeeded
    counts, span_s = _listen(live, seconds=4.0)
    for topic in TOPICS:
        if topic.rate_hz:  # a busy machine may lose some, never gain any
            rate_hz = counts[topic.name] / span_s
            assert 0.6 * topic.rate_hz <= rate_hz <= 1.15 * topic.rate_hz, (topic.name, rate_hz)
    sockets = {path.stem for path in live.session.path.glob("*.ipc")}
    assert sockets == {topic.writer for topic in TOPICS} | {"requests"}
    assert live.ask_until_confirmed(Refill(), timeout_s=10.0).phase is ReceiptPhase.CONFIRMED
    workers = psutil.Process(live.process.pid).children(recursive=True)
    assert len(workers) == 5
    live.close()
    assert not [worker for worker in workers if worker.is_running()]
    assert not live.session.path.exists()


def test_a_second_supervisor_for_the_same_cell_is_refused_by_name(live: LiveCell, tmp_path: Path) -> None:
    second = LiveCell(SessionSetup(live.setup.cell, data_folder=str(tmp_path / "other"), ends_with_parent=True))
    with pytest.raises(UserMistake, match="already running"):
        second.start()


def _listen(live: LiveCell, *, seconds: float) -> tuple[Counter[str], float]:
    live.poll(0.0)
    counts: Counter[str] = Counter()
    began_s = time.monotonic()
    while time.monotonic() - began_s < seconds:
        counts.update(received.topic.name for received in live.poll())
    return counts, time.monotonic() - began_s
