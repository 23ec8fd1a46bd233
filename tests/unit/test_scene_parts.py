"""Where the twin draws the parts that a belief names, hides or loses."""

from __future__ import annotations

import numpy as np

from runtime.messages.camera import Detection, SceneBelief
from runtime.messages.cell import PartKind
from runtime.messages.geometry import Pose
from twin_app.scene.parts import PartMemory

RED = PartKind("red cube", "red", "cube", (0.8, 0.1, 0.1), (0.04, 0.04, 0.04), 0.05)
BLUE = PartKind("blue cylinder", "blue", "cylinder", (0.1, 0.1, 0.8), (0.04, 0.04, 0.06), 0.05)


def seen(*names: str, occluded: bool = False) -> SceneBelief:
    detections = tuple(
        Detection(name, Pose((0.5, 0.1, kind.size_m[2])), (64.0, 64.0), 80.0, 1.0, "tray")
        for kind in (RED, BLUE)
        for name in names
        if name == kind.name
    )
    return SceneBelief(0, detections, occluded)


def drawn(memory: PartMemory, *, hidden: bool) -> list[bool]:
    return [bool(frame.any()) for frame in memory.frames(hidden=hidden)]


def test_a_part_stands_on_its_surface_because_a_detection_names_its_top() -> None:
    memory = PartMemory((RED, BLUE))
    memory.follow(seen("red cube", "blue cylinder"))
    heights = memory.frames(hidden=False)[:, 2, 3]
    assert np.allclose(heights, (0.02, 0.03))


def test_a_part_that_the_arm_covers_stays_as_hidden() -> None:
    memory = PartMemory((RED, BLUE))
    memory.follow(seen("red cube", "blue cylinder"))
    memory.follow(seen("blue cylinder", occluded=True))
    assert drawn(memory, hidden=False) == [False, True]
    assert drawn(memory, hidden=True) == [True, False]
    memory.follow(seen("blue cylinder", occluded=True))
    assert drawn(memory, hidden=True) == [True, False]


def test_a_part_that_is_gone_in_a_clear_picture_goes() -> None:
    memory = PartMemory((RED, BLUE))
    memory.follow(seen("red cube", "blue cylinder"))
    memory.follow(seen("blue cylinder"))
    assert drawn(memory, hidden=False) == [False, True]
    assert drawn(memory, hidden=True) == [False, False]
    assert memory.place_of("red cube") is None


def test_a_part_outside_the_catalogue_is_not_drawn() -> None:
    memory = PartMemory((RED,))
    memory.follow(seen("blue cylinder"))
    assert drawn(memory, hidden=False) == [False]
