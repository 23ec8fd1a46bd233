"""Who counts as silent, when it was perhaps the supervisor that did not listen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runtime.link.stop_flag import StopCause
from runtime.messages.orders import Heartbeat
from runtime.messages.system import ProcessPhase
from runtime.mistakes import UserMistake
from runtime.supervision.processes import Children, ProcessSpec, last_words

SECOND_NS = 1_000_000_000
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


class Watched:
    """One worker that only sleeps, on a clock that the test moves."""

    def __init__(self, folder: Path, *, starts: bool = True) -> None:
        self.now_ns = 10 * SECOND_NS
        self.stops: list[tuple[StopCause, str]] = []
        self.children = Children(
            specs=(ProcessSpec("planner", SLEEP),),
            log_folder=folder,
            clock_ns=lambda: self.now_ns,
            stop_cell=lambda now_ns, cause, name: self.stops.append((cause, name)),
        )
        if starts:
            self.children.start_all()
            self.beat()

    def beat(self) -> None:
        heartbeat = Heartbeat("planner", self.children.states()[0].pid, self.now_ns, 1)
        self.children.tick({"planner": heartbeat})

    def wait(self, seconds: float) -> None:
        """Listen all the time, and hear nothing."""
        for _ in range(round(seconds * 100)):
            self.now_ns += SECOND_NS // 100
            self.children.tick({})

    def close(self) -> None:
        self.children.end_all(patience_s=0.0)


def test_a_worker_without_heartbeat_is_silent_and_stops_the_cell_by_name(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.wait(2.5)
    assert watched.stops == [(StopCause.PROCESS_SILENT, "planner")]
    assert watched.children.states()[0].phase is ProcessPhase.SILENT
    watched.close()


def test_a_supervisor_that_stood_still_itself_blames_nobody_before_it_has_listened_again(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.now_ns += 12 * SECOND_NS
    watched.wait(1.5)
    assert watched.stops == []
    watched.wait(1.0)
    assert watched.stops == [(StopCause.PROCESS_SILENT, "planner")]
    watched.close()


def test_what_stood_in_the_log_before_is_no_cause_of_todays_death(tmp_path: Path) -> None:
    log = tmp_path / "planner.log"
    log.write_text("yesterday's error\n", encoding="utf-8")
    begins = log.stat().st_size
    assert last_words(log, begins=begins) == ""
    with log.open("a", encoding="utf-8") as stream:
        stream.write("today's error\n")
    assert last_words(log, begins=begins) == "today's error"


def test_a_file_in_place_of_the_log_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.touch()
    watched = Watched(logs, starts=False)
    with pytest.raises(UserMistake, match=r"the log .*planner.log cannot be written: File exists") as refused:
        watched.children.start_all()
    watched.close()
    assert f"make {logs} a folder" in refused.value.remedy
