"""System 1: executes action chunks at 1 kHz, by time, jerk-limited, and stops when it must."""

from runtime.system1.controllers import ComputedTorque, JointImpedance
from runtime.system1.stage import ControlStage
from runtime.system1.timing import LoopTiming

__all__ = ["ComputedTorque", "ControlStage", "JointImpedance", "LoopTiming"]
