"""EGL for the cameras and OpenGL for the window, each tried in a child process: a broken driver may crash."""

from __future__ import annotations

import os
import subprocess
import sys

from twin_app.assembly.display import display_trouble
from twin_app.assembly.doctor_finding import Finding, good, limited, missing

PATIENCE_S = 30.0
SOFTWARE = ("llvmpipe", "softpipe", "swrast")
_TRY_EGL = """
import moderngl
context = moderngl.create_standalone_context(backend="egl")
print(context.info["GL_RENDERER"])
"""
_TRY_WINDOW_GL = """
import sys
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext
application = QGuiApplication([])
surface = QOffscreenSurface()
surface.create()
context = QOpenGLContext()
if not context.create() or not context.makeCurrent(surface):
    sys.exit("no OpenGL context")
print(context.functions().glGetString(0x1F01))
"""


def check_egl() -> Finding:
    """Headless rendering of the camera pictures."""
    renderer, trouble = _try(_TRY_EGL)
    if trouble:
        remedy = "install libegl1 and libgl1-mesa-dri; until then PyBullet's slower renderer draws the pictures"
        return limited("EGL (cameras)", trouble, remedy=remedy)
    return _judged("EGL (cameras)", renderer)


def check_display() -> Finding:
    """Whether there is a screen to open the console on."""
    trouble = display_trouble()
    if not trouble:
        names = [name for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM") if os.environ.get(name)]
        return good("display", ", ".join(f"{name}={os.environ[name]}" for name in names))
    remedy = "log in with a desktop or `ssh -X`; without one: `celltwin run --live --headless`, or under xvfb-run"
    return limited("display", f"no console window: {trouble}", remedy=remedy)


def check_window_gl() -> Finding:
    """OpenGL inside a window, for the 3D view; needs a display."""
    if display_trouble():
        return limited("OpenGL (3D view)", "cannot be tried without a display", remedy="see display")
    renderer, trouble = _try(_TRY_WINDOW_GL)
    if trouble:
        remedy = "install libgl1 and libgl1-mesa-dri; until then the 3D view shows a message, all else works"
        return missing("OpenGL (3D view)", trouble, remedy=remedy)
    return _judged("OpenGL (3D view)", renderer)


def _judged(subject: str, renderer: str) -> Finding:
    if any(name in renderer.lower() for name in SOFTWARE):
        return limited(subject, f"in software: {renderer}", remedy="works; a GPU with its driver draws faster")
    return good(subject, renderer)


def _try(program: str) -> tuple[str, str]:
    """What a small program printed, and its trouble (one of both is empty)."""
    try:
        tried = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {PATIENCE_S:.0f} s"
    if tried.returncode:
        lines = tried.stderr.strip().splitlines()
        return "", lines[-1][:160] if lines else f"ended with status {tried.returncode}"
    return tried.stdout.strip(), ""
