"""The policy without grounding: the same eyes, words and head, but what the eyes tell the head is left to the head.

A soft attention over the cells (the mean place of a softmax, Levine et al.: End-to-end training of deep visuomotor
policies, 2016) takes the place of a peak that is believed in, so that the loss of the actions can reach the pictures.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from plugins.flow_vla.eyes import CELLS, LOOKS
from plugins.flow_vla.slots import ASKED, PLACES, TOTES

if TYPE_CHECKING:
    from plugins.flow_vla.condition import Grip
    from plugins.flow_vla.grounding import Grounding
    from runtime.messages.cell import Tote
    from runtime.picking.funnel import HandState

CAMERAS = ("overhead", "wrist")
SEEN = 5 + LOOKS
"""Numbers that attention takes from one picture."""

STATE = 16 + ASKED + len(PLACES) + len(TOTES)
SIZE = len(CAMERAS) * SEEN + STATE


def attended(grounding: Grounding, pictures: dict[str, Tensor], asked: Tensor, state: Tensor) -> Tensor:
    """Conditions f32[n, SIZE]. `pictures`: f32[n, 3, 128, 128] a camera; `asked`: f32[n, ASKED]; f32[n, STATE]."""
    return torch.cat((*(_attend(grounding, camera, pictures[camera], asked) for camera in CAMERAS), state), dim=1)


def _attend(grounding: Grounding, camera: str, pictures: Tensor, asked: Tensor) -> Tensor:
    seen = getattr(grounding, camera)(pictures)
    shares = grounding.heat(camera, seen, asked).softmax(dim=1)
    cells, absent = shares[:, :-1], shares[:, -1:]
    at = (torch.arange(CELLS).float() + 0.5) * (2.0 / CELLS) - 1.0
    rows, columns = torch.meshgrid(at, at, indexing="ij")
    places = torch.stack((columns.reshape(-1), rows.reshape(-1))) + seen["offset"].flatten(2) * (2.0 / CELLS)
    mean = torch.einsum("nk,ndk->nd", cells, places)
    height = (cells * seen["height"].flatten(1)).sum(dim=1, keepdim=True)
    looks = torch.einsum("nk,nck->nc", cells, seen["looks"].flatten(2))
    sharpest = cells.max(dim=1, keepdim=True).values
    return torch.cat((mean, height, absent, sharpest, looks), dim=1)


def state_of(
    hand: HandState, grip: Grip, tote: Tote, asked: NDArray[np.float32], place: NDArray[np.float32]
) -> NDArray[np.float32]:
    """f32[STATE]: what is measured and what was read."""
    dx, dy = tote.centre_in_base_m[0] - hand.x_m, tote.centre_in_base_m[1] - hand.y_m
    cosine, sine = math.cos(hand.yaw_rad), math.sin(hand.yaw_rad)
    numbers = [
        4.0 * (hand.x_m - 0.5), 4.0 * hand.y_m, 5.0 * hand.z_m, math.asinh(hand.z_m / 0.01), hand.yaw_rad, sine, cosine,
        2.0 * hand.vx_m_s, 2.0 * hand.vy_m_s, 4.0 * hand.vz_m_s, hand.turn_rad_s,
        grip.width_m / 0.04 - 1.0, grip.force_n / 15.0, 10.0 * grip.closing_m_s,
        5.0 * (cosine * dx + sine * dy), 5.0 * (cosine * dy - sine * dx),
    ]  # fmt: skip
    words = [1.0 if tote.name == word else 0.0 for word in TOTES]
    return np.concatenate((np.array(numbers, np.float32), asked, place, np.array(words, np.float32)))
