"""The faults that can be injected, each at its own seam; confirmed elsewhere, by what they measurably do."""

from sim_worlds.faults.camera_faults import CameraFaults
from sim_worlds.faults.catalogue import CATALOGUE, fault_kind
from sim_worlds.faults.loop_faults import LoopFaults
from sim_worlds.faults.network_faults import NetworkFaults
from sim_worlds.faults.plant_faults import PlantFaults
from sim_worlds.faults.policy_faults import PolicyFaults

__all__ = [
    "CATALOGUE",
    "CameraFaults",
    "LoopFaults",
    "NetworkFaults",
    "PlantFaults",
    "PolicyFaults",
    "fault_kind",
]
