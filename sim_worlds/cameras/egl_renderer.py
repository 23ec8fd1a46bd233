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
from sim_worlds.cameras.fences import Fences
from sim_worlds.cameras.frames import Matrix, inverse
from sim_worlds.cameras.lighting import Lighting
from sim_worlds.cameras.pieces import pieces_of, view_planes
from sim_worlds.cameras.shaders import FRAGMENT, SHADOW_FRAGMENT, SHADOW_VERTEX, VERTEX

NEAR_M, FAR_M = 0.01, 6.0
SAMPLES = 4
MAX_BODIES = 64
"""As the shaders declare."""
SHADOW_PX = 512
SHADOW_HALF_M = 0.75
"""Half the side of the square that the shadow map covers, about `SHADOW_CENTRE_M`."""

SHADOW_CENTRE_M = (0.45, 0.0, 0.2)
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
        self._drawing = drawing
        self._pieces = pieces_of(drawing)
        self._middles = np.zeros((4, drawing.bodies))
        self._views: dict[str, _View] = {}
        self._read: Image | None = None
        self._clean = False
        self._build_programs()
        self._build_sheet(cameras)
        self._light(lighting)

    def place(self, poses: NDArray[np.float64]) -> None:
        """Move the bodies to [links + parts, 7] poses and redraw the shadows."""
        placed = body_matrices(self._drawing, poses)
        self._middles = self._pieces.middles(placed)
        self._bodies.write(placed)
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self._shadow_array.render()
        self.begun()
        self._read, self._clean = None, False

    def begin(self, camera: CameraDescription, *, camera_in_base: Matrix) -> None:
        """Hand the picture of one camera to the driver, which draws it in threads of its own."""
        if not self._clean:
            self._wipe()
        view = self._views[camera.name]
        camera_from_base = inverse(camera_in_base)
        self._clip_from_base.write((view.projection @ camera_from_base).T.astype("f4").tobytes())
        self._drawn.viewport = (0, view.first_row, camera.width_px, camera.height_px)
        for first, count in self._pieces.seen(self._middles, planes=view.planes, camera_from_base=camera_from_base):
            self._array.render(first=first, vertices=count)

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

    def _build_programs(self) -> None:
        context, drawing = self._context, self._drawing
        self._program = context.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        self._clip_from_base = _uniform(self._program, "clip_from_base")
        self._shadow_program = context.program(vertex_shader=SHADOW_VERTEX, fragment_shader=SHADOW_FRAGMENT)
        vertices = context.buffer(drawing.vertices.tobytes())
        indices = context.buffer(drawing.indices.tobytes())
        names = ("position", "normal", "colour", "body")
        self._array = context.vertex_array(self._program, [(vertices, "3f 3f 3f 1f", *names)], indices)
        shadow_layout = [(vertices, "3f 6x4 1f", "position", "body")]
        casting = context.buffer(drawing.casting.tobytes())
        self._shadow_array = context.vertex_array(self._shadow_program, shadow_layout, casting)
        self._bodies = context.buffer(reserve=48 * MAX_BODIES)
        self._bodies.bind_to_uniform_block(0)
        self._shadow_map = context.depth_texture((SHADOW_PX, SHADOW_PX))
        self._shadow_map.compare_func = "<="
        self._shadow_map.repeat_x = self._shadow_map.repeat_y = False
        self._shadow_target = context.framebuffer(depth_attachment=self._shadow_map)
        self._shadow_map.use(location=0)
        context.front_face = "cw"  # the pictures are drawn upside down, so that memory starts with their top row
        context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)

    def _light(self, lighting: Lighting) -> None:
        direction = np.asarray(lighting.lamp_direction, dtype=np.float64)
        direction /= np.linalg.norm(direction)
        from_base = shadow_from_base(direction)
        _set(self._shadow_program, "shadow_from_base", from_base.T)
        _set(self._program, "shadow_from_base", from_base.T)
        _set(self._program, "lamp_direction", direction)
        _set(self._program, "lamp", lighting.lamp * np.asarray(lighting.lamp_rgb))
        _set(self._program, "ambient", lighting.ambient * np.asarray(lighting.ambient_rgb))
        _set(self._program, "shadow_depth", np.array([lighting.shadow]))
        _set(self._program, "exposure", np.array([lighting.exposure]))

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


def _set(program: moderngl.Program, name: str, values: NDArray[np.float64]) -> None:
    _uniform(program, name).write(values.astype("f4").tobytes())


def _uniform(program: moderngl.Program, name: str) -> moderngl.Uniform:
    uniform = program[name]
    assert isinstance(uniform, moderngl.Uniform)
    return uniform


def projection(camera: CameraDescription) -> Matrix:
    """Clip space from the camera frame (x right, y down, z forward), first row of memory at the top."""
    depth = FAR_M - NEAR_M
    return np.array(
        [
            [2.0 * camera.focal_px / camera.width_px, 0.0, 0.0, 0.0],
            [0.0, 2.0 * camera.focal_px / camera.height_px, 0.0, 0.0],
            [0.0, 0.0, (FAR_M + NEAR_M) / depth, -2.0 * FAR_M * NEAR_M / depth],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )


def shadow_from_base(direction: NDArray[np.float64]) -> Matrix:
    """Orthographic view from the lamp, depth rising away from it."""
    across = np.cross([0.0, 1.0, 0.0] if abs(direction[1]) < 0.9 else [1.0, 0.0, 0.0], direction)
    across /= np.linalg.norm(across)
    rotation = np.array([across, np.cross(direction, across), -direction])
    result = np.eye(4)
    result[:3, :3] = rotation / np.array([[SHADOW_HALF_M], [SHADOW_HALF_M], [1.5]])
    result[:3, 3] = -result[:3, :3] @ np.asarray(SHADOW_CENTRE_M)
    return result
