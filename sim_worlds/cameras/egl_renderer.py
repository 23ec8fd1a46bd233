"""Draws a cell with OpenGL over headless EGL: software Mesa or a GPU, whatever the machine has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CameraDescription
from runtime.ports import Image
from sim_worlds.cameras.drawing import Drawing, body_matrices
from sim_worlds.cameras.egl_drawing import LoadedDrawing
from sim_worlds.cameras.egl_programs import Programs, uniform
from sim_worlds.cameras.fences import Fences
from sim_worlds.cameras.frames import Matrix, inverse
from sim_worlds.cameras.lighting import Lighting
from sim_worlds.cameras.pieces import view_planes
from sim_worlds.cameras.view_matrices import projection

SAMPLES = 4
MAX_BODIES = 64
"""As the shaders declare."""
SHADOW_PX = 512
BACKGROUND = (0.16, 0.16, 0.17)


class EglUnavailable(RuntimeError):
    """No OpenGL context without a display; the text says what the driver said."""


@dataclass(frozen=True, slots=True)
class _View:
    """What one camera needs again and again."""

    first_row: int
    """Of its pixels in the sheet that all pictures are drawn on."""

    projection: Matrix
    planes: NDArray[np.float64]


class EglRenderer:
    """One context with one drawing. Belongs to the thread that made it; `close` frees it."""

    name = "egl"

    def __init__(self, drawing: Drawing, *, lighting: Lighting, cameras: Sequence[CameraDescription]) -> None:
        self._context = _headless_context()
        self._fences = Fences()
        self._programs = Programs(self._context)
        self._views: dict[str, _View] = {}
        self._read: Image | None = None
        self._clean = False
        self._loaded: LoadedDrawing | None = None
        self._build_shadows()
        self._build_sheet(cameras)
        self.redraw(drawing, lighting=lighting)

    def redraw(self, drawing: Drawing, *, lighting: Lighting) -> None:
        """Draw this from now on, in this light; cameras stay. To be placed anew."""
        if self._loaded is None or drawing is not self._loaded.drawing:
            if self._loaded is not None:
                self._loaded.release()
            self._loaded = LoadedDrawing(self._context, drawing, programs=self._programs)
        self._middles = np.zeros((4, drawing.bodies))
        self._programs.light(self._loaded.program, lighting)

    def place(self, poses: NDArray[np.float64]) -> None:
        """Move the bodies to [links + parts + loose, 7] poses and redraw the shadows."""
        placed = body_matrices(self._now.drawing, poses)
        self._middles = self._now.pieces.middles(placed)
        self._bodies.write(placed)
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self._now.shadow_array.render()
        self.begun()
        self._read, self._clean = None, False

    def begin(self, camera: CameraDescription, *, camera_in_base: Matrix) -> None:
        """Hand the picture of one camera to the driver, which draws it in threads of its own."""
        if not self._clean:
            self._wipe()
        view = self._views[camera.name]
        camera_from_base = inverse(camera_in_base)
        now = self._now
        now.clip_from_base.write((view.projection @ camera_from_base).T.astype("f4").tobytes())
        self._drawn.viewport = (0, view.first_row, camera.width_px, camera.height_px)
        for first, count in now.pieces.seen(self._middles, planes=view.planes, camera_from_base=camera_from_base):
            now.array.render(first=first, vertices=count)

    def begun(self) -> None:
        """Nothing more is begun for now: the driver may draw."""
        self._fences.hand_over()

    def settle(self) -> None:
        """Take the mean of each pixel's samples."""
        self._drawn.viewport = (0, 0, *self._drawn.size)
        self._context.copy_framebuffer(self._resolved, self._drawn)
        self.begun()

    def finish(self, camera: CameraDescription) -> Image:
        """The picture that was begun and settled, u8[height, width, 3], top row first."""
        if self._read is None:
            self._read = np.empty((self._drawn.height, self._drawn.width, 4), dtype=np.uint8)
            self._resolved.read_into(self._read, components=4, alignment=1)  # as stored: no conversion
            self._fences.picture_read()
        first = self._views[camera.name].first_row
        return np.ascontiguousarray(self._read[first : first + camera.height_px, : camera.width_px, :3])

    def identify(self, camera: CameraDescription, *, camera_in_base: Matrix) -> NDArray[np.uint8]:
        """Which body each pixel's middle shows, u8[height, width], of the bodies as placed; 0 is what never moves."""
        view, now = self._views[camera.name], self._now
        clip_from_base = uniform(self._programs.identities, "clip_from_base")
        camera_from_base = inverse(camera_in_base)
        clip_from_base.write((view.projection @ camera_from_base).T.astype("f4").tobytes())
        if self._identities is None:
            self._identities = self._context.simple_framebuffer(self._drawn.size, 4)
        self._identities.viewport = (0, 0, camera.width_px, camera.height_px)
        self._identities.use()
        self._identities.clear(depth=1.0)
        for first, count in now.pieces.seen(self._middles, planes=view.planes, camera_from_base=camera_from_base):
            now.identity_array.render(first=first, vertices=count)
        self.begun()
        read = np.empty((camera.height_px, camera.width_px, 4), dtype=np.uint8)
        self._identities.read_into(read, viewport=self._identities.viewport, components=4, alignment=1)
        self._fences.picture_read()
        self._clean = False  # the next picture is drawn on the other target again
        return np.ascontiguousarray(read[:, :, 0])

    @property
    def _now(self) -> LoadedDrawing:
        assert self._loaded is not None
        return self._loaded

    def _wipe(self) -> None:
        self._drawn.viewport = (0, 0, *self._drawn.size)
        self._drawn.use()
        self._drawn.clear(*BACKGROUND, 1.0, depth=1.0)
        self._clean = True

    def close(self) -> None:
        """Free the context and everything in it."""
        self._drawn.release()
        self._resolved.release()
        self._context.release()

    @property
    def device(self) -> str:
        """What draws: the driver's name for it."""
        return str(self._context.info["GL_RENDERER"])

    def _build_shadows(self) -> None:
        context = self._context
        self._bodies = context.buffer(reserve=48 * MAX_BODIES)
        self._bodies.bind_to_uniform_block(0)
        self._shadow_map = context.depth_texture((SHADOW_PX, SHADOW_PX))
        self._shadow_map.compare_func = "<="
        self._shadow_map.repeat_x = self._shadow_map.repeat_y = False
        self._shadow_target = context.framebuffer(depth_attachment=self._shadow_map)
        self._shadow_map.use(location=0)
        context.front_face = "cw"  # the pictures are drawn upside down, so that memory starts with their top row
        context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)

    def _build_sheet(self, cameras: Sequence[CameraDescription]) -> None:
        """One target for all pictures, one above the other: they are cleared, resolved and read in one call each."""
        rows = 0
        for camera in cameras:
            self._views[camera.name] = _View(rows, projection(camera), view_planes(camera))
            rows += camera.height_px
        size = (max((camera.width_px for camera in cameras), default=1), max(rows, 1))
        samples = min(SAMPLES, self._context.max_samples)
        self._drawn = self._context.framebuffer(
            [self._context.renderbuffer(size, 4, samples=samples)],
            self._context.depth_renderbuffer(size, samples=samples),
        )
        self._resolved = self._context.simple_framebuffer(size, 4)
        self._identities: moderngl.Framebuffer | None = None


def _headless_context() -> moderngl.Context:
    # software Mesa: one drawing thread beside the caller; a second one would take the caller's core
    os.environ.setdefault("LP_NUM_THREADS", "1")
    os.environ.setdefault("MESA_SHADER_CACHE_DISABLE", "true")  # a full disk under it is a SIGBUS: decision 0015
    try:
        return moderngl.create_context(
            require=330,
            standalone=True,
            backend="egl",  # pyright: ignore[reportArgumentType]  # moderngl annotates each setting as a dict
        )
    except Exception as trouble:  # glcontext raises bare Exception without libEGL or a driver
        raise EglUnavailable(str(trouble)) from trouble
