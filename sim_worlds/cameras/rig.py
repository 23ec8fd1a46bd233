"""All cameras of a simulated cell: from body poses to pictures with a capture stamp."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.messages.camera import Frame
from runtime.messages.cell import CameraDescription, CellDescription
from runtime.ports import Image, Picture
from sim_worlds.cameras.cell_drawing import draw_cell
from sim_worlds.cameras.drawing import Drawing
from sim_worlds.cameras.egl_renderer import EglRenderer, EglUnavailable
from sim_worlds.cameras.eye import Eye
from sim_worlds.cameras.frames import Matrix, matrices
from sim_worlds.cameras.lighting import Lighting
from sim_worlds.cameras.mounting import mount
from sim_worlds.cameras.subject import subject_of
from sim_worlds.poses import matrix_of
from sim_worlds.scenes import Scene
from sim_worlds.variation import VariedScene
from sim_worlds.variation.flaws import FLAWLESS

RENDERERS = ("auto", "egl", "tiny")


class Renderer(Protocol):
    """What draws."""

    name: str

    def place(self, poses: NDArray[np.float64]) -> None:
        """Move the bodies: [links + parts + loose, 7]."""
        ...

    def begin(self, camera: CameraDescription, *, camera_in_base: Matrix) -> None:
        """Start one picture of the bodies as placed; may go on beside the caller."""
        ...

    def begun(self) -> None:
        """Nothing more is begun for now."""
        ...

    def settle(self) -> None:
        """Make ready for reading what was begun; best when that has had the time to be drawn."""
        ...

    def finish(self, camera: CameraDescription) -> Image:
        """The picture that was begun for this camera."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class BodyPoses(Protocol):
    """What the plant's truth offers the cameras."""

    @property
    def poses(self) -> NDArray[np.float64]:
        """[links + parts + loose, 7]."""
        ...


class CameraRig:
    """Draws what every camera of the cell sees. Belongs to one thread; `close` it in the end.

    Pixel coordinates are continuous with the centre of the upper left pixel at (0.5, 0.5), so that a point
    (x, y, z) in the camera frame falls on (width/2 + focal x/z, height/2 + focal y/z).
    """

    def __init__(
        self,
        cell: CellDescription | Scene | VariedScene,
        *,
        renderer: str = "auto",
        seed: int = 0,
        mismatch: str = "low",
        lighting: Lighting | None = None,
        mesh_folder: Path | None = None,
        truth: Callable[[], NDArray[np.float64]] | None = None,
    ) -> None:
        """A scene brings its own light, a varied one all that it changes; an arm without meshes gets its own.

        `truth` is asked for the poses when `capture` is used. Raises `EglUnavailable` for renderer `egl`.
        """
        if renderer not in RENDERERS:
            raise ValueError(f"renderer {renderer!r}: allowed are {', '.join(RENDERERS)}")
        subject = subject_of(cell, lighting=lighting, mesh_folder=mesh_folder)
        self._cell = cell = subject.cell
        self._truth = truth
        self._lighting = subject.lighting
        self._mounted = mount(cell.cameras, mismatch=mismatch, seed=seed, shifts=subject.shifts)
        self._eyes = [
            Eye(c, noise=self._lighting.noise, seed=seed * 97 + index, flaws=subject.flaws.get(c.name, FLAWLESS))
            for index, c in enumerate(cell.cameras)
        ]
        self._flange_in_last_joint = matrix_of(cell.robot.flange_in_last_joint)
        self._sequence = 0
        self._exposed_ns: int | None = None
        self._work: deque[Callable[[], None]] = deque()
        self.warning = ""
        drawing = draw_cell(cell, mesh_folder=mesh_folder, look=subject.look, clutter=subject.clutter)
        self._renderer = self._choose(renderer, drawing)

    @property
    def renderer(self) -> str:
        """Which one draws: egl or tiny."""
        return self._renderer.name

    def expose(self, *, stamp_ns: int) -> None:
        """Capture one picture a camera of the cell as it is now (the `Camera` port); drawn later."""
        if self._truth is None:
            raise RuntimeError("this rig was built without a source of truth; use capture_poses")
        self._expose(self._truth(), stamp_ns=stamp_ns)

    def proceed(self) -> None:
        """Do the next piece of work on the newest exposure, if one is left (the `Camera` port)."""
        if self._work:
            self._work.popleft()()

    def read_out(self) -> list[Picture]:
        """The pictures of the newest exposure, once (the `Camera` port)."""
        stamp_ns, self._exposed_ns = self._exposed_ns, None
        if stamp_ns is None:
            return []
        while self._work:
            self._work.popleft()()
        self._sequence += 1
        pictures: list[Picture] = []
        for mounted, eye in zip(self._mounted, self._eyes, strict=True):
            camera = mounted.camera
            frame = Frame(camera.name, self._sequence, stamp_ns, camera.width_px, camera.height_px, self._renderer.name)
            pictures.append(Picture(frame, eye.expose(self._renderer.finish(camera))))
        return pictures

    def capture(self, *, stamp_ns: int) -> list[Picture]:
        """One picture a camera of the cell as it is now."""
        self.expose(stamp_ns=stamp_ns)
        return self.read_out()

    def capture_truth(self, truth: BodyPoses, *, stamp_ns: int) -> list[Picture]:
        """One picture a camera of the cell as this truth has it."""
        return self.capture_poses(truth.poses, stamp_ns=stamp_ns)

    def capture_poses(self, poses: NDArray[np.float64], *, stamp_ns: int) -> list[Picture]:
        """One picture a camera; `poses` is [links + parts + loose, 7]: base, joints, fingers left and right first."""
        self._expose(poses, stamp_ns=stamp_ns)
        return self.read_out()

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()

    def _expose(self, poses: NDArray[np.float64], *, stamp_ns: int) -> None:
        """Fix what is to be drawn. Each piece of the work makes the driver draw on; the next waits for the last."""
        self._exposed_ns = stamp_ns
        self._work = deque((partial(self._renderer.place, poses), partial(self._begin, poses), self._renderer.settle))

    def _begin(self, poses: NDArray[np.float64]) -> None:
        last_joint = matrices(poses[len(self._cell.robot.joints)][None, :])[0]
        flange_in_base = last_joint @ self._flange_in_last_joint
        for mounted in self._mounted:
            parent = flange_in_base if mounted.camera.on_flange else np.eye(4)
            self._renderer.begin(mounted.camera, camera_in_base=parent @ mounted.camera_in_parent)
        self._renderer.begun()

    def _choose(self, renderer: str, drawing: Drawing) -> Renderer:
        if renderer == "tiny":
            return self._tiny(drawing)
        try:
            return EglRenderer(drawing, lighting=self._lighting, cameras=self._cell.cameras)
        except EglUnavailable as trouble:
            if renderer == "egl":
                raise
            self.warning = (
                f"cameras draw with PyBullet's slow renderer because EGL is missing ({trouble}); "
                "install libegl1 and libgl1-mesa-dri"
            )
            return self._tiny(drawing)

    def _tiny(self, drawing: Drawing) -> Renderer:
        from sim_worlds.cameras.tiny_renderer import TinyRenderer  # loads PyBullet, which few rigs need

        return TinyRenderer(drawing, lighting=self._lighting)
