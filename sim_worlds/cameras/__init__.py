"""Overhead and wrist cameras of a simulated cell, drawn from the poses of its bodies."""

from sim_worlds.cameras.lighting import Lighting, lighting_of
from sim_worlds.cameras.meshes import describe_meshes, mesh_folder
from sim_worlds.cameras.rig import CameraRig

__all__ = ["CameraRig", "Lighting", "describe_meshes", "lighting_of", "mesh_folder"]
