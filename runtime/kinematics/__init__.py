"""Kinematics and rigid-body dynamics of an arm, from its description alone."""

from runtime.kinematics.arm import Arm
from runtime.kinematics.inverse import InverseSolver

__all__ = ["Arm", "InverseSolver"]
