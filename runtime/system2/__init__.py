"""System 2: from pictures and joint state to action chunks, with policies that can be swapped while they drive."""

from runtime.system2.loading import PolicyLoader, SynchronousLoader, ThreadedLoader
from runtime.system2.observations import ObservationBuilder
from runtime.system2.planner import PlannerOutput, PlannerStage
from runtime.system2.policy_bay import Loaders

__all__ = [
    "Loaders",
    "ObservationBuilder",
    "PlannerOutput",
    "PlannerStage",
    "PolicyLoader",
    "SynchronousLoader",
    "ThreadedLoader",
]
