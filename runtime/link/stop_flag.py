"""The stop flag: one word of shared memory that any process may set and only the control process clears.

A press is a stamp. The flag is set while the newest press differs from the press cleared last, so that a press
that arrives while an older one is being cleared is never lost.
"""

from __future__ import annotations

import mmap
import os
import struct
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.link.session import SessionFolder
from runtime.link.shared import BlockTrouble
from runtime.messages.state import CELL_ENDS, STOP_PRESSED

NAME = "stop"
_MAGIC = 0x6365_6C6C_7374_6F70
_BYTES = 64
_PRESSED, _CLEARED, _WHO, _CAUSE, _PERSON = 1, 2, 3, 4, 5
_NAME_AT, _NAME_BYTES = 48, 16


class StopCause(IntEnum):
    """Why the flag was set."""

    PERSON = 0
    ARM_SILENT = 1
    PROCESS_ENDED = 2
    CELL_ENDS = 3
    PROCESS_SILENT = 4
    SUPERVISOR_SILENT = 5


_WORDS = {
    StopCause.PERSON: STOP_PRESSED,
    StopCause.ARM_SILENT: "no measurement came from the arm",
    StopCause.PROCESS_ENDED: "{process} ended",
    StopCause.CELL_ENDS: CELL_ENDS,
    StopCause.PROCESS_SILENT: "{process} gives no sign of life",
    StopCause.SUPERVISOR_SILENT: "no orders came from the supervisor",
}
_PROCESSES = {"": "a process of the cell", "plant": "the arm's process (plant)"}


class StopFlag:
    """Set in one step, without queue, role or lease."""

    def __init__(self, path: Path, mapping: mmap.mmap) -> None:
        """Use `create` or `attach`."""
        self.path = path
        self._open(mapping)

    def _open(self, mapping: mmap.mmap) -> None:
        self._mapping = mapping
        # aligned 64-bit words: each is read and written in one piece
        self._memory = memoryview(mapping)
        self._words = self._memory.cast("Q")
        about = self.path.stat()
        self._identity = (about.st_dev, about.st_ino)

    @classmethod
    def create(cls, session: SessionFolder) -> Self:
        """Make the flag of a new session, not set. Raises `BlockTrouble`."""
        path = session.block(NAME)
        draft = path.with_suffix(".draft")
        try:
            draft.write_bytes(struct.pack("=Q", _MAGIC).ljust(_BYTES, b"\0"))
            draft.chmod(0o600)
            draft.replace(path)
        except OSError as trouble:
            raise BlockTrouble(
                f"the stop flag {path} cannot be made: {trouble.strerror}", remedy="free some memory in its folder"
            ) from trouble
        return cls(path, _map(path))

    @classmethod
    def attach(cls, session: SessionFolder) -> Self:
        """Join the flag of a running session. Raises `BlockTrouble`."""
        path = session.block(NAME)
        return cls(path, _map(path))

    def set(self, now_ns: int, cause: StopCause = StopCause.PERSON, *, process: str = "") -> None:
        """Press. `now_ns` (monotonic) becomes the press's stamp; a press is never older than what was cleared.

        `process`: the name of the one that ended or fell silent, up to 16 letters.
        """
        words = self._words
        if not self.is_set():  # the first one is the reason
            words[_CAUSE], words[_PERSON] = cause, 0
            name = process.encode("ascii", "replace")[:_NAME_BYTES].ljust(_NAME_BYTES, b"\0")
            self._memory[_NAME_AT : _NAME_AT + _NAME_BYTES] = name
        if cause is StopCause.PERSON:
            words[_PERSON] = 1
        words[_WHO] = os.getpid()
        words[_PRESSED] = now_ns if now_ns != words[_CLEARED] else now_ns + 1

    def is_set(self) -> bool:
        """Whether a press is waiting or latched."""
        words = self._words
        return words[_PRESSED] != words[_CLEARED]

    def pressed_ns(self) -> int:
        """Stamp of the newest press that is not cleared; 0 when there is none."""
        pressed = self._words[_PRESSED]
        return pressed if pressed != self._words[_CLEARED] else 0

    def reason(self) -> str:
        """Why it was pressed, in words for a mode's reason: the first cause, and a person's press that came later."""
        code = self._words[_CAUSE]
        try:
            cause = StopCause(code)
        except ValueError:
            return f"{STOP_PRESSED} (cause {code} is not known to this version)"
        name = bytes(self._memory[_NAME_AT : _NAME_AT + _NAME_BYTES]).rstrip(b"\0").decode("ascii", "replace")
        first = _WORDS[cause].format(process=_PROCESSES.get(name, f"process {name}"))
        also_pressed = cause is not StopCause.PERSON and self._words[_PERSON]
        return f"{first}; {STOP_PRESSED}" if also_pressed else first

    def pressed_by(self) -> int:
        """Process id of whoever pressed last; 0 when nobody ever did."""
        return self._words[_WHO]

    def clear(self, pressed_ns: int) -> None:
        """Clear the press with this stamp (from `pressed_ns`); one that came later stays set. Control only."""
        if pressed_ns:
            self._words[_CLEARED] = pressed_ns

    def is_current(self) -> bool:
        """Whether this is still the flag in the folder; False after the session ended or was made anew."""
        try:
            about = self.path.stat()
        except OSError:
            return False
        return (about.st_dev, about.st_ino) == self._identity

    def renew(self) -> bool:
        """Join the flag that is in the folder now, if it is another one. False when there is none."""
        if self.is_current():
            return True
        try:
            mapping = _map(self.path)
        except BlockTrouble:
            return False
        self.close()
        self._open(mapping)
        return True

    def close(self) -> None:
        """Unmap; the file stays with the session."""
        self._words.release()
        self._memory.release()
        self._mapping.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _map(path: Path) -> mmap.mmap:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as trouble:
        raise BlockTrouble(
            f"the stop flag {path} cannot be opened: {trouble.strerror}", remedy="is the cell running?"
        ) from trouble
    try:
        if os.fstat(descriptor).st_size != _BYTES:
            raise BlockTrouble(f"{path} is no stop flag: its size differs")
        mapping = mmap.mmap(descriptor, _BYTES)
    finally:
        os.close(descriptor)
    if struct.unpack_from("=Q", mapping, 0)[0] != _MAGIC:
        mapping.close()
        raise BlockTrouble(f"{path} is no stop flag")
    return mapping
