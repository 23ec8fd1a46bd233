"""A drawing in the memory of an OpenGL context, ready to be drawn as pictures, as shadows and as identities."""

from __future__ import annotations

import moderngl

from sim_worlds.cameras.drawing import Drawing
from sim_worlds.cameras.egl_programs import Programs, lay_patterns, uniform
from sim_worlds.cameras.pieces import pieces_of


class LoadedDrawing:
    """Belongs to the thread of its context; `release` frees it."""

    def __init__(self, context: moderngl.Context, drawing: Drawing, *, programs: Programs) -> None:
        patterned = bool(drawing.patterns)
        self.drawing = drawing
        self.pieces = pieces_of(drawing)
        self.program = programs.pictures(patterned=patterned)
        self.clip_from_base = uniform(self.program, "clip_from_base")
        self._context, self._programs = context, programs
        self._vertices = context.buffer(drawing.vertices.tobytes())
        self._indices = context.buffer(drawing.indices.tobytes())
        names = ("position", "normal", "colour", "body")
        content: list[tuple[moderngl.Buffer, str, *tuple[str, ...]]] = [(self._vertices, "3f 3f 3f 1f", *names)]
        self._made: list[moderngl.Buffer | moderngl.VertexArray] = [self._vertices, self._indices]
        if patterned:
            lay_patterns(self.program, drawing.patterns)
            surfaces = context.buffer(drawing.surfaces.tobytes())
            content.append((surfaces, "1f", "surface"))
            self._made.append(surfaces)
        self.array = context.vertex_array(self.program, content, self._indices)
        casting = context.buffer(drawing.casting.tobytes())
        self.shadow_array = context.vertex_array(programs.shadows, [self._layout()], casting)
        self._made += [self.array, casting, self.shadow_array]
        self._identity_array: moderngl.VertexArray | None = None

    @property
    def identity_array(self) -> moderngl.VertexArray:
        """For the program of identities."""
        if self._identity_array is None:
            program = self._programs.identities
            self._identity_array = self._context.vertex_array(program, [self._layout()], self._indices)
            self._made.append(self._identity_array)
        return self._identity_array

    def release(self) -> None:
        """Free the memory."""
        for thing in reversed(self._made):
            thing.release()

    def _layout(self) -> tuple[moderngl.Buffer, str, str, str]:
        return (self._vertices, "3f 6x4 1f", "position", "body")
