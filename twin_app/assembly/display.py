"""Whether a window can be opened here: asked of the window system itself, as Qt aborts the process where it cannot."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

_PATIENCE_S = 3.0
_X_PORT = 6000
_LOCAL = Path("/tmp/.X11-unix")
_DISPLAY = re.compile(r"(?P<host>.*):(?P<number>\d+)(\.\d+)?")


def display_trouble(environment: Mapping[str, str] | None = None) -> str:
    """Why no window can be opened, in words; empty where one can."""
    here = os.environ if environment is None else environment
    if here.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal", "vnc"):
        return ""
    wayland, display = here.get("WAYLAND_DISPLAY", ""), here.get("DISPLAY", "")
    if not (wayland or display):
        return "DISPLAY is not set"
    troubles = [
        _wayland_trouble(wayland, here.get("XDG_RUNTIME_DIR", "")) if wayland else None,
        _x_trouble(display) if display else None,
    ]
    tried = [trouble for trouble in troubles if trouble is not None]
    return "" if "" in tried else "; ".join(tried)


def _wayland_trouble(name: str, runtime_folder: str) -> str:
    trouble = _connect(socket.AF_UNIX, str(Path(runtime_folder) / name))
    return trouble and f"nothing answers at WAYLAND_DISPLAY={name}: {trouble}"


def _x_trouble(display: str) -> str:
    match = _DISPLAY.fullmatch(display)
    if match is None:
        return f"DISPLAY={display} is no display"
    host, number = match["host"], int(match["number"])
    if host in ("", "unix"):
        path = str(_LOCAL / f"X{number}")
        trouble = _connect(socket.AF_UNIX, "\0" + path) and _connect(socket.AF_UNIX, path)
    else:
        trouble = _connect(socket.AF_INET, (host.strip("[]"), _X_PORT + number))
    return trouble and f"nothing answers at DISPLAY={display}: {trouble}"


def _connect(family: socket.AddressFamily, address: str | tuple[str, int]) -> str:
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, timeout=_PATIENCE_S).close()
            return ""
        with socket.socket(family, socket.SOCK_STREAM) as asked:
            asked.settimeout(_PATIENCE_S)
            asked.connect(address)
    except (OSError, OverflowError) as trouble:
        return getattr(trouble, "strerror", None) or str(trouble)
    return ""
