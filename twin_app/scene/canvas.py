"""The twin's picture: drawn by OpenGL beside the window and shown in it like any other picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL
from OpenGL.error import Error as GLFault
from pyqtgraph.opengl.GLViewWidget import GLViewMixin
from pyqtgraph.Vector import Vector
from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QHideEvent,
    QImage,
    QMatrix4x4,
    QMouseEvent,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtOpenGL import QOpenGLFramebufferObject
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

TURN_DEG = 270.0
"""How far a drag over the whole width turns the picture."""

LOWEST_DEG = 3.0
"""Elevation from which one still looks down on the table."""

LATER_MS = 12
"""From a change to the picture of it: half a frame of the console, so that it is drawn between two of its paintings."""


def missing_gl() -> str:
    """Why there can be no 3D view on this display, in words; empty when there can. Needs a QApplication."""
    platform = QGuiApplication.platformName()
    if platform in ("offscreen", "minimal"):
        return f"Qt's platform `{platform}` gives no OpenGL"
    if not QOpenGLContext().create():
        return "no OpenGL context could be made; install libgl1 and libgl1-mesa-dri"
    return ""


class Canvas(GLViewMixin, QWidget):
    """pyqtgraph's 3D view on a plain widget.

    A `QOpenGLWidget` in a window makes Qt put the whole window together by OpenGL, every pixel of it in every
    frame; where software draws, that costs more than the picture itself. So the picture is drawn into a buffer
    of its own, in an event of its own, and its pixels are painted. The context belongs to no window and stays
    when the panel moves to another one.
    """

    failed = Signal(str)
    opts: dict[str, Any]
    """pyqtgraph's numbers and vectors of the eye, by name."""

    _later: QTimer | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.program = Program()
        self.pictures = 0
        """Pictures drawn so far."""

        self._gl = QOpenGLContext(self)
        self._surface = QOffscreenSurface()
        self._buffer: QOpenGLFramebufferObject | None = None
        self._pixels: NDArray[np.uint8] = np.zeros((0, 0, 4), np.uint8)
        self._image = QImage()
        self._ready = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._draw_and_show)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCameraParams(fov=42)
        self._centre_m = (0.35, 0.0, 0.3)
        self._radius_m = 0.75
        self._table_z_m = 0.0
        self.look("Overview")

    def frame(self, *, centre_m: tuple[float, float, float], radius_m: float, table_z_m: float) -> None:
        """What the named views show: a ball around the cell; nobody looks from below its table."""
        self._centre_m, self._radius_m, self._table_z_m = centre_m, radius_m, table_z_m
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

    def orbit(self, azim: float, elev: float) -> None:
        """Turn about the centre, in degrees; by pyqtgraph's mouse, which takes a pixel for a degree, and its keys."""
        super().orbit(azim, elev)
        self._stay_above()

    def pan(self, dx: float, dy: float, dz: float, relative: str = "global") -> None:
        """Move the centre, by the mouse."""
        super().pan(dx, dy, dz, relative)
        self._stay_above()

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Drag turns; with Ctrl, or the middle button, it moves."""
        before: QPointF = getattr(self, "mousePos", ev.position())
        if ev.buttons() != Qt.MouseButton.LeftButton or ev.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().mouseMoveEvent(ev)
            return
        self.mousePos = ev.position()
        way = (self.mousePos - before) * (TURN_DEG / max(1, self.width()))
        self.orbit(-way.x(), way.y())

    def replace(self, items: list[TriangleItem | LineItem]) -> None:
        """Show these items and no others."""
        self.clear()
        if self._ready:
            self._gl.makeCurrent(self._surface)
        for item in items:
            self.addItem(item)
        if self._ready:
            self._gl.doneCurrent()

    def picture(self) -> QImage:
        """The picture as it is now, 32 bits a pixel."""
        self._draw()
        return self._image.copy()

    def context(self) -> QOpenGLContext:
        """For pyqtgraph: what draws."""
        return self._gl

    def isValid(self) -> bool:
        """For pyqtgraph: whether items can be uploaded."""
        return self._ready

    def update(self, *_region: object) -> None:
        """Draw anew when Qt next has time, the whole of it; while hidden nothing."""
        if self._later is not None and not self._later.isActive() and self.isVisible():
            self._later.start(LATER_MS)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the newest picture; draw one where there is none of this size."""
        if (self._image.width(), self._image.height()) != (self.deviceWidth(), self.deviceHeight()):
            self._draw()
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        """What happened while hidden was not drawn."""
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: what was to be drawn is drawn when it is shown again."""
        if self._later is not None:
            self._later.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size needs another picture."""
        self.update()

    def projectionMatrix(self, region: tuple[int, int, int, int], viewport: tuple[int, int, int, int]) -> QMatrix4x4:
        """pyqtgraph's, upside down, as OpenGL's first row of pixels is the lowest and a picture's the highest."""
        flip = QMatrix4x4()
        flip.scale(1.0, -1.0)
        return flip * super().projectionMatrix(region, viewport)

    def _stay_above(self) -> None:
        """Centre and eye above the table."""
        centre = self.opts["center"]
        self.opts["center"] = Vector(centre.x(), centre.y(), max(centre.z(), self._table_z_m))
        self.opts["elevation"] = max(self.opts["elevation"], LOWEST_DEG)
        self.update()

    def _draw_and_show(self) -> None:
        if self.isVisible():
            self._draw()
            super().update()

    def _draw(self) -> None:
        """A picture of what is now; `failed` says why there is none."""
        width, height = self.deviceWidth(), self.deviceHeight()
        if width < 1 or height < 1:
            return
        try:
            self._begin()
            self._resize(width, height)
            self._paint_into(width, height)
        except (RuntimeError, GLFault) as trouble:
            self.failed.emit(str(trouble).splitlines()[0])
        finally:
            self._gl.doneCurrent()

    def _begin(self) -> None:
        """Make the context current; the first time also build the program and every item's buffers in it."""
        if not self._gl.isValid():
            if not self._gl.create():
                raise RuntimeError("no OpenGL context could be made")
            self._surface.setFormat(self._gl.format())
            self._surface.create()
        if not self._gl.makeCurrent(self._surface):
            raise RuntimeError("OpenGL gives no surface to draw on")
        if not self._ready:
            self.initializeGL()
            self.program.build()
            for item in self.items:
                item.initialize()
            self._ready = True

    def _resize(self, width: int, height: int) -> None:
        if self._pixels.shape[:2] == (height, width):
            return
        depth_and_stencil = QOpenGLFramebufferObject.Attachment.CombinedDepthStencil
        self._buffer = QOpenGLFramebufferObject(width, height, depth_and_stencil)
        self._pixels = np.zeros((height, width, 4), np.uint8)

    def _paint_into(self, width: int, height: int) -> None:
        buffer = self._buffer
        if buffer is None or not buffer.bind():
            raise RuntimeError(f"OpenGL gives no buffer of {width} x {height} pixels")
        GL.glViewport(0, 0, width, height)
        GL.glFrontFace(GL.GL_CW)
        GL.glDisable(GL.GL_STENCIL_TEST)
        GL.glStencilMask(0xFF)
        GL.glClear(GL.GL_STENCIL_BUFFER_BIT)
        self.paintGL()
        order, kind = GL.GL_BGRA, QImage.Format.Format_RGB32
        if self._gl.isOpenGLES():
            order, kind = GL.GL_RGBA, QImage.Format.Format_RGBX8888
        GL.glReadPixels(0, 0, width, height, order, GL.GL_UNSIGNED_BYTE, array=self._pixels)
        buffer.release()
        self._image = QImage(self._pixels.data, width, height, 4 * width, kind)
        self._image.setDevicePixelRatio(self.devicePixelRatioF())
        self.pictures += 1
