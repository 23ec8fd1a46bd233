"""How the plant differs from the nominal model that the runtime knows: a named level, drawn from the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim_worlds.tables import SceneError

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MismatchLevel:
    """Spread of every difference; relative values are uniform within ± the number."""

    link_mass: float
    centre_m: float
    rotor_inertia: float
    friction: float
    part_mass: float
    contact_friction: float
    delay_ticks: int
    """Transport delay of a command, exact."""

    noise: float
    """Factor on the sensors' noise."""


MISMATCH_LEVELS: dict[str, MismatchLevel] = {
    "none": MismatchLevel(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0),
    "low": MismatchLevel(0.03, 0.002, 0.05, 0.15, 0.05, 0.05, 1, 1.0),
    "high": MismatchLevel(0.08, 0.005, 0.15, 0.40, 0.15, 0.15, 3, 2.5),
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One draw. Factors are 1 for a part of the plant that equals the nominal model."""

    level: str
    link_mass: Vector
    centre_shift_m: NDArray[np.float64]
    """float64[joints, 3]"""

    rotor_inertia: Vector
    coulomb: Vector
    viscous: Vector
    part_mass: Vector
    contact_friction: float
    delay_ticks: int
    noise: float

    def record(self) -> dict[str, float | list[float]]:
        """For the recording: name with unit → value or list, one entry a joint or part."""
        return {
            "link_mass_factor": self.link_mass.tolist(),
            "centre_of_mass_shift_m": self.centre_shift_m.ravel().tolist(),
            "rotor_inertia_factor": self.rotor_inertia.tolist(),
            "coulomb_friction_factor": self.coulomb.tolist(),
            "viscous_friction_factor": self.viscous.tolist(),
            "part_mass_factor": self.part_mass.tolist(),
            "contact_friction_factor": self.contact_friction,
            "delay_ticks": float(self.delay_ticks),
            "noise_factor": self.noise,
        }


def draw_mismatch(level: str, *, seed: int, joints: int, parts: int) -> Mismatch:
    """The plant's own values for this seed. Raises `SceneError` for an unknown level."""
    if level not in MISMATCH_LEVELS:
        known = ", ".join(MISMATCH_LEVELS)
        raise SceneError(file="plant", key="mismatch", value=level, limit=f"must be one of {known}")
    spread = MISMATCH_LEVELS[level]
    random = np.random.default_rng((0x51ED270B, seed & 0xFFFFFFFF))

    def factor(width: float, count: int) -> Vector:
        return 1.0 + width * random.uniform(-1.0, 1.0, count)

    return Mismatch(
        level=level,
        link_mass=factor(spread.link_mass, joints),
        centre_shift_m=spread.centre_m * random.uniform(-1.0, 1.0, (joints, 3)),
        rotor_inertia=factor(spread.rotor_inertia, joints),
        coulomb=factor(spread.friction, joints),
        viscous=factor(spread.friction, joints),
        part_mass=factor(spread.part_mass, parts),
        contact_friction=float(factor(spread.contact_friction, 1)[0]),
        delay_ticks=spread.delay_ticks,
        noise=spread.noise,
    )
