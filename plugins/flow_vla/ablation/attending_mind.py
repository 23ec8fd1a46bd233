"""One task through attention alone: nothing is believed, remembered or declined."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from plugins.flow_vla.ablation.attending import CAMERAS, attended, state_of
from plugins.flow_vla.belief import Belief, Place
from plugins.flow_vla.condition import Grip
from plugins.flow_vla.mind import Thought
from plugins.flow_vla.ready import Ready
from plugins.flow_vla.sight import Sight
from plugins.flow_vla.slots import PLACES, one_hot
from runtime.messages.cell import CellDescription
from runtime.picking.funnel import HandState
from runtime.ports import Observation


class NoBelief(Belief):
    """A target that is nowhere; the head alone says when the task is done."""

    def in_tote(self) -> bool:
        """Always: nothing speaks against it."""
        return True


class AttendingMind:
    """Stands where `Mind` stands."""

    def __init__(self, cell: CellDescription, model: Ready, instruction: str) -> None:
        self.reading = model.reader.read(instruction)
        self._tote = next((tote for tote in cell.totes if tote.name == self.reading.tote), cell.totes[0])
        assert model.grounding is not None
        self._grounding = model.grounding
        self._sight = Sight(model.engine, cell)
        self._width_m = float("nan")
        self.final = False
        self.refusal = self.unsure = self.plain_words = ""
        self.unseen_s = 0.0
        self.target = self.reading.shape or "part"
        self.belief = NoBelief(cell, self._tote)
        self.belief.target = Place(0.0, 0.0, -1.0, 0.0, 0)

    def think(self, observation: Observation, hand: HandState) -> Thought:
        """See `Mind.think`."""
        looks = {
            camera: self._sight.look(camera, view, self.reading.asked, None)
            for camera, view in observation.views.items()
        }
        asked, state = self.words_and_state(observation, hand)
        with torch.inference_mode():
            pictures = {camera: picture_of(observation.views[camera].picture.image)[None] for camera in CAMERAS}
            condition = attended(
                self._grounding, pictures, torch.from_numpy(asked)[None], torch.from_numpy(state)[None]
            )
        return Thought(looks, condition[0].numpy())

    def words_and_state(
        self, observation: Observation, hand: HandState
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What the head is told besides the pictures; once for each observation, in the order of time."""
        width_m = observation.gripper_width_m
        last_m, self._width_m = self._width_m, width_m
        closing = 0.0 if last_m != last_m else (width_m - last_m) / 0.1
        grip = Grip(width_m, observation.gripper_force_n, closing, 0.0)
        place = one_hot(self.reading.place, PLACES)
        return self.reading.asked, state_of(hand, grip, self._tote, self.reading.asked, place)


def picture_of(image: NDArray[np.uint8]) -> torch.Tensor:
    """f32[3, 128, 128] within 0…1."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255.0
