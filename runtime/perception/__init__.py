"""From pictures to parts in the base frame: colour, outline, projection. OpenCV only, nothing learned."""

from runtime.perception.part_finder import PartFinder, Sighting, find_parts, shared_finder
from runtime.perception.projection import ViewGeometry

__all__ = ["PartFinder", "Sighting", "ViewGeometry", "find_parts", "shared_finder"]
