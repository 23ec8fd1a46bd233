"""A cell as it really is, beside its drawing: what plant, cameras and judge get, and what the runtime knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Vector3
from sim_worlds.scenes import Scene
from sim_worlds.variation.flaws import PictureFlaws
from sim_worlds.variation.foreign_objects import Clutter
from sim_worlds.variation.look import Look
from sim_worlds.variation.wish import Variation


@dataclass(frozen=True, slots=True)
class CameraShift:
    """How far a camera was moved from where the drawing has it, in its own frame."""

    rotation_rad: Vector3
    """As a rotation vector."""

    offset_m: Vector3


@dataclass(frozen=True, slots=True)
class VariedScene:
    """One cell with its variations. Without any it is exactly the scene."""

    scene: Scene
    """True part sizes and true light."""

    nominal: CellDescription
    """The drawing: all that runtime and policies are told."""

    look: Look = field(default_factory=Look)
    shifts: Mapping[str, CameraShift] = field(default_factory=dict[str, CameraShift])
    """By camera."""

    clutter: Clutter = field(default_factory=Clutter)
    flaws: Mapping[str, PictureFlaws] = field(default_factory=dict[str, PictureFlaws])
    """By camera."""

    variations: tuple[Variation, ...] = ()
    drawn: Mapping[str, float] = field(default_factory=dict[str, float])
    """What was drawn, for a record: variation.parameter or variation.whose.parameter → value."""
