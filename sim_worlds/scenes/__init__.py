"""Work cells as files: tray, conveyor, tray_iiwa, and whatever a person writes beside them."""

from sim_worlds.scenes.loading import load_scene, scene_names
from sim_worlds.scenes.placement import PlacedPart
from sim_worlds.scenes.scene import Scene
from sim_worlds.tables import SceneError

__all__ = ["PlacedPart", "Scene", "SceneError", "load_scene", "scene_names"]
