"""The 3D twin: the cell as the console knows it, drawn so that a person reads depth."""

from twin_app.scene.state import TwinState
from twin_app.scene.view import TwinView

__all__ = ["TwinState", "TwinView"]
