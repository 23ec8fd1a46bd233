"""The planner stage: envelopes, latency, stalls, and the swap of one policy for another."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runtime.messages.camera import Frame
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.orders import Orders
from runtime.messages.policy import PolicyStatus, Readiness
from runtime.messages.state import RobotState
from runtime.messages.tasks import Assignment
from runtime.plugin_host import Registry, discover
from runtime.ports import Picture, Proposal
from runtime.system2 import PlannerOutput, PlannerStage, SynchronousLoader, ThreadedLoader
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell
from tests.support.policy_servers import until

MS = 1_000_000
TOYS = """
from runtime.messages.geometry import Pose
from runtime.messages.policy import PolicyStatus
from runtime.ports import Proposal


class Toy:
    def __init__(self, name):
        self.name, self.begun = name, []

    def begin(self, assignment):
        self.begun.append((assignment.task_id, assignment.attempt))

    def infer(self, observation):
        pose = Pose((0.4, 0.0, 0.3), (1.0, 0.0, 0.0, 0.0))
        phase = f"{self.name} {self.begun}"
        return Proposal(PolicyStatus.WORKING, phase, 0.5, (), gripper_in_base=(pose,) * 8, gripper_width_m=(0.08,) * 8)


def one(cell):
    return Toy("one")


def two(cell):
    return Toy("two")
"""
BROKEN = """
class Broken:
    def begin(self, assignment):
        pass

    def infer(self, observation):
        raise ValueError("lost the plot")


def broken(cell):
    return Broken()


class Mute(Broken):
    def infer(self, observation):
        return None


def mute(cell):
    return Mute()


class Quitter(Broken):
    def infer(self, observation):
        raise SystemExit(3)


def quitter(cell):
    return Quitter()


def absent(cell):
    raise OSError("no weights")
"""


def manifest(plugin: str, *policies: str) -> str:
    head = f'[plugin]\nname = "{plugin}"\nversion = "1.0"\napi = 1\n'
    return head + "".join(f'[[policy]]\nname = "{name}"\nlabel = "{name}"\nfactory = "{name}"\n' for name in policies)


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    for plugin, code, policies in (
        ("toys", TOYS, ("one", "two")),
        ("bad", BROKEN, ("broken", "absent", "mute", "quitter")),
    ):
        folder = tmp_path / plugin
        folder.mkdir()
        (folder / "plugin.toml").write_text(manifest(plugin, *policies))
        (folder / "policy.py").write_text(code)
    return discover(tmp_path)


class Bench:
    """Feeds a stage with blank pictures and a resting arm, ten times a second."""

    def __init__(self, stage: PlannerStage, cell: CellDescription) -> None:
        self.stage = stage
        self.cell = cell
        self.now_ns = 0
        self.orders = Orders(0, 0)

    def look(self) -> PlannerOutput:
        self.now_ns += 100 * MS
        blank = np.full((128, 128, 3), 90, dtype=np.uint8)
        self.stage.take_robot(resting(self.cell, self.now_ns))
        self.stage.take_pictures(
            [Picture(Frame(one.name, 1, self.now_ns, 128, 128, "drawn"), blank) for one in self.cell.cameras]
        )
        return self.stage.tick(self.now_ns, orders=self.orders)

    def ask(self, **changes: object) -> None:
        self.orders = Orders(
            **{
                "stamp_ns": 0,
                "sequence": 0,
                "assignment": self.orders.assignment,
                "policy": self.orders.policy,
                "swap_id": self.orders.swap_id,
                **changes,
            }
        )


def resting(cell: CellDescription, stamp_ns: int, *, q0: float | None = None) -> RobotState:
    q_rad = [joint.home_rad for joint in cell.robot.joints]
    if q0 is not None:
        q_rad[0] = q0
    zeros = (0.0,) * len(q_rad)
    return RobotState(
        stamp_ns=stamp_ns,
        tick=stamp_ns // MS,
        q_rad=tuple(q_rad),
        dq_rad_s=zeros,
        torque_nm=zeros,
        torque_residual_nm=zeros,
        q_reference_rad=tuple(q_rad),
        gripper_in_base=Pose((0.3, 0.0, 0.5)),
        gripper_width_m=0.08,
        gripper_force_n=0.0,
        gripper_commanded_m=0.08,
        winding_celsius=zeros,
        housing_celsius=zeros,
        flags=0,
    )


@pytest.fixture
def bench(cell: CellDescription, registry: Registry) -> Bench:
    return Bench(PlannerStage(cell, registry, policy="one", latency_s=0.03), cell)


def task(number: int = 1, attempt: int = 1) -> Assignment:
    return Assignment(number, attempt, "put the red cube in the left tote")


def test_a_plan_carries_its_whole_envelope(bench: Bench) -> None:
    bench.ask(assignment=task(7))
    plan = bench.look().plan
    assert plan is not None
    assert (plan.plan_id, plan.policy, plan.policy_version, plan.task_id) == (1, "one", "1.0", 7)
    assert plan.observation_stamp_ns == 100 * MS
    assert plan.issued_ns == 130 * MS
    assert plan.expires_ns == 900 * MS
    assert plan.horizon == len(plan.gripper_in_base) == len(plan.gripper_width_m) == 8
    following = bench.look().plan
    assert following is not None
    assert following.plan_id == 2


def test_a_picture_is_used_once(bench: Bench) -> None:
    assert bench.look().plan is not None
    assert bench.stage.tick(bench.now_ns + MS, orders=bench.orders).plan is None


def test_a_stall_delays_the_plan_and_holds_back_the_next_inference(cell: CellDescription, registry: Registry) -> None:
    class Stall:
        def stall_s(self, now_ns: int) -> float:
            return 0.3 if now_ns == 100 * MS else 0.0

        def proposal(self, proposal: Proposal, now_ns: int) -> Proposal:
            return proposal

    bench = Bench(PlannerStage(cell, registry, policy="one", seam=Stall(), latency_s=0.02), cell)
    first = bench.look()
    assert first.plan is not None
    assert first.plan.issued_ns == 420 * MS
    waiting = [bench.look() for _ in range(3)]
    assert [look.plan is None for look in waiting] == [True, True, True]
    so_far_s = [look.state.inference_s for look in waiting]  # told as it passes, never announced
    assert so_far_s == pytest.approx([0.1, 0.2, 0.3])
    assert waiting[-1].state.deadline_misses == 0
    late = bench.look()
    assert late.plan is not None
    assert late.state.deadline_misses == 1
    assert late.state.inference_s == pytest.approx(0.32)


def test_inference_is_timed_by_the_clock_that_is_handed_in(cell: CellDescription, registry: Registry) -> None:
    class Clock:
        time_ns = 100 * MS

        def now_ns(self) -> int:
            self.time_ns += 12 * MS
            return self.time_ns

    state = Bench(PlannerStage(cell, registry, policy="one", clock=Clock()), cell).look().state
    assert state.inference_s == pytest.approx(0.012)


def test_each_attempt_begins_once(bench: Bench) -> None:
    bench.ask(assignment=task(1))
    bench.look()
    assert bench.look().state.phase == "one [(1, 1)]"
    bench.ask(assignment=task(1, attempt=2))
    bench.look()
    assert bench.look().state.phase == "one [(1, 1), (1, 2)]"


def test_a_swap_takes_over_at_a_chunk_border_and_begins_the_task_anew(bench: Bench) -> None:
    bench.ask(assignment=task(3))
    assert bench.look().state.active == "one"
    bench.ask(policy="two", swap_id=1)
    output = bench.look()
    assert (output.state.active, output.state.previous, output.state.swaps) == ("two", "one", 1)
    assert output.plan is not None
    assert output.plan.policy == "two"
    assert output.state.phase == "two [(3, 1)]"


def test_the_way_back_is_one_step(bench: Bench) -> None:
    bench.ask(policy="two", swap_id=1)
    bench.look()
    readiness = {entry.name: entry.readiness for entry in bench.look().state.entries}
    assert readiness["one"] is Readiness.READY
    bench.ask(policy="one", swap_id=2)
    assert bench.look().state.active == "one"


def test_one_request_swaps_once(bench: Bench) -> None:
    bench.ask(policy="two", swap_id=1)
    assert [bench.look().state.swaps for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(("name", "said"), [("teleport", "teleport"), ("absent", "no weights")])
def test_a_swap_that_cannot_be_is_refused_and_the_active_one_drives_on(bench: Bench, name: str, said: str) -> None:
    bench.look()
    bench.ask(policy=name, swap_id=1)
    output = bench.look()
    assert output.state.active == "one"
    assert output.plan is not None
    assert said in output.state.swap_refusal


def test_a_candidate_that_fails_while_warming_is_refused(bench: Bench) -> None:
    bench.look()
    bench.ask(policy="broken", swap_id=1)
    state = bench.look().state
    assert state.active == "one"
    assert "lost the plot" in state.swap_refusal
    assert {entry.name: entry.readiness for entry in state.entries}["broken"] is Readiness.REFUSED


@pytest.mark.parametrize(
    ("policy", "words"), [("broken", "lost the plot"), ("mute", "returned None"), ("quitter", "SystemExit: 3")]
)
def test_a_policy_that_raises_or_answers_nonsense_fails_its_task_and_is_quarantined_after_three(
    cell: CellDescription, registry: Registry, policy: str, words: str
) -> None:
    bench = Bench(PlannerStage(cell, registry, policy=policy), cell)
    first = bench.look()
    assert first.plan is None
    assert first.state.status is PolicyStatus.FAILED
    assert words in first.state.reason
    bench.look()
    bench.look()
    assert "quarantined" in bench.look().state.reason


def test_a_loading_thread_does_not_hold_up_the_active_policy(cell: CellDescription, registry: Registry) -> None:
    gate = threading.Event()

    class SlowRegistry(Registry):
        def load_policy(self, name: str, cell: CellDescription, *, model: Path | None = None):
            if name == "two":
                gate.wait(5.0)
            return registry.load_policy(name, cell)

    slow = SlowRegistry([])
    slow.__dict__.update(registry.__dict__)
    loader = ThreadedLoader(slow, cell)
    bench = Bench(PlannerStage(cell, slow, policy="one", loader=loader), cell)
    bench.ask(policy="two", swap_id=1)
    output = bench.look()
    assert output.plan is not None
    assert (output.state.active, output.state.candidate) == ("one", "two")
    gate.set()
    until(lambda: bench.look().state.active == "two")


def test_the_joint_state_is_that_of_the_capture_instant(bench: Bench) -> None:
    builder = bench.stage._observations
    builder.take_robot(resting(bench.cell, 90 * MS, q0=0.0))
    builder.take_robot(resting(bench.cell, 100 * MS, q0=0.1))
    blank = np.zeros((128, 128, 3), dtype=np.uint8)
    builder.take_pictures([Picture(Frame(one.name, 1, 93 * MS, 128, 128, "x"), blank) for one in bench.cell.cameras])
    observation = builder.next(None)
    assert observation is not None
    assert observation.q_rad[0] == pytest.approx(0.03)
    assert builder.next(None) is None


def test_one_camera_alone_is_no_observation(bench: Bench) -> None:
    builder = bench.stage._observations
    builder.take_robot(resting(bench.cell, 100 * MS))
    blank = np.zeros((128, 128, 3), dtype=np.uint8)
    builder.take_pictures([Picture(Frame("overhead", 1, 100 * MS, 128, 128, "x"), blank)])
    assert builder.next(None) is None


def test_a_newer_wish_drops_the_older_load(cell: CellDescription, registry: Registry) -> None:
    loader = SynchronousLoader(registry, cell)
    loader.begin("one", None)
    loader.begin("two", None)
    loaded = loader.poll()
    assert loaded is not None
    assert loaded.name == "two"
    assert loader.poll() is None


def test_spoilt_proposals_come_from_the_seam(cell: CellDescription, registry: Registry) -> None:
    class Spoil:
        def stall_s(self, now_ns: int) -> float:
            return 0.0

        def proposal(self, proposal: Proposal, now_ns: int) -> Proposal:
            return replace(proposal, gripper_in_base=(Pose((9.0, 9.0, 9.0)),) * 8)

    plan = Bench(PlannerStage(cell, registry, policy="one", seam=Spoil()), cell).look().plan
    assert plan is not None
    assert plan.gripper_in_base[0].position_m == (9.0, 9.0, 9.0)
