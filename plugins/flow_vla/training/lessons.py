"""Recorded lessons through the policy's own eyes: what it would have known at every frame, and what the teacher did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.chunks import encode
from plugins.flow_vla.mind import Mind
from plugins.flow_vla.ready import Ready
from runtime.datasets import Episode
from runtime.kinematics import Arm
from runtime.messages.camera import Frame
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.messages.geometry import Pose
from runtime.perception.poses import compose, inverse
from runtime.picking.following import Waypoint
from runtime.picking.funnel import HandState
from runtime.picking.mover import HORIZON
from runtime.picking.watching import watch_pose
from runtime.ports import CameraView, Observation, Picture

CHUNK, LEAD, DONE = "teacher.chunk", "teacher.lead", "teacher.done"
PERIOD_NS = 100_000_000


@dataclass(frozen=True, slots=True)
class Examples:
    """One row a frame in which something could be acted on."""

    conditions: NDArray[np.float32]
    chunks: NDArray[np.float32]
    done: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.done)


class Rehearsal:
    """Walks through episodes with one model. Belongs to one thread."""

    def __init__(self, model: Ready, cell: CellDescription) -> None:
        self._model = model
        self._cell = cell
        self._arm = Arm(cell.robot)
        self._watch = watch_pose(cell, self._arm)
        self._flange_in_gripper = inverse(cell.robot.gripper.gripper_in_flange)
        self._cameras = {camera.name: camera for camera in cell.cameras}

    def examples(self, episode: Episode, *, relative: bool = True, blind: tuple[str, ...] = ()) -> Examples:
        """All frames in which the target is known. `blind`: cameras that are not looked through."""
        mind = Mind(self._cell, model=self._model, instruction=episode.task, arm=self._arm, watch=self._watch)
        rows: list[tuple[NDArray[np.float32], NDArray[np.float32], float]] = []
        for index, observation in enumerate(self.observations(episode, blind=blind)):
            hand = HandState(*episode.extras[LEAD][index].tolist())
            thought = mind.think(observation, hand)
            if thought.condition is None or mind.refusal:
                continue
            waypoints, widths_m = advised(episode.extras[CHUNK][index])
            chunk = encode(hand, waypoints, widths_m, relative=relative)
            rows.append((thought.condition, chunk, float(episode.extras[DONE][index, 0])))
        if not rows:
            return Examples(*(np.zeros((0, 1), np.float32) for _ in range(3)))
        conditions, chunks, done = zip(*rows, strict=True)
        return Examples(np.stack(conditions), np.stack(chunks), np.array(done, dtype=np.float32))

    def observations(self, episode: Episode, *, blind: tuple[str, ...] = ()) -> Iterator[Observation]:
        """Every frame as the policy would have been shown it."""
        joints = self._arm.joint_count
        for index, state in enumerate(episode.state.astype(np.float64)):
            q_rad, dq_rad_s = state[:joints], state[joints : 2 * joints]
            gripper_in_base = self._arm.fk(q_rad)
            views = {
                name: self._view(camera, images[index], gripper_in_base)
                for name, images in episode.images.items()
                if name not in blind and (camera := self._cameras[name])
            }
            yield Observation(
                observation_id=index,
                stamp_ns=(index + 1) * PERIOD_NS,
                views=views,
                q_rad=q_rad,
                dq_rad_s=dq_rad_s,
                gripper_in_base=gripper_in_base,
                gripper_width_m=float(state[-2]),
                gripper_force_n=float(state[-1]),
                assignment=None,
            )

    def _view(self, camera: CameraDescription, image: NDArray[np.uint8], gripper_in_base: Pose) -> CameraView:
        height_px, width_px = image.shape[:2]
        picture = Picture(Frame(camera.name, 0, 0, width_px, height_px, "dataset"), image)
        if not camera.on_flange:
            return CameraView(picture, camera, camera.camera_in_parent)
        flange_in_base = compose(gripper_in_base, self._flange_in_gripper)
        return CameraView(picture, camera, compose(flange_in_base, camera.camera_in_parent))


def advised(row: NDArray[np.float32]) -> tuple[list[Waypoint], list[float]]:
    """The teacher's chunk of one frame: where to and how wide."""
    steps = row.astype(float).reshape(HORIZON, 5).tolist()
    return [Waypoint(*step[:4]) for step in steps], [step[4] for step in steps]
