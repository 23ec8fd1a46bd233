"""The twin's one shader program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL
from OpenGL.GL import shaders
from PySide6.QtGui import QOpenGLContext

from twin_app.scene.shaders import FRAGMENT, VERTEX

ATTRIBUTES: tuple[tuple[str, int, int], ...] = (
    ("a_position", 3, 0),
    ("a_normal", 3, 12),
    ("a_colour", 4, 24),
    ("a_body", 1, 40),
)
"""Name, floats, offset in bytes within a row."""

ROW_BYTES = 44


class Program:
    """Compiled shaders and where their inputs are. Every method needs the current context."""

    def __init__(self) -> None:
        self.handle = 0
        self._uniforms: dict[str, int] = {}

    def build(self) -> None:
        """Compile and link; raises `OpenGL.GL.shaders.ShaderCompilationError` with the driver's words."""
        context = QOpenGLContext.currentContext()
        as_es = context is not None and (context.isOpenGLES() or context.hasExtension(b"GL_ARB_ES2_compatibility"))
        header = "#version 100\nprecision highp float;\n" if as_es else "#version 120\n"
        vertex = shaders.compileShader(header + VERTEX, GL.GL_VERTEX_SHADER)
        fragment = shaders.compileShader(header + FRAGMENT, GL.GL_FRAGMENT_SHADER)
        self.handle = int(shaders.compileProgram(vertex, fragment, validate=False))
        for index, (name, _, _) in enumerate(ATTRIBUTES):
            GL.glBindAttribLocation(self.handle, index, name)
        GL.glLinkProgram(self.handle)
        names = ("u_mvp", "u_flatten", "u_rows", "u_tint", "u_eye")
        self._uniforms = {name: int(GL.glGetUniformLocation(self.handle, name)) for name in names}

    def matrix(self, name: str, values: NDArray[np.float32]) -> None:
        """A [4, 4] uniform, written row by row."""
        GL.glUniformMatrix4fv(self._uniforms[name], 1, True, values)

    def vectors(self, name: str, values: NDArray[np.float32]) -> None:
        """A [k, 4] uniform array."""
        GL.glUniform4fv(self._uniforms[name], len(values), values)

    def point(self, name: str, values: NDArray[np.float32]) -> None:
        """A [3] uniform."""
        GL.glUniform3f(self._uniforms[name], *(float(value) for value in values))
