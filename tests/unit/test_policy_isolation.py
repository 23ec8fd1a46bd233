"""A policy in a process of its own: what passes over, and what becomes of it when it misbehaves."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.policy import HeatMap, PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.plugin_host import Registry
from runtime.ports import Observation, Proposal
from runtime.system2.isolation.board import ObservationBoard, room_for
from runtime.system2.isolation.line import LARGEST_BYTES, Built, Line, LineTrouble, Look, Spoken
from runtime.system2.isolation.worker import PolicyWorker, WorkerLimits
from runtime.system2.policy_bay import Loaders
from runtime.system2.runner import Answer, Collapse, Opening, PolicyCaller, Question
from sim_worlds.robots import load_robot
from tests.support.drawn_pictures import draw_view
from tests.support.pick_cell import HALF_TURN_ABOUT_X, pick_cell
from tests.support.scripted_runner import proposal
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene
from twin_app.assembly.workers.planner import WallClock
from twin_app.assembly.workers.policy_loaders import live_loaders

PLUGINS = Path(__file__).resolve().parents[1] / "support" / "plugins"
TASK = Assignment(1, 1, "put the red cube in the left tote")
PATIENCE_S = 50.0


def observe(cell: CellDescription, *, number: int = 1, assignment: Assignment | None = TASK) -> Observation:
    q_rad = np.array([joint.home_rad for joint in cell.robot.joints]) + 0.1 / 3.0
    camera = next(camera for camera in cell.cameras if not camera.on_flange)
    views = {
        one.name: draw_view(
            cell, one, placed={"red cube": (0.5, 0.05, 0.024, 0.3)}, camera_in_base=camera.camera_in_parent
        )
        for one in cell.cameras
    }
    return Observation(
        observation_id=number,
        stamp_ns=number * 100_000_000,
        views=views,
        q_rad=q_rad,
        dq_rad_s=np.zeros(len(q_rad)),
        gripper_in_base=Pose((0.4, 0.0, 0.4), HALF_TURN_ABOUT_X),
        gripper_width_m=0.08,
        gripper_force_n=0.0,
        assignment=assignment,
    )


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


# ── what passes over ─────────────────────────────────────────────────────────────────────────────


def test_an_observation_arrives_bit_by_bit_as_it_was(cell: CellDescription) -> None:
    ours = ObservationBoard.create(room_for(cell))
    theirs = ObservationBoard.attach(os.dup(ours.descriptor))
    for number, assignment in ((1, TASK), (2, None)):
        sent = observe(cell, number=number, assignment=assignment)
        ours.write(sent)
        came = theirs.read()
        assert came.q_rad.tobytes() == sent.q_rad.tobytes()
        assert replace(came, views={}, q_rad=sent.q_rad, dq_rad_s=sent.dq_rad_s) == replace(sent, views={})
        for name, view in sent.views.items():
            assert came.views[name].picture.frame == view.picture.frame
            assert (came.views[name].camera, came.views[name].camera_in_base) == (view.camera, view.camera_in_base)
            assert np.array_equal(came.views[name].picture.image, view.picture.image)
    ours.close()
    theirs.close()


def test_what_was_read_does_not_change_with_the_next_observation(cell: CellDescription) -> None:
    board = ObservationBoard.create(room_for(cell))
    board.write(observe(cell))
    first = board.read()
    before = first.views["overhead"].picture.image.copy()
    second = observe(cell, number=2)
    second.views["overhead"].picture.image[:] = 7
    board.write(second)
    assert np.array_equal(first.views["overhead"].picture.image, before)
    assert not first.views["overhead"].picture.image.flags.writeable
    board.close()


def test_an_observation_that_is_too_large_is_refused(cell: CellDescription) -> None:
    board = ObservationBoard.create(1000)
    with pytest.raises(ValueError, match="the board has 1000"):
        board.write(observe(cell))
    board.close()


def lines() -> tuple[Line, Line, socket.socket]:
    """The planner's end, the worker's, and the worker's bare socket."""
    ours, theirs = socket.socketpair()
    return Line(ours, waits=False), Line(theirs, waits=True), theirs


def test_records_pass_whole_and_in_order_however_they_are_cut() -> None:
    planner, worker, bare = lines()
    planner.send(Look(3, Opening.RESUME))
    assert worker.to_worker() == Look(3, Opening.RESUME)
    assert planner.from_worker() is None
    said = replace(proposal(), heat=(HeatMap("overhead", 2, 2, b"\0\1\2\3"),), confidence_limit=0.25)
    worker.send(Built())
    worker.send(Spoken(3, said))
    assert [planner.from_worker(), planner.from_worker(), planner.from_worker()] == [Built(), Spoken(3, said), None]
    bare.sendall(b"\5\0\0")
    assert planner.from_worker() is None
    planner.close()
    worker.close()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"\3\0\0\0abc", "what is no answer"),
        (b"\1\0\0\0\xc0", "what is no answer"),
        ((LARGEST_BYTES + 1).to_bytes(4, "little"), "at most"),
    ],
)
def test_what_is_no_record_is_told_and_never_taken(sent: bytes, said: str) -> None:
    planner, worker, bare = lines()
    bare.sendall(sent)
    with pytest.raises(LineTrouble, match=said):
        planner.from_worker()
    planner.close()
    worker.close()


def test_the_last_words_before_the_end_are_still_heard() -> None:
    planner, worker, _ = lines()
    worker.send(Built("no weights"))
    worker.close()
    assert planner.from_worker() == Built("no weights")
    with pytest.raises(LineTrouble, match="closed"):
        planner.from_worker()
    planner.close()


# ── real processes ───────────────────────────────────────────────────────────────────────────────


def children() -> set[int]:
    """All processes that this one has started, and theirs."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


class Berths:
    """Loaders as the planner process has them, and the cell for which they load."""

    def __init__(self, folder: Path) -> None:
        self.setup = CellSetup(cell="isolated", plugins=str(PLUGINS))
        self.cell = read_scene(self.setup).cell
        self.registry: Registry = read_plugins(self.setup)
        self.clock = WallClock()
        self.loaders: Loaders = live_loaders(
            folder, self.setup, cell=self.cell, registry=self.registry, clock=self.clock
        )

    def load(self, name: str) -> PolicyWorker | str:
        """The worker, or why there is none."""
        self.loaders.shadow.begin(name, observe(self.cell, assignment=None))
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            loaded = self.loaders.shadow.poll()
            if loaded is not None:
                assert isinstance(loaded.runner, PolicyWorker | None)
                return loaded.runner or loaded.reason
            time.sleep(0.005)
        raise AssertionError(f"{name} was not loaded within {PATIENCE_S} s")

    def worker(self, name: str) -> PolicyWorker:
        found = self.load(name)
        assert isinstance(found, PolicyWorker), found
        return found

    def until(self, worker: PolicyWorker) -> Answer | Collapse:
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            news = worker.poll(self.clock.now_ns())
            if news is not None:
                return news
            time.sleep(0.002)
        raise AssertionError("no answer")

    def ask(self, worker: PolicyWorker, number: int) -> Answer | Collapse:
        opening = Opening.BEGIN if number == 1 else Opening.NONE
        worker.ask(Question(number, observe(self.cell, number=number), opening), self.clock.now_ns())
        return self.until(worker)

    def ask_until_bad(self, worker: PolicyWorker) -> Answer | Collapse:
        for number in range(1, 40):
            news = self.ask(worker, number)
            if isinstance(news, Collapse) or news.proposal is None or news.proposal.status is not PolicyStatus.WORKING:
                return news
        raise AssertionError("it behaved")


@pytest.fixture
def berths(tmp_path: Path) -> Berths:
    return Berths(tmp_path)


def ended(worker: PolicyWorker) -> None:
    worker.close()
    worker.wait()
    assert worker.gone()
    assert not psutil.pid_exists(worker.pid)


pytestmark = pytest.mark.timeout(120)


@pytest.mark.live
def test_a_policy_answers_from_its_own_process_as_it_would_here(berths: Berths) -> None:
    worker = berths.worker("steady")
    here = PolicyCaller(berths.registry.load_policy("steady", berths.cell))
    warm = observe(berths.cell, assignment=None)
    for number in (-1, -2):
        here.answer(Question(number, warm))
    for number in range(1, 6):
        opening = Opening.BEGIN if number == 1 else Opening.NONE
        expected = here.answer(Question(number, observe(berths.cell, number=number), opening))
        assert berths.ask(worker, number) == expected
        assert isinstance(expected.proposal, Proposal)
    process = psutil.Process(worker.pid)
    assert process.nice() == psutil.Process().nice() + 5
    assert Path(f"/proc/{worker.pid}/oom_score_adj").read_text().strip() == "1000"
    assert worker.memory_mib > 50.0
    ended(worker)


@pytest.mark.live
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("crashing", "its process crashed: killed by SIGSEGV"),
        ("leaving", "its process crashed: exit code 7"),
        ("hanging", "hung: no answer within 1.5 s"),
        ("leaking", "leaked: its process holds"),
    ],
)
def test_a_policy_that_crashes_hangs_or_leaks_takes_only_its_own_process_with_it(
    berths: Berths, name: str, said: str
) -> None:
    worker = berths.worker(name)
    news = berths.ask_until_bad(worker)
    assert isinstance(news, Collapse), news
    assert said in news.reason
    ended(worker)


@pytest.mark.live
def test_rubbish_is_refused_in_the_worker_and_told(berths: Berths) -> None:
    worker = berths.worker("rubbish")
    news = berths.ask_until_bad(worker)
    assert isinstance(news, Answer)
    assert news.trouble == "TypeError: infer returned a str, must be a Proposal"
    ended(worker)


@pytest.mark.live
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent", "its weights are not there"),
        ("stillborn", "its process crashed: exit code 7"),
        ("nobody", "no policy"),
    ],
)
def test_a_policy_that_cannot_be_loaded_says_why(berths: Berths, name: str, said: str) -> None:
    reason = berths.load(name)
    assert isinstance(reason, str)
    assert said in reason
    berths.loaders.shadow.close()


@pytest.mark.live
def test_a_stopped_worker_counts_as_hanging_and_what_it_started_goes_with_it(berths: Berths) -> None:
    worker = berths.worker("hanging")
    os.kill(worker.pid, signal.SIGSTOP)
    news = berths.ask(worker, 1)
    assert isinstance(news, Collapse)
    assert "hung" in news.reason
    ended(worker)


def test_what_a_policy_had_started_ends_when_it_crashes(tmp_path: Path) -> None:
    code = "import os, subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, file=open(sys.argv[1], 'w'), "
    code += "flush=True); os._exit(7)"
    argv = [sys.executable, "-S", "-c", code, str(tmp_path / "pid")]
    worker = PolicyWorker(argv, room=1024, limits=WorkerLimits(30.0, 1.0, 2048.0), now_ns=time.monotonic_ns())
    end_s = time.monotonic() + PATIENCE_S
    while (news := worker.poll(time.monotonic_ns())) is None:
        assert time.monotonic() < end_s
        time.sleep(0.01)
    assert news == Collapse("its process crashed: exit code 7")
    helper = int((tmp_path / "pid").read_text())
    while psutil.pid_exists(helper) and psutil.Process(helper).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end_s
        time.sleep(0.01)
    worker.close()


def test_an_answer_to_an_older_question_does_not_end_the_watch_over_the_newest(cell: CellDescription) -> None:
    limits = WorkerLimits(load_s=1e3, hang_s=2.0, memory_mib=1e6)
    worker = PolicyWorker(("sleep", "60"), room=room_for(cell), limits=limits, now_ns=0)
    worker._line.close()
    worker._line, there, _ = lines()
    there.send(Built())
    worker.put_to_work()
    for number in (1, 2):
        worker.ask(Question(number, observe(cell, number=number)), number * 1_000_000_000)
    there.send(Spoken(1, proposal()))
    assert isinstance(worker.poll(3_000_000_000), Answer)
    assert worker.poll(3_900_000_000) is None
    assert worker.poll(4_100_000_000) == Collapse("hung: no answer within 2 s")
    there.close()
    ended(worker)


@pytest.mark.live
def test_a_load_that_is_given_up_leaves_nothing(berths: Berths) -> None:
    before = children()
    berths.loaders.shadow.begin("steady", None)
    berths.loaders.shadow.begin("slow", None)
    assert children() > before
    berths.loaders.shadow.poll()
    berths.loaders.shadow.close()
    assert children() == before
