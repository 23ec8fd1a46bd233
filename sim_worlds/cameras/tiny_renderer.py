"""Draws a cell with PyBullet's CPU renderer, where EGL is missing: slower, the same view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription
from runtime.ports import Image
from sim_worlds.bullet_engine import engine as pybullet
from sim_worlds.cameras.drawing import Drawing
from sim_worlds.cameras.frames import Matrix
from sim_worlds.cameras.lighting import Lighting

NEAR_M, FAR_M = 0.01, 6.0
NOWHERE_M = (0.0, 0.0, -50.0)
"""Where a body with a pose that is not finite waits, out of every picture."""


class TinyRenderer:
    """One PyBullet client of its own with visual shapes only. `close` disconnects it."""

    name = "tiny"

    def __init__(self, drawing: Drawing, *, lighting: Lighting) -> None:
        self._client = pybullet.connect(pybullet.DIRECT)
        self._lighting = lighting
        self._drawn: dict[str, Image] = {}
        self._carried: list[tuple[int, int]] = []
        """(PyBullet body, row of the poses) for everything that moves."""

        for group in _groups(drawing):
            body = self._create(drawing, group)
            row = int(drawing.vertices[drawing.indices[group[0]], 9]) - 1
            if row >= 0:
                self._carried.append((body, row))

    def place(self, poses: NDArray[np.float64]) -> None:
        """Move the bodies to [links + parts + loose, 7] poses."""
        for body, row in self._carried:
            pose = poses[row]
            if np.isfinite(pose).all():
                position, orientation = pose[:3].tolist(), pose[3:].tolist()
            else:
                position, orientation = NOWHERE_M, (0.0, 0.0, 0.0, 1.0)
            pybullet.resetBasePositionAndOrientation(body, position, orientation, physicsClientId=self._client)

    def begin(self, camera: CameraDescription, *, camera_in_base: Matrix) -> None:
        """Draw the picture of one camera."""
        self._drawn[camera.name] = self._draw(camera, camera_in_base)

    def begun(self) -> None:
        """Nothing goes on beside the caller here."""

    def settle(self) -> None:
        """Drawn is drawn."""

    def finish(self, camera: CameraDescription) -> Image:
        """The picture that was drawn, u8[height, width, 3], top row first."""
        return self._drawn.pop(camera.name)

    def _draw(self, camera: CameraDescription, camera_in_base: Matrix) -> Image:
        view = np.diag([1.0, -1.0, -1.0, 1.0]) @ np.linalg.inv(camera_in_base)
        light = self._lighting
        # every light argument is sticky between calls, so all of them are given every time
        _, _, pixels, _, _ = pybullet.getCameraImage(
            camera.width_px,
            camera.height_px,
            viewMatrix=view.T.reshape(-1).tolist(),
            projectionMatrix=_projection(camera).T.reshape(-1).tolist(),
            lightDirection=[10.0 * value for value in light.lamp_direction],
            lightColor=list(light.lamp_rgb),
            lightDistance=10.0,
            shadow=int(light.shadow > 0.0),
            lightAmbientCoeff=light.exposure * light.ambient * 1.25,
            lightDiffuseCoeff=light.exposure * light.lamp * 0.85,
            lightSpecularCoeff=0.0,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
            physicsClientId=self._client,
        )
        picture = np.asarray(pixels, dtype=np.uint8).reshape(camera.height_px, camera.width_px, 4)
        return np.ascontiguousarray(picture[:, :, :3])

    def close(self) -> None:
        """Disconnect the client."""
        pybullet.disconnect(physicsClientId=self._client)

    def _create(self, drawing: Drawing, group: NDArray[np.int64]) -> int:
        used, renumbered = np.unique(drawing.indices[group], return_inverse=True)
        rows = drawing.vertices[used]
        colour = (rows[0, 6:9].astype(np.float64) ** (1.0 / 2.2)).tolist()
        shape = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=rows[:, 0:3].tolist(),
            normals=rows[:, 3:6].tolist(),
            uvs=np.zeros((len(rows), 2)).tolist(),
            indices=renumbered.reshape(-1).tolist(),
            rgbaColor=[*colour, 1.0],
            physicsClientId=self._client,
        )
        return pybullet.createMultiBody(baseVisualShapeIndex=shape, physicsClientId=self._client)


def _groups(drawing: Drawing) -> list[NDArray[np.int64]]:
    """Positions in `drawing.indices`, one group for each body and colour."""
    keys = drawing.vertices[drawing.indices][:, 6:10]
    _, group_of = np.unique(keys, axis=0, return_inverse=True)
    group_of = group_of.reshape(-1)
    return [np.flatnonzero(group_of == group) for group in range(int(group_of.max()) + 1)]


def _projection(camera: CameraDescription) -> Matrix:
    """OpenGL clip space from a camera frame that looks along -z, y up.

    The third column's first entries move the picture by half a pixel left and down: this renderer samples
    pixels at a corner (measured against the projected centres of parts: 0.51 and 0.54 px).
    """
    depth = FAR_M - NEAR_M
    return np.array(
        [
            [2.0 * camera.focal_px / camera.width_px, 0.0, 1.0 / camera.width_px, 0.0],
            [0.0, 2.0 * camera.focal_px / camera.height_px, 1.0 / camera.height_px, 0.0],
            [0.0, 0.0, -(FAR_M + NEAR_M) / depth, -2.0 * FAR_M * NEAR_M / depth],
            [0.0, 0.0, -1.0, 0.0],
        ]
    )
