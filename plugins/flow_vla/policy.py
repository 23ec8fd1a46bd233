"""The learned policy behind the `Policy` port: sees, reads, acts, and says how sure it is."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from plugins.flow_vla.ablation.attending_mind import AttendingMind
from plugins.flow_vla.chunks import decode
from plugins.flow_vla.engine import Noise
from plugins.flow_vla.eyes import SIDE_PX
from plugins.flow_vla.mind import Mind, Thought
from plugins.flow_vla.model import ModelRefused
from plugins.flow_vla.ready import Ready, load_ready
from plugins.flow_vla.sight import Look
from plugins.flow_vla.signals import Signals
from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription
from runtime.messages.policy import HeatMap, PolicyStatus, TargetMark
from runtime.messages.tasks import Assignment
from runtime.picking.funnel import Goal, HandState
from runtime.picking.funnel import Path as HandPath
from runtime.picking.mover import HORIZON, STEP_PERIOD_S, Mover
from runtime.picking.under_way import UnderWay
from runtime.picking.watching import watch_pose
from runtime.ports import Observation, Proposal

FORCE_N = 30.0
DONE_SURE = 0.6
DONE_LOOKS = 2
MODEL = Path(__file__).resolve().parent / "model"


def flow_vla(cell: CellDescription, *, model: Path = MODEL) -> FlowVlaPolicy:
    """With the model that is shipped, or another.

    Raises `ModelRefused` for what is not as its card says, and for cameras that it was not made for.
    """
    for camera in cell.cameras:
        if (camera.width_px, camera.height_px) != (SIDE_PX, SIDE_PX):
            raise ModelRefused(
                f"camera {camera.name} gives {camera.width_px} × {camera.height_px} pixels, "
                f"the eyes are made for {SIDE_PX} × {SIDE_PX}",
                remedy="set width_px and height_px of the camera in the scene, or choose another policy",
            )
    made = load_ready(model)
    if made.build.grounded:
        made.warm([camera.name for camera in cell.cameras])
    return FlowVlaPolicy(cell, made)


class FlowVlaPolicy:
    """Pictures, joint state and the sentence in; a chunk of hand poses and a confidence out."""

    def __init__(self, cell: CellDescription, model: Ready) -> None:
        """`model` is used by one thread."""
        torch.set_num_threads(1)
        self._cell = cell
        self._model = model
        self._arm = Arm(cell.robot)
        self._mover = Mover(self._arm, cell)
        self._under_way = UnderWay(self._arm, length_s=HORIZON * STEP_PERIOD_S)
        self._watch = watch_pose(cell, self._arm)
        self._mind: Mind | AttendingMind | None = None
        self._signals = Signals()
        self._noise = Noise()
        self._done_looks = 0
        self.path: HandPath | None = None
        """Of the newest chunk."""

    def renewed(self) -> FlowVlaPolicy:
        """Another one with the same weights that has seen nothing yet, instead of this one."""
        return FlowVlaPolicy(self._cell, self._model)

    def begin(self, assignment: Assignment) -> None:
        """A new task: read it, forget the last one."""
        self._open(assignment, resumed=False)

    def resume(self, assignment: Assignment) -> None:
        """Go on with what another policy has begun: everything is looked at anew, and first what is in the hand."""
        self._open(assignment, resumed=True)

    def _open(self, assignment: Assignment, *, resumed: bool) -> None:
        self._mind = self._minded(assignment, resumed=resumed)
        self._signals = Signals()
        self._noise = Noise()
        self._done_looks = 0

    def _minded(self, assignment: Assignment, *, resumed: bool) -> Mind | AttendingMind:
        cell, model = self._cell, self._model
        if not model.build.grounded:
            return AttendingMind(cell, model, assignment.instruction)
        return Mind(
            cell,
            model=model,
            instruction=assignment.instruction,
            arm=self._arm,
            watch=self._watch,
            resumed=resumed,
            told=assignment.reading,
        )

    def infer(self, observation: Observation) -> Proposal:
        """Look once, answer with the next chunk."""
        if not self._model.build.wrist:
            observation = replace(observation, views={"overhead": observation.views["overhead"]})
        committed = self._under_way.states(observation)
        mind = self._mind
        if observation.assignment is None or mind is None:
            return self._to_watch(observation, committed, PolicyStatus.WAITING, "waiting", "")
        if why := mind.refusal or mind.unsure:
            return self._to_watch(observation, committed, PolicyStatus.DECLINED, "declined", why)
        thought = mind.think(observation, committed[-1])
        if thought.obstacle:
            return self._to_watch(observation, committed, PolicyStatus.DECLINED, "declined", thought.obstacle, thought)
        if thought.condition is None:
            return self._to_watch(observation, committed, PolicyStatus.WORKING, "looking", "", thought)
        return self._act(observation, committed, mind, thought, thought.condition)

    def _act(
        self,
        observation: Observation,
        committed: tuple[HandState, ...],
        mind: Mind | AttendingMind,
        thought: Thought,
        condition: NDArray[np.float32],
    ) -> Proposal:
        chunks, finished_logit = self._model.engine.draw(condition, self._noise.next())
        finished = 1.0 / (1.0 + math.exp(-max(-60.0, finished_logit)))
        chunk = chunks[_middle(chunks)]
        waypoints, widths_m = decode(committed[-1], chunk, relative=self._model.build.relative)
        path = self._mover.along(committed, waypoints, q_rad=observation.q_rad)
        self._keep(path, observation)
        self._done_looks = self._done_looks + 1 if finished > DONE_SURE and mind.belief.in_tote() else 0
        done = self._done_looks >= DONE_LOOKS
        self._signals.see(thought, mind, chunks, waypoints, condition, finished, model=self._model)
        widest_m = self._cell.robot.gripper.width_max_m
        return Proposal(
            status=PolicyStatus.DONE if done else PolicyStatus.WORKING,
            phase=f"fetching the {mind.target}",
            confidence=self._model.calibration.confidence(self._signals.values),
            signals=self._model.calibration.told(self._signals.values),
            targets=_marks(observation, mind, thought) if self._model.build.grounded else (),
            heat=_heat(thought.looks),
            gripper_in_base=self._mover.poses(path),
            gripper_width_m=tuple(min(max(width, 0.0), widest_m) for width in widths_m),
            gripper_force_n=min(FORCE_N, self._cell.robot.gripper.force_max_n),
            step_period_s=STEP_PERIOD_S,
            confidence_limit=self._model.calibration.limit,
            reading=mind.plain_words,
        )

    def _to_watch(
        self,
        observation: Observation,
        committed: tuple[HandState, ...],
        status: PolicyStatus,
        phase: str,
        reason: str,
        thought: Thought | None = None,
    ) -> Proposal:
        """Go where everything can be seen, fingers as they are."""
        watch = self._watch
        if status is PolicyStatus.WAITING and self._mind is None:
            watch = committed[-1]
        goal = Goal(watch.x_m, watch.y_m, watch.z_m, watch.yaw_rad, travel_z_m=max(watch.z_m, 0.12))
        path = self._mover.towards(committed, goal, q_rad=observation.q_rad)
        self._keep(path, observation)
        width_m = 0.0 if observation.gripper_force_n > 1.0 else observation.gripper_width_m
        width_m = min(max(width_m, 0.0), self._cell.robot.gripper.width_max_m)
        if status is PolicyStatus.WORKING and width_m > 0.0:
            width_m = self._cell.robot.gripper.width_max_m
        return Proposal(
            status=status,
            phase=phase,
            confidence=self._model.calibration.prior if status is PolicyStatus.WORKING else 0.0,
            signals=self._model.calibration.told(self._signals.values),
            heat=() if thought is None else _heat(thought.looks),
            gripper_in_base=self._mover.poses(path),
            gripper_width_m=(width_m,) * HORIZON,
            gripper_force_n=min(FORCE_N, self._cell.robot.gripper.force_max_n),
            step_period_s=STEP_PERIOD_S,
            reason=reason,
            confidence_limit=self._model.calibration.limit,
            reading="" if self._mind is None else self._mind.plain_words,
            unanswerable=status is PolicyStatus.DECLINED and self._mind is not None and self._mind.final,
        )

    def _keep(self, path: HandPath, observation: Observation) -> None:
        self.path = path
        self._under_way.keep(path, stamp_ns=observation.stamp_ns)


def _marks(observation: Observation, mind: Mind | AttendingMind, thought: Thought) -> tuple[TargetMark, ...]:
    """Where the target is believed to be, in each picture that shows that place."""
    target = mind.belief.target
    assert target is not None
    marks: list[TargetMark] = []
    for name, view in observation.views.items():
        geometry = thought.looks[name].view
        column, row, depth = geometry.project_point((target.x_m, target.y_m, target.z_m))
        if depth > 0.02 and 0.0 <= column <= view.camera.width_px and 0.0 <= row <= view.camera.height_px:
            marks.append(TargetMark(name, (column, row), 0.025 * geometry.focal_px / depth, mind.target))
    return tuple(marks)


def _middle(chunks: NDArray[np.float32]) -> int:
    """The chunk that is nearest to all others."""
    apart = np.square(chunks[:, None] - chunks[None]).sum(axis=2)
    return int(np.sqrt(apart).sum(axis=1).argmin())


def _heat(looks: dict[str, Look]) -> tuple[HeatMap, ...]:
    """For people: the square root lifts what is faint."""
    maps: list[HeatMap] = []
    for camera, look in looks.items():
        rows, columns = look.heat.shape
        cells = np.rint(255.0 * np.sqrt(np.clip(look.heat, 0.0, 1.0))).astype(np.uint8)
        maps.append(HeatMap(camera, columns, rows, cells.tobytes()))
    return tuple(maps)
