"""The OpenGL widget of the twin, and the question whether there is one at all."""

from __future__ import annotations

from OpenGL import GL
from OpenGL.error import Error as GLFault
from pyqtgraph.opengl import GLViewWidget
from pyqtgraph.Vector import Vector
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QOpenGLContext
from PySide6.QtWidgets import QWidget

from twin_app.scene.items import LineItem, TriangleItem
from twin_app.scene.program import Program

VIEWS: dict[str, tuple[float, float, float]] = {
    "Overview": (3.7, 24.0, 38.0),
    "Front": (3.4, 12.0, 0.0),
    "Side": (3.4, 8.0, 90.0),
    "Top": (3.1, 90.0, 180.0),
}
"""Name → distance in radii of the cell, elevation and azimuth in degrees.

Front looks from beyond the tray towards the robot, Top has the robot at the lower edge.
"""


def missing_gl() -> str:
    """Why there can be no 3D view on this display, in words; empty when there can. Needs a QApplication."""
    platform = QGuiApplication.platformName()
    if platform in ("offscreen", "minimal"):
        return f"Qt's platform `{platform}` draws no OpenGL widgets"
    if not QOpenGLContext().create():
        return "no OpenGL context could be made; install libgl1 and libgl1-mesa-dri"
    return ""


class Canvas(GLViewWidget):
    """A view that survives being moved to another window, where Qt gives it a new context."""

    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.program = Program()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCameraParams(fov=42)
        self._centre_m = (0.35, 0.0, 0.3)
        self._radius_m = 0.75
        self.look("Overview")

    def frame(self, *, centre_m: tuple[float, float, float], radius_m: float) -> None:
        """What the named views show: a ball around the cell."""
        self._centre_m, self._radius_m = centre_m, radius_m
        self.look("Overview")

    def look(self, view: str) -> None:
        """Look from one of `VIEWS`."""
        radii, elevation_deg, azimuth_deg = VIEWS[view]
        self.setCameraPosition(
            pos=Vector(*self._centre_m),
            distance=radii * self._radius_m,
            elevation=elevation_deg,
            azimuth=azimuth_deg,
        )

    def initializeGL(self) -> None:
        """Build the program and every item's buffers in the new context; `failed` says why it could not."""
        try:
            super().initializeGL()
            self.program.build()
            for item in self.items:
                item.initialize()
        except (RuntimeError, GLFault) as trouble:
            self.failed.emit(str(trouble).splitlines()[0])

    def paintGL(self) -> None:
        """Draw everything; the stencil is ours alone."""
        GL.glDisable(GL.GL_STENCIL_TEST)
        GL.glStencilMask(0xFF)
        GL.glClear(GL.GL_STENCIL_BUFFER_BIT)
        super().paintGL()

    def replace(self, items: list[TriangleItem | LineItem]) -> None:
        """Show these items and no others."""
        self.clear()
        if self.isValid():
            self.makeCurrent()
        for item in items:
            self.addItem(item)
        if self.isValid():
            self.doneCurrent()
