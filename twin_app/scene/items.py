"""What pyqtgraph's view draws for us: batches of triangles and of lines that move by matrices, not by uploads."""

from __future__ import annotations

from ctypes import c_void_p

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL
from pyqtgraph.opengl.GLGraphicsItem import GLGraphicsItem

from twin_app.scene.kinematics import Matrix
from twin_app.scene.model import COLUMNS, Model
from twin_app.scene.program import ATTRIBUTES, ROW_BYTES, Program
from twin_app.scene.shaders import MAX_BODIES

LAMP = (0.10, 0.53, 0.84)
"""Towards the lamp that throws the shadows; the first one in the shader."""

SHADOW_RGBA = (0.0, 0.0, 0.0, 0.34)
_IDENTITY = np.eye(4, dtype=np.float32)
_NO_TINT = np.zeros((1, 4), dtype=np.float32)


class TriangleItem(GLGraphicsItem):
    """A model whose bodies stand at matrices. Vertices are uploaded once; a move costs one uniform array."""

    def __init__(self, program: Program, model: Model, *, depth: int, alpha: float = 1.0) -> None:
        super().__init__()
        self.setDepthValue(depth)
        self._program = program
        self._model = model
        self._alpha = alpha
        self._tint = _NO_TINT
        bodies = int(model.rows[:, 10].max()) + 1 if len(model.rows) else 1
        if bodies > MAX_BODIES:
            raise ValueError(f"{bodies} bodies in one model, at most {MAX_BODIES}")
        self._rows = np.zeros((3 * bodies, 4), dtype=np.float32)
        self.place(np.tile(np.eye(4), (bodies, 1, 1)))
        self._shadow_plane_m: float | None = None
        self._receives_shadows = False
        self._buffers: tuple[int, int] | None = None

    def place(self, base_from_body: Matrix) -> None:
        """Move the bodies: [bodies, 4, 4]; zeros hide one."""
        count = len(self._rows) // 3
        self._rows = np.ascontiguousarray(base_from_body[:count, :3, :].reshape(-1, 4), dtype=np.float32)
        self.update()

    def tint(self, colour_rgb: tuple[float, float, float], *, share: float) -> None:
        """Mix every colour with this one; share 0 leaves them alone."""
        self._tint = np.array([[*colour_rgb, share]], dtype=np.float32)
        self.update()

    def cast_shadow(self, plane_z_m: float) -> None:
        """Also draw the model's shadow on a level plane."""
        self._shadow_plane_m = plane_z_m

    def receive_shadows(self) -> None:
        """Let later models throw their shadows where this one is seen."""
        self._receives_shadows = True

    def initializeGL(self) -> None:
        """Upload the vertices to the context that is current."""
        vertices, triangles = (int(name) for name in GL.glGenBuffers(2))
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, vertices)
        GL.glBufferData(GL.GL_ARRAY_BUFFER, self._coloured_rows(), GL.GL_STATIC_DRAW)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, 0)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, triangles)
        GL.glBufferData(GL.GL_ELEMENT_ARRAY_BUFFER, self._model.triangles, GL.GL_STATIC_DRAW)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, 0)
        self._buffers = (vertices, triangles)

    def paint(self) -> None:
        """Draw the shadow, then the model; called by the view with its context current."""
        if self._buffers is None or not len(self._model.triangles):
            return
        _bind(self._program, self, self._buffers)
        self._program.vectors("u_rows", self._rows)
        GL.glEnable(GL.GL_DEPTH_TEST)
        if self._shadow_plane_m is not None:
            self._paint_shadow(self._shadow_plane_m)
        GL.glEnable(GL.GL_CULL_FACE)
        self._program.matrix("u_flatten", _IDENTITY)
        self._program.vectors("u_tint", self._tint)
        if self._alpha < 1.0:
            self._paint_translucent()
        else:
            self._paint_opaque()
        GL.glDisable(GL.GL_CULL_FACE)
        _unbind()

    def _paint_opaque(self) -> None:
        GL.glDisable(GL.GL_BLEND)
        if self._receives_shadows:
            GL.glEnable(GL.GL_STENCIL_TEST)
            GL.glStencilFunc(GL.GL_ALWAYS, 1, 0xFF)
            GL.glStencilOp(GL.GL_KEEP, GL.GL_KEEP, GL.GL_REPLACE)
        self._draw()
        GL.glDisable(GL.GL_STENCIL_TEST)

    def _paint_translucent(self) -> None:
        """Depth first, then colour where the depth is the nearest: one layer, however many faces overlap."""
        GL.glColorMask(False, False, False, False)
        self._draw()
        GL.glColorMask(True, True, True, True)
        GL.glEnable(GL.GL_BLEND)
        _blend_opaquely()
        GL.glDepthFunc(GL.GL_EQUAL)
        self._draw()
        GL.glDepthFunc(GL.GL_LESS)
        GL.glDisable(GL.GL_BLEND)

    def _paint_shadow(self, plane_z_m: float) -> None:
        """Flattened onto the plane along the lamp; the stencil keeps overlapping faces from darkening twice."""
        x, y, z = LAMP
        flatten = np.eye(4, dtype=np.float32)
        flatten[:3, 2] = (-x / z, -y / z, 0.0)
        flatten[:3, 3] = (plane_z_m * x / z, plane_z_m * y / z, plane_z_m)
        self._program.matrix("u_flatten", flatten)
        self._program.vectors("u_tint", np.array([[*SHADOW_RGBA[:3], 1.0]], dtype=np.float32))
        GL.glEnable(GL.GL_STENCIL_TEST)
        GL.glStencilFunc(GL.GL_EQUAL, 1, 0xFF)
        GL.glStencilOp(GL.GL_KEEP, GL.GL_KEEP, GL.GL_INCR)
        GL.glEnable(GL.GL_BLEND)
        GL.glBlendColor(0.0, 0.0, 0.0, SHADOW_RGBA[3])
        GL.glBlendFuncSeparate(GL.GL_CONSTANT_ALPHA, GL.GL_ONE_MINUS_CONSTANT_ALPHA, GL.GL_ZERO, GL.GL_ONE)
        GL.glDepthMask(False)
        self._draw()
        GL.glDepthMask(True)
        GL.glDisable(GL.GL_BLEND)
        GL.glDisable(GL.GL_STENCIL_TEST)

    def _draw(self) -> None:
        GL.glDrawElements(GL.GL_TRIANGLES, self._model.triangles.size, GL.GL_UNSIGNED_INT, None)

    def _coloured_rows(self) -> NDArray[np.float32]:
        if self._alpha >= 1.0:
            return self._model.rows
        rows = self._model.rows.copy()
        rows[:, 9] = self._alpha
        return rows


class LineItem(GLGraphicsItem):
    """Segments in one colour; uploaded when they change."""

    def __init__(self, program: Program, *, depth: int) -> None:
        super().__init__()
        self.setDepthValue(depth)
        self._program = program
        self._rgba = (0.5, 0.5, 0.5, 1.0)
        self._segments = np.zeros((0, 3), dtype=np.float32)
        self._dirty = True
        self._buffer: int | None = None
        self._rows = np.ascontiguousarray(np.eye(4)[:3], dtype=np.float32)

    def show_segments(self, segments: NDArray[np.float32]) -> None:
        """[2 n, 3] points in pairs, base frame."""
        self._segments = segments
        self._dirty = True
        self.update()

    def paint_with(self, rgba: tuple[float, float, float, float]) -> None:
        """Colour and opacity."""
        self._rgba = rgba
        self._dirty = True
        self.update()

    def initializeGL(self) -> None:
        """Make the buffer in the context that is current."""
        self._buffer = int(GL.glGenBuffers(1))
        self._dirty = True

    def paint(self) -> None:
        """Draw; called by the view with its context current."""
        if self._buffer is None or not len(self._segments):
            return
        if self._dirty:
            self._upload()
        _bind(self._program, self, (self._buffer, 0))
        self._program.vectors("u_rows", self._rows)
        self._program.matrix("u_flatten", _IDENTITY)
        self._program.vectors("u_tint", np.array([[*self._rgba[:3], 1.0]], dtype=np.float32))
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glEnable(GL.GL_BLEND)
        _blend_opaquely()
        GL.glDrawArrays(GL.GL_LINES, 0, len(self._segments))
        GL.glDisable(GL.GL_BLEND)
        _unbind()

    def _upload(self) -> None:
        rows = np.zeros((len(self._segments), COLUMNS), dtype=np.float32)
        rows[:, 0:3] = self._segments
        rows[:, 5] = 1.0
        rows[:, 6:10] = self._rgba
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._buffer)
        GL.glBufferData(GL.GL_ARRAY_BUFFER, rows, GL.GL_DYNAMIC_DRAW)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, 0)
        self._dirty = False


def _blend_opaquely() -> None:
    """Mix colours but keep the picture's own alpha at 1: the window system would blend it once more."""
    GL.glBlendFuncSeparate(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ZERO, GL.GL_ONE)


def _bind(program: Program, item: GLGraphicsItem, buffers: tuple[int, int]) -> None:
    GL.glUseProgram(program.handle)
    GL.glBindBuffer(GL.GL_ARRAY_BUFFER, buffers[0])
    GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, buffers[1])
    for index, (_, size, offset) in enumerate(ATTRIBUTES):
        GL.glVertexAttribPointer(index, size, GL.GL_FLOAT, False, ROW_BYTES, c_void_p(offset))
        GL.glEnableVertexAttribArray(index)
    program.matrix("u_mvp", np.array(item.mvpMatrix().copyDataTo(), dtype=np.float32).reshape(4, 4))
    inverse, _ = item.modelViewMatrix().inverted()
    eye = inverse.column(3)
    program.point("u_eye", np.array([eye.x(), eye.y(), eye.z()], dtype=np.float32))


def _unbind() -> None:
    for index in range(len(ATTRIBUTES)):
        GL.glDisableVertexAttribArray(index)
    GL.glBindBuffer(GL.GL_ARRAY_BUFFER, 0)
    GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, 0)
    GL.glUseProgram(0)
