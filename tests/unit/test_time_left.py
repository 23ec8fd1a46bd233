"""How long work will go on: judged from its newest steps, and not from the pauses between them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.narration import Narrator
from twin_app.assembly.progress import Progress
from twin_app.assembly.time_left import PAUSE, RECENT, TimeLeft

TOTAL = 1000


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


@given(
    st.lists(st.floats(0.5, 2.0), min_size=5, max_size=200),
    st.lists(st.floats(0.5, 2.0), min_size=1, max_size=20),
    st.floats(2.0 * PAUSE + 1.0, 1e6),
)
def test_after_a_pause_the_time_left_is_about_what_it_was(before: list[float], after: list[float], gap: float) -> None:
    now_s = 0.0
    time_left = TimeLeft(done=0, now_s=now_s)
    for done, took_s in enumerate(before, start=1):
        now_s += took_s
        time_left.note(done, now_s=now_s)
    usual_s = time_left.left_s(TOTAL)
    assert usual_s is not None
    time_left.note(len(before) + 1, now_s=now_s + gap)
    now_s += gap
    for done, took_s in enumerate(after, start=len(before) + 2):
        now_s += took_s
        time_left.note(done, now_s=now_s)
        left_s = time_left.left_s(TOTAL)
        assert left_s is not None
        assert 0.5 * (TOTAL - done) <= left_s <= 2.0 * (TOTAL - done), "as if every step were within 0.5 to 2 s"


def test_work_that_has_become_slow_is_noticed_and_what_is_long_ago_is_forgotten() -> None:
    time_left = TimeLeft(done=10, now_s=0.0)
    assert time_left.left_s(TOTAL) is None
    now_s = 0.0
    for done in range(11, 100):
        now_s += 1.0
        time_left.note(done, now_s=now_s)
    assert time_left.left_s(100) == pytest.approx(1.0)
    time_left.note(100, now_s=now_s + 100.0)
    time_left.note(101, now_s=now_s + 200.0)
    assert time_left.left_s(102) == pytest.approx(100.0)
    now_s += 200.0
    for done in range(102, 102 + RECENT):
        now_s += 5.0
        time_left.note(done, now_s=now_s)
    assert time_left.left_s(102 + RECENT) == pytest.approx(5.0)


def test_results_that_come_several_at_once_are_no_pause() -> None:
    time_left = TimeLeft(done=0, now_s=0.0)
    for done in range(1, 81):
        time_left.note(done, now_s=8.0 * ((done + 7) // 8) + 0.001 * done)
    assert time_left.left_s(160) == pytest.approx(80.0, rel=0.15)


@pytest.mark.parametrize("first", [1, 501])
def test_a_program_reads_a_time_left_without_the_pause(capsys: pytest.CaptureFixture[str], first: int) -> None:
    clock = Clock()
    progress = Progress("json", clock_s=clock)
    for done in range(first, first + 20):
        clock.now_s += 3600.0 if done == first + 15 else 2.0
        progress.tell("acting", done, TOTAL)
    told = [json.loads(line)["left_s"] for line in capsys.readouterr().err.splitlines()]
    assert told == [None, *(2.0 * (TOTAL - done) for done in range(first + 1, first + 20))]


def test_an_evaluation_that_goes_on_with_kept_results_counts_only_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    narrator = Narrator("people", silent=False, clock_s=clock)
    for count in (61, 62, 63):
        clock.now_s += 30.0
        narrator.hear("", Result(count, "put it there", "red cube", "succeeded", "", 5.0), count, 100)
    lines = capsys.readouterr().err.splitlines()
    assert [float(line.split(" min left")[0].split()[-1]) for line in lines] == [19.5, 19.0, 18.5]
