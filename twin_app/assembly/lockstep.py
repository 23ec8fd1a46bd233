"""A whole cell in one process and simulated time: builds the parts, feeds the orders, counts the picks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from runtime.guardrail.guard import CellGuard
from runtime.lock_step import LockStepLoop, NoProcesses, Seams
from runtime.messages.cell import CellDescription
from runtime.messages.requests import AddTask, Body, InjectFault, Receipt, ReceiptPhase, Request, Start
from runtime.messages.state import Mode
from runtime.messages.tasks import Task, TaskStatus
from runtime.mistakes import UserMistake
from runtime.modes import POLICY_MODES
from runtime.plugin_host import Registry
from runtime.supervision.answering import Answering
from runtime.supervision.desk import TaskDesk
from runtime.supervision.oversight import Oversight, Wishes
from runtime.supervision.tasks import FINAL
from runtime.system1 import ControlStage
from runtime.system2.planner import MODELLED_LATENCY_S, PlannerStage
from sim_worlds.cameras import CameraRig
from sim_worlds.faults import CATALOGUE, CameraFaults, LoopFaults, NetworkFaults, PolicyFaults
from sim_worlds.judge import Judge
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from twin_app.assembly.fault_spec import FaultWish
from twin_app.assembly.patience import told_when_slow
from twin_app.assembly.pick_result import PickResult, figures_of, judged_pick
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene
from twin_app.assembly.workload import Order, orders

SETTLE_TICKS = 300
"""Ticks before the first order: parts come to rest, the first pictures arrive."""

TASK_TIME_LIMIT_S = 40.0
STUCK_TICKS = 15_000
"""How long a cell that does not drive is watched before a run gives up: nobody is there to help it."""

OBSTACLE_TICKS = 60_000
"""How long a policy that cannot drive yet is waited for: its server may be starting."""


class PlantSeam:
    """The plant's own place for faults, in the shape of the other seams."""

    def __init__(self, plant: PyBulletPlant) -> None:
        self._plant = plant

    def apply(self, orders: Any, now_ns: int) -> None:  # tuple[FaultOrder, ...]
        """The whole desired set."""
        self._plant.apply_faults(orders, now_ns)

    def effective(self) -> tuple[str, ...]:
        """Ids of the faults that are on."""
        return self._plant.faults_effective()


@dataclass(slots=True)
class LockStepCell:
    """One cell in lock-step with its orders. `close` it in the end."""

    setup: CellSetup
    faults: tuple[FaultWish, ...] = ()
    registry: Registry | None = None
    """Where policies come from; None: the plugins."""

    latency_s: float = MODELLED_LATENCY_S
    """What every inference is taken to last."""

    instructions: tuple[str, ...] = ()
    """A person's own, in the place of a simulated day's orders."""

    description: CellDescription = field(init=False)
    plant: PyBulletPlant = field(init=False)
    rig: CameraRig = field(init=False)
    oversight: Oversight = field(init=False)
    answering: Answering = field(init=False)
    planner: PlannerStage = field(init=False)
    guard: CellGuard = field(init=False)
    control: ControlStage = field(init=False)
    loop: LockStepLoop = field(init=False)
    judge: Judge = field(init=False)
    results: list[PickResult] = field(init=False, default_factory=list[PickResult])
    _orders: Iterator[Order] = field(init=False)
    _asked: int = field(init=False, default=0)
    _declined: bool = field(init=False, default=False)
    """Whether the newest task was: a policy that knows when it does not know asks for a person then."""

    def __post_init__(self) -> None:
        setup = self.setup
        registry = self.registry or read_plugins(setup)
        drawing = read_scene(setup)
        cell = self.description = drawing.cell
        loose = drawing.varied.clutter.loose
        self.plant = PyBulletPlant(drawing.scene, mismatch=setup.mismatch, seed=setup.seed, loose=loose)
        self.rig = CameraRig(
            drawing.varied,
            renderer=setup.renderer,
            seed=setup.seed,
            mismatch=setup.mismatch,
            truth=lambda: self.plant.truth().poses,
        )
        policy_faults = PolicyFaults()
        self.planner = self._built_planner(registry, policy_faults)
        self.guard = CellGuard(cell)
        self.control = ControlStage(cell, guard=self.guard)
        self.oversight = Oversight(
            cell=cell,
            catalogue=CATALOGUE,
            desk=TaskDesk(cell),
            processes=NoProcesses(),
            press_stop=lambda now_ns: self.loop.press_stop(),
            save=lambda tasks: None,
            wishes=_first_wishes(setup),
            autostart=True,
        )
        self.answering = Answering(self.oversight, new_recording=str)
        self.judge = Judge(drawing.scene, self.plant)
        self.loop = LockStepLoop(
            plant=self.plant,
            cameras=self.rig,
            planner=self.planner,
            control=self.control,
            oversight=self.oversight,
            seams=Seams(CameraFaults(), policy_faults, NetworkFaults(), LoopFaults(), PlantSeam(self.plant)),
        )
        self._orders = orders(cell, seed=setup.seed, own=self.instructions)

    def _built_planner(self, registry: Registry, seam: PolicyFaults) -> PlannerStage:
        policy = self.setup.policy
        with told_when_slow(f"policy {policy!r} to be built"):
            return PlannerStage(self.description, registry, policy=policy, seam=seam, latency_s=self.latency_s)

    def start(self) -> None:
        """Let everything come to rest and inject what was asked for; the policy drives when the cell is ready."""
        for _ in range(SETTLE_TICKS):
            self.loop.tick()
        for wish in self.faults:
            self.ask(
                InjectFault(
                    wish.fault_id,
                    wish.severity,
                    delay_s=wish.onset_s,
                    duration_s=wish.duration_s,
                    seed=self.setup.seed,
                )
            )

    def ask(self, body: Body) -> Receipt:
        """Ask the supervisor as a console would; raises `UserMistake` when it refuses."""
        now_ns = self.loop.now_ns
        self._asked += 1
        request = Request(f"lock-step-{self._asked}", now_ns, now_ns + 1_000_000_000, body, asker="lock-step")
        receipt = self.answering.answer(request, now_ns=now_ns)
        if receipt.phase is ReceiptPhase.REFUSED:
            raise UserMistake(f"{receipt.command} was refused: {receipt.reason}")
        return receipt

    def pick(self) -> PickResult:
        """Run the next order to its end."""
        order = next(self._orders)
        if order.refill_id != self.plant.refill_id:
            self.plant.refill(order.refill_id)
        if self._declined:
            self._go_on_after_decline()
        began_ns = self.loop.now_ns
        self.judge.begin(part=order.part, tote=order.tote)
        receipt = self.ask(AddTask(order.instruction, time_limit_s=TASK_TIME_LIMIT_S))
        done = self.run_to_end(int(receipt.detail))
        self._declined = done.status is TaskStatus.DECLINED
        result = judged_pick(self.judge, order, done, duration_s=(self.loop.now_ns - began_ns) * 1e-9)
        self.results.append(result)
        return result

    def _go_on_after_decline(self) -> None:
        """Who gave the instruction has the answer, and gives another one: a cell that asks for a person has had one."""
        for _ in range(SETTLE_TICKS):
            self.loop.tick()
        if self.mode is Mode.ASSIST:
            self.ask(Start())

    @property
    def mode(self) -> Mode:
        """The mode now."""
        return self.control.modes.mode

    def run_to_end(self, task_id: int) -> Task:
        """Tick until this task is over. Raises `UserMistake` when the cell waits for a person: none is there."""
        queue = self.oversight.desk.queue
        stuck_ticks = waiting_ticks = 0
        while stuck_ticks < STUCK_TICKS:
            self.loop.tick()
            obstacle = self._policy_obstacle()
            waiting_ticks = waiting_ticks + 1 if obstacle else 0
            stuck_ticks = 0 if obstacle or self.mode in POLICY_MODES else stuck_ticks + 1
            if waiting_ticks >= OBSTACLE_TICKS:
                raise UserMistake(obstacle)
            if self.loop.ticks % 50 == 0:
                task = queue.get(task_id)
                if task is not None and task.status in FINAL:
                    return task
        modes = self.control.modes
        raise UserMistake(f"the cell is in {modes.mode.value}: {modes.reason}")

    def _policy_obstacle(self) -> str:
        """Why the active policy cannot drive, e.g. its server; empty when it can."""
        policy = self.oversight.telemetry.policy
        return "" if policy is None else policy.obstacle

    def close(self) -> None:
        """Free engine and renderer, and what the policies hold."""
        for leaving in self.planner.close():
            leaving.wait()
        self.rig.close()
        self.plant.close()


def _first_wishes(setup: CellSetup) -> Wishes:
    shadow_id = int(bool(setup.shadow))
    return Wishes(policy=setup.policy, shadow=setup.shadow, shadow_id=shadow_id, fallback=setup.fallback)


def run_picks(
    setup: CellSetup,
    *,
    picks: int,
    faults: tuple[FaultWish, ...] = (),
    instructions: tuple[str, ...] = (),
    progress: Callable[[PickResult, int], None] | None = None,
) -> dict[str, Any]:
    """Run this many picks; returns the figures as they are printed by `--json`. `trouble`: why it ended early."""
    cell = LockStepCell(setup, faults=faults, instructions=instructions)
    try:
        began_s = time.perf_counter()
        trouble = ""
        try:
            cell.start()
            for _ in range(picks):
                result = cell.pick()
                if progress is not None:
                    progress(result, len(cell.results))
        except UserMistake as stuck:
            trouble = stuck.what
        wall_s = time.perf_counter() - began_s
        return {**_summary(cell, wall_s=wall_s), "trouble": trouble}
    finally:
        cell.close()


def _summary(cell: LockStepCell, *, wall_s: float) -> dict[str, Any]:
    results = cell.results
    control = cell.oversight.telemetry.control
    return {
        "scene": cell.setup.scene,
        "policy": cell.setup.policy,
        "seed": cell.setup.seed,
        "mismatch": cell.setup.mismatch,
        "variations": list(cell.setup.variations),
        **figures_of(results),
        "sim_s": round(cell.loop.now_ns * 1e-9, 3),
        "wall_s": round(wall_s, 3),
        "mode": control.mode.value if control else "",
        "mode_reason": control.mode_reason if control else "",
        "fallback_used": cell.oversight.fallback.used,
        "missed_ticks": cell.loop.missed_ticks,
        "plans_rejected": control.rejected if control else 0,
        "renderer": cell.rig.renderer,
        "trace_sha256": cell.loop.trace.hexdigest(),
        "faults": [
            {
                "id": one.fault_id,
                "severity": one.severity.value,
                "phase": one.phase.value,
                "measured": one.effect_measured,
            }
            for one in cell.oversight.injections.fault_state(cell.loop.now_ns).injections
        ],
    }
