"""The cameras' shaders in one OpenGL context, each compiled when it is first needed, and their uniforms."""

from __future__ import annotations

from collections.abc import Sequence

import moderngl
import numpy as np
from numpy.typing import NDArray

from sim_worlds.cameras.drawing import linear
from sim_worlds.cameras.lighting import Lighting
from sim_worlds.cameras.shaders import (
    FRAGMENT,
    IDENTITY_FRAGMENT,
    IDENTITY_VERTEX,
    SHADOW_FRAGMENT,
    SHADOW_VERTEX,
    SURFACES,
    VERTEX,
    source,
)
from sim_worlds.cameras.view_matrices import shadow_from_base
from sim_worlds.variation.look import Pattern


class Programs:
    """Belongs to the thread of its context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._pictures: dict[bool, moderngl.Program] = {}
        self._identities: moderngl.Program | None = None
        self.shadows = context.program(vertex_shader=source(SHADOW_VERTEX), fragment_shader=source(SHADOW_FRAGMENT))

    def pictures(self, *, patterned: bool) -> moderngl.Program:
        """What draws a picture; patterns cost a little, so that plain surfaces have a program without them."""
        if patterned not in self._pictures:
            vertex, fragment = source(VERTEX, patterned=patterned), source(FRAGMENT, patterned=patterned)
            self._pictures[patterned] = self._context.program(vertex_shader=vertex, fragment_shader=fragment)
        return self._pictures[patterned]

    @property
    def identities(self) -> moderngl.Program:
        """What draws which body a pixel shows."""
        if self._identities is None:
            self._identities = self._context.program(
                vertex_shader=source(IDENTITY_VERTEX), fragment_shader=source(IDENTITY_FRAGMENT)
            )
        return self._identities

    def light(self, pictures: moderngl.Program, lighting: Lighting) -> None:
        """Set lamp, shadows and exposure of this program for pictures."""
        direction = np.asarray(lighting.lamp_direction, dtype=np.float64)
        direction /= np.linalg.norm(direction)
        from_base = shadow_from_base(direction)
        write(self.shadows, "shadow_from_base", from_base.T)
        write(pictures, "shadow_from_base", from_base.T)
        write(pictures, "lamp_direction", direction)
        write(pictures, "lamp", lighting.lamp * np.asarray(lighting.lamp_rgb))
        write(pictures, "ambient", lighting.ambient * np.asarray(lighting.ambient_rgb))
        write(pictures, "shadow_depth", np.array([lighting.shadow]))
        write(pictures, "exposure", np.array([lighting.exposure]))


def lay_patterns(program: moderngl.Program, patterns: Sequence[Pattern | None]) -> None:
    """Set the patterns of the surfaces, by number, of a program that has them."""
    shape, colour = np.zeros((SURFACES, 4)), np.zeros((SURFACES, 4))
    for number, pattern in enumerate(patterns):
        if pattern is not None:
            frequency = 1.0 / pattern.period_m
            shape[number] = pattern.kind, frequency, pattern.share, pattern.offset_m * frequency
            colour[number, :3], colour[number, 3] = linear(pattern.colour_rgb), pattern.angle_rad
    write(program, "pattern_shape", shape)
    write(program, "pattern_colour", colour)


def write(program: moderngl.Program, name: str, values: NDArray[np.float64]) -> None:
    """Set a uniform."""
    uniform(program, name).write(values.astype("f4").tobytes())


def uniform(program: moderngl.Program, name: str) -> moderngl.Uniform:
    """A uniform by name."""
    found = program[name]
    assert isinstance(found, moderngl.Uniform)
    return found
