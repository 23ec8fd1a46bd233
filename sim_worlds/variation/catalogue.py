"""Every variation there is, in the order in which they are applied."""

from __future__ import annotations

from sim_worlds.variation.camera import CAMERA
from sim_worlds.variation.clutter import CLUTTER
from sim_worlds.variation.light import LIGHT
from sim_worlds.variation.noise import NOISE
from sim_worlds.variation.occlusion import OCCLUSION
from sim_worlds.variation.parameters import VariationKind
from sim_worlds.variation.size import SIZE
from sim_worlds.variation.texture import TEXTURE

CATALOGUE: tuple[VariationKind, ...] = (LIGHT, TEXTURE, CAMERA, SIZE, CLUTTER, NOISE, OCCLUSION)
