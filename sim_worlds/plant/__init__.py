"""The simulated arm and its cell behind the `Plant` port. Only `bullet_world` knows the physics engine."""

from sim_worlds.plant.mismatch import MISMATCH_LEVELS
from sim_worlds.plant.pybullet_plant import PyBulletPlant
from sim_worlds.plant.truth import Truth

__all__ = ["MISMATCH_LEVELS", "PyBulletPlant", "Truth"]
