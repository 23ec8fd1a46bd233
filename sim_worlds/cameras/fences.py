"""Keeps the driver's fences until its drawing thread has surely let go of them: docs/decisions/0015."""

from __future__ import annotations

import ctypes

_GPU_COMMANDS_COMPLETE = 0x9117
"""GL_SYNC_GPU_COMMANDS_COMPLETE."""


class Fences:
    """One for everything that was handed to the driver, of the context that is current.

    Software Mesa frees a fence as soon as its counter says *done*, while the thread that counted may still have to
    unlock it, and then writes into memory that belongs to somebody else. A GL sync object holds the fence. That
    thread draws in order: once a later picture has been read, it has let go of every fence before that one.
    """

    def __init__(self) -> None:
        egl = ctypes.CDLL("libEGL.so.1")
        address_of = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(("eglGetProcAddress", egl))
        make = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint)
        self._make = make(address_of(b"glFenceSync") or 0)
        self._delete = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(address_of(b"glDeleteSync") or 0)
        self._before: list[int] = []
        self._since: list[int] = []

    def hand_over(self) -> None:
        """Make the driver start with what it has, without waiting for it, and keep the fence of that."""
        self._since.append(self._make(_GPU_COMMANDS_COMPLETE, 0))

    def picture_read(self) -> None:
        """Everything handed over so far has been drawn; fences from before the last such moment go."""
        for fence in self._before:
            self._delete(fence)
        self._before, self._since = self._since, []
