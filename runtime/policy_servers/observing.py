"""From this cell's observation to what a model wants to see, as its mapping file says."""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.perception.poses import compose
from runtime.policy_servers.arrays import Array
from runtime.policy_servers.exchange import Look, Pictures
from runtime.policy_servers.mapping import CameraMapping, Mapping
from runtime.policy_servers.parts import STATE_PARTS, Measured
from runtime.ports import Image, Observation

FRAMES_KEPT = 64
"""Of one camera: more than five seconds at 10 Hz."""


class FrameMemory:
    """The newest pictures of one camera, at the model's size; the nearest one to a moment in the past."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, NDArray[np.uint8]]] = deque(maxlen=FRAMES_KEPT)

    def keep(self, stamp_ns: int, frame: NDArray[np.uint8]) -> None:
        """Take in a picture; one that is not newer takes the last one's place."""
        if self._frames and stamp_ns < self._frames[-1][0]:
            self._frames.clear()
        if self._frames and stamp_ns == self._frames[-1][0]:
            self._frames.pop()
        self._frames.append((stamp_ns, frame))

    def at(self, ago_s: tuple[float, ...]) -> Pictures:
        """One frame a moment; before the first picture there is only the first."""
        newest_ns = self._frames[-1][0]
        wanted = [newest_ns - round(seconds * 1e9) for seconds in ago_s]
        return np.stack([min(self._frames, key=lambda kept: abs(kept[0] - at_ns))[1] for at_ns in wanted])


class Observer:
    """Makes looks out of observations; remembers pictures where the model wants to see the past."""

    def __init__(self, mapping: Mapping, cell: CellDescription) -> None:
        self._mapping = mapping
        self._width_max_m = cell.robot.gripper.width_max_m
        self._tool = Pose(mapping.tool.position_m, mapping.tool.orientation_xyzw)
        self._memories = {camera.key: FrameMemory() for camera in mapping.camera}
        self._looks = 0

    def look(self, observation: Observation, *, prompt: str, extras: dict[str, Any] | None = None) -> Look:
        """Pictures, states and prompt under the model's names. Raises `KeyError` for a camera that has no picture."""
        self._looks += 1
        return Look(
            number=self._looks,
            pictures={camera.key: self._pictures(camera, observation) for camera in self._mapping.camera},
            states=self.states(observation),
            prompt=prompt,
            extras=extras,
        )

    def states(self, observation: Observation) -> dict[str, Array]:
        """Every state vector of the mapping."""
        measured = self.measured(observation)
        return {
            state.key: np.array(
                [float(value) for part in state.parts for value in STATE_PARTS[part](measured)], dtype=state.dtype
            )
            for state in self._mapping.state
        }

    def measured(self, observation: Observation) -> Measured:
        """The observation's numbers, the tool as the model thinks of it."""
        return Measured(
            q_rad=observation.q_rad.tolist(),
            dq_rad_s=observation.dq_rad_s.tolist(),
            tool_in_base=compose(observation.gripper_in_base, self._tool),
            width_m=observation.gripper_width_m,
            width_max_m=self._width_max_m,
            force_n=observation.gripper_force_n,
        )

    def _pictures(self, camera: CameraMapping, observation: Observation) -> Pictures:
        picture = observation.views[camera.camera].picture
        memory = self._memories[camera.key]
        memory.keep(picture.frame.stamp_ns, fitted(picture.image, camera))
        return memory.at(camera.frames_s_ago)


def fitted(image: Image, camera: CameraMapping) -> NDArray[np.uint8]:
    """The picture at the model's size: u8[height, width, 3], or u8[3, height, width] where it wants that."""
    if camera.size_px is not None:
        image = _resized(image, camera.size_px, camera.fit)
    return np.ascontiguousarray(image.transpose(2, 0, 1) if camera.channels_first else image)


def _resized(image: Image, size_px: tuple[int, int], fit: str) -> Image:
    """`pad`: whole picture between black borders; `crop`: middle of the picture; `stretch`: aspect ratio not kept."""
    width, height = size_px
    have_height, have_width = image.shape[:2]
    if (have_width, have_height) == (width, height):
        return image
    if fit == "stretch":
        return _scaled(image, width, height)
    ratios = width / have_width, height / have_height
    scale = min(ratios) if fit == "pad" else max(ratios)
    inner_width, inner_height = max(1, round(have_width * scale)), max(1, round(have_height * scale))
    scaled = _scaled(image, inner_width, inner_height)
    if fit == "crop":
        left, top = (inner_width - width) // 2, (inner_height - height) // 2
        return scaled[top : top + height, left : left + width]
    canvas = np.zeros((height, width, 3), dtype=np.uint8)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    canvas[top : top + inner_height, left : left + inner_width] = scaled
    return canvas


def _scaled(image: Image, width: int, height: int) -> Image:
    shrinks = width < image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), dtype=np.uint8)
