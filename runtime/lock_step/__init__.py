"""The closed loop in simulated time: one process, the same stages as live, bit-identical for the same seed."""

from runtime.lock_step.loop import LockStepLoop, NoProcesses, Seams
from runtime.lock_step.trace import TraceHash

__all__ = ["LockStepLoop", "NoProcesses", "Seams", "TraceHash"]
