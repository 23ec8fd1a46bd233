"""A line to another process that is cut the moment that process begins to die: a robust mutex in shared memory.

When a thread ends, the kernel first marks the robust mutexes that it holds and wakes who waits for them; only then
does it take the process's memory apart, which costs about 7 ms for every 100 MiB (measured), several times that on a
busy machine. A process descriptor or a closed pipe tells nothing before that is done. See set_robust_list(2).
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import time
from collections.abc import Callable
from contextlib import suppress

VARIABLE = "CELLTWIN_LIFE_LINE"
"""Of the environment: the descriptor of the line that a process is to hold."""

_BYTES = 128
_HELD_AT = 64
"""Offset of the word that tells that the line is held; before it stands the mutex, which is smaller everywhere."""

_PROCESS_SHARED = 1
_ROBUST = 1
_LOOK_S = 0.02
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
for _name in ("lock", "unlock", "consistent"):
    getattr(_libc, f"pthread_mutex_{_name}").argtypes = (ctypes.c_void_p,)


class LifeLine:
    """The watching end. Pass `descriptor` on to the process that shall hold the other one."""

    def __init__(self) -> None:
        """Make a line that nobody holds yet. Raises `OSError` where the kernel refuses."""
        self.descriptor = os.memfd_create("life-line", os.MFD_CLOEXEC)
        try:
            os.ftruncate(self.descriptor, _BYTES)
            self._address = _map(self.descriptor)
        except OSError:
            os.close(self.descriptor)
            raise
        attributes = (ctypes.c_char * 64)()
        _libc.pthread_mutexattr_init(attributes)
        _libc.pthread_mutexattr_setpshared(attributes, _PROCESS_SHARED)
        _libc.pthread_mutexattr_setrobust(attributes, _ROBUST)
        _libc.pthread_mutex_init(ctypes.c_void_p(self._address), attributes)
        _libc.pthread_mutexattr_destroy(attributes)

    def passed_on(self) -> None:
        """The other process has the descriptor; ours is needed no more."""
        os.close(self.descriptor)
        self.descriptor = -1

    def await_cut(self, *, over: Callable[[], bool]) -> bool:
        """Wait until the holder dies: True. False when nobody took hold of the line and `over` says not to wait on.

        Once the line is held only its cut ends the wait. For a thread of its own.
        """
        held = ctypes.c_uint32.from_address(self._address + _HELD_AT)
        while not held.value:
            if over():
                return False
            time.sleep(_LOOK_S)
        if _libc.pthread_mutex_lock(self._address) == errno.EOWNERDEAD:
            _libc.pthread_mutex_consistent(self._address)
        _libc.pthread_mutex_unlock(self._address)
        return True

    def close(self) -> None:
        """Let go of it; nobody may wait any more."""
        if self.descriptor >= 0:
            self.passed_on()
        if self._address:
            _libc.munmap(self._address, _BYTES)
            self._address = 0


def hold() -> None:
    """Take hold of the line that the environment names, for as long as this thread lives; without one do nothing.

    Call it in the main thread, which lives as long as the process does.
    """
    word = os.environ.pop(VARIABLE, "")
    if not word.isdecimal():
        return
    with suppress(OSError):  # nothing is watching: then a process descriptor has to do
        address = _map(int(word))  # never unmapped: the kernel looks at it when this process ends
        os.close(int(word))
        if _libc.pthread_mutex_lock(address) == 0:
            ctypes.c_uint32.from_address(address + _HELD_AT).value = 1


def _map(descriptor: int) -> int:
    address = _libc.mmap(None, _BYTES, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, descriptor, 0)
    if address == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(address)
