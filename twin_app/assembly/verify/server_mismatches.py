"""Three mapping files that do not fit, each tried on a cell with a task: each has to be refused, without motion."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from runtime.messages.requests import AddTask
from runtime.plugin_host.servers import ServerChoice
from twin_app.assembly.lockstep import LockStepCell
from twin_app.assembly.setup import CellSetup, read_scene
from twin_app.assembly.workload import layout_orders

WATCHED_TICKS = 3000
MOVED_RAD = 0.01
"""What an arm that holds may sag and sway."""


@dataclass(frozen=True, slots=True)
class Spoiling:
    """One change to a mapping file that fits."""

    name: str
    pattern: str
    replacement: str
    told: str
    """What the refusal has to name."""


SPOILINGS = (
    Spoiling("a camera under another name", r'key = "([^"]*)overhead"', r'key = "\1front"', "front"),
    Spoiling(
        "joints instead of poses",
        r'parts = \["position_m", "quaternion_xyzw", "gripper_width_m"\]',
        'parts = ["joint_position_rad", "gripper_closed"]',
        "joint_position_rad",
    ),
    Spoiling("a longer horizon", r"horizon = \d+", "horizon = 45", "45"),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What became of one mapping that does not fit."""

    spoiling: Spoiling
    obstacle: str
    chunks: int
    moved_rad: float

    @property
    def refused(self) -> bool:
        """By name, and nothing moved."""
        return self.spoiling.told in self.obstacle and self.chunks == 0 and self.moved_rad < MOVED_RAD


def try_mismatch(spoiling: Spoiling, setup: CellSetup, *, mapping: Path, folder: Path) -> Refusal:
    """Run a cell with the spoilt mapping for three seconds, with a task that would move the arm."""
    spoilt = folder / "spoilt.toml"
    text, count = re.subn(spoiling.pattern, spoiling.replacement, mapping.read_text(encoding="utf-8"), count=1)
    if count != 1:
        raise ValueError(f"{mapping} has no place for {spoiling.name}")
    spoilt.write_text(text, encoding="utf-8")
    choice = setup.servers.get(setup.policy, ServerChoice())
    cell = LockStepCell(replace(setup, servers={setup.policy: replace(choice, mapping=str(spoilt))}))
    try:
        cell.start()
        drawing = read_scene(setup)
        cell.ask(AddTask(layout_orders(drawing.cell, seed=setup.seed, refill_id=0)[0].instruction))
        before = cell.plant.measure().q_rad.copy()
        for _ in range(WATCHED_TICKS):
            cell.loop.tick()
        moved = float(abs(cell.plant.measure().q_rad - before).max())
        policy, control = cell.oversight.telemetry.policy, cell.oversight.telemetry.control
        return Refusal(
            spoiling,
            obstacle="" if policy is None else policy.obstacle,
            chunks=0 if control is None else control.plans,
            moved_rad=moved,
        )
    finally:
        cell.close()
