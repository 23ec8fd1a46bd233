"""A policy in a process of its own: what goes in, what comes out, and who ends it when it misbehaves."""

from runtime.system2.isolation.loader import WorkerLoader
from runtime.system2.isolation.worker import PolicyWorker, WorkerLimits

__all__ = ["PolicyWorker", "WorkerLimits", "WorkerLoader"]
