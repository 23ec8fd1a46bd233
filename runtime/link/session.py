"""The session folder: where the processes of one running cell find their sockets and shared memory.

One cell, one folder, one supervisor: the folder has mode 0700 and a lock that the supervisor holds while it
lives, so that a second one is refused and a dead one's leftovers are recognised and cleared.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runtime.messages.codec import NOT_DECODED, SCHEMA_VERSION
from runtime.mistakes import UserMistake, quoted

PREFIX = "celltwin-"
_LONGEST_SOCKET_PATH = 107
"""sun_path of a Unix socket on Linux, without its closing zero (unix(7))."""

_ATTEMPTS = 10
_PATIENCE_S = 0.005
_LOCK = "lock"
_ABOUT = "session.json"
_OTHER_ROOT = "make room there, or set XDG_RUNTIME_DIR to a folder that you may write to"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


class SessionTrouble(UserMistake):
    """The session folder cannot be used; says why and what to do."""


class SecondInstance(SessionTrouble):
    """A supervisor for this cell is already running."""


class SessionMissing(SessionTrouble):
    """No supervisor is running for this cell."""


class SessionInfo(msgspec.Struct, frozen=True):
    """What the folder says about its session."""

    session_id: str
    """Random, new for every start of a supervisor."""

    cell: str
    pid: int
    started_wall_ns: int
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class FoundSession:
    """One session folder on this machine."""

    path: Path
    info: SessionInfo
    running: bool
    """False: what a killed supervisor left behind."""


def default_root() -> Path:
    """Where session folders belong: a folder in memory that is ours, as blocks are written 1,000 times a second."""
    runtime_folder = os.environ.get("XDG_RUNTIME_DIR", "")
    for candidate in (runtime_folder, "/dev/shm"):
        if candidate and os.path.isdir(candidate) and os.access(candidate, os.W_OK | os.X_OK):
            return Path(candidate)
    return Path(tempfile.gettempdir())


class SessionFolder:
    """The folder of one session. `create` makes the owner (the supervisor), `attach` everybody else."""

    def __init__(self, path: Path, info: SessionInfo, *, lock: int | None) -> None:
        self.path = path
        self.info = info
        self._lock = lock

    @classmethod
    def create(cls, cell: str, *, now_wall_ns: int, root: Path | None = None) -> SessionFolder:
        """Claim the cell. Raises `SecondInstance` when it is taken, `SessionTrouble` when the folder is unusable."""
        path = _path_of(cell, root)
        _make_private(path)
        lock = _claim(path)
        info = SessionInfo(secrets.token_hex(8), cell, os.getpid(), now_wall_ns)
        try:
            _clear(path)
            _write_whole(path / _ABOUT, msgspec.json.encode(info))
        except OSError as trouble:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)
            raise SessionTrouble(
                f"the session folder {path} cannot be written: {trouble.strerror}", remedy=_OTHER_ROOT
            ) from trouble
        return cls(path, info, lock=lock)

    @classmethod
    def attach(cls, path: Path) -> SessionFolder:
        """Join the session in this folder. Raises `SessionMissing` when nobody owns it."""
        info = read_info(path)
        if info is None or not _is_claimed(path):
            raise SessionMissing(
                f"no cell is running in {path}", remedy="start one with: celltwin run --live (or look with doctor)"
            )
        return cls(path, info, lock=None)

    @classmethod
    def find(cls, cell: str, *, root: Path | None = None) -> SessionFolder:
        """Join the running session of this cell. Raises `SessionMissing`."""
        return cls.attach(_path_of(cell, root))

    @classmethod
    def expect(cls, cell: str, *, root: Path | None = None) -> SessionFolder:
        """Where this cell's session is or will be, whether it runs yet or not: for a console, which waits for it."""
        path = _path_of(cell, root)
        return cls(path, read_info(path) or SessionInfo("", cell, 0, 0), lock=None)

    @property
    def session_id(self) -> str:
        """Random name of this session; another start of the same cell has another one."""
        return self.info.session_id

    def is_current(self) -> bool:
        """Whether the session that was joined still runs: same id, and its supervisor holds the lock."""
        info = read_info(self.path)
        return info is not None and info.session_id == self.session_id and (self._lock is not None or self.is_owned())

    def is_kept(self) -> bool:
        """For the owner: whether the folder that was claimed is still there, not removed or replaced by somebody."""
        return self._lock is not None and _is_same_file(self._lock, self.path / _LOCK)

    def is_owned(self) -> bool:
        """Whether some supervisor holds this folder now."""
        return _is_claimed(self.path)

    def endpoint(self, name: str) -> str:
        """ZeroMQ address of one socket of this session. Raises `SessionTrouble` when the path is too long."""
        path = self.path / f"{name}.ipc"
        if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
            raise SessionTrouble(
                f"{path} is longer than the {_LONGEST_SOCKET_PATH} bytes of a socket path",
                remedy="give the cell a shorter name or set XDG_RUNTIME_DIR to a shorter folder",
            )
        return f"ipc://{path}"

    def block(self, name: str) -> Path:
        """File of one shared-memory block."""
        return self.path / f"{name}.block"

    def close(self) -> None:
        """Give the session up. The owner removes the folder; others leave it alone.

        One of the same name that came after this one's folder was taken away from outside is not the owner's.
        """
        if self._lock is None:
            return
        info = read_info(self.path)
        if info is None or info.session_id == self.session_id:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = None


def found_sessions(root: Path | None = None) -> tuple[FoundSession, ...]:
    """Every session folder under the root that is ours, running or left behind."""
    base = default_root() if root is None else root
    folders = (path for path in sorted(base.glob(f"{PREFIX}*")) if _is_private(path))
    return tuple(
        FoundSession(path, info, running=_is_claimed(path))
        for path, info in ((path, read_info(path)) for path in folders)
        if info is not None
    )


def clear_leftovers(root: Path | None = None) -> tuple[Path, ...]:
    """Remove what killed supervisors left behind; running sessions are not touched. Returns what was removed."""
    base = default_root() if root is None else root
    removed: list[Path] = []
    for path in sorted(base.glob(f"{PREFIX}*")):
        if not _is_private(path):
            continue
        try:
            lock = _claim(path)
        except SessionTrouble:
            continue
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
        removed.append(path)
    return tuple(removed)


def read_info(path: Path) -> SessionInfo | None:
    """What the folder says about itself; None when it says nothing readable."""
    try:
        return msgspec.json.decode((path / _ABOUT).read_bytes(), type=SessionInfo)
    except (OSError, *NOT_DECODED):
        return None


def check_name(cell: str) -> None:
    """Raises `SessionTrouble` for what cannot be the name of a cell."""
    if not _NAME.fullmatch(cell):
        raise SessionTrouble(
            f"{quoted(cell)} is no name for a cell",
            remedy="use 1 to 32 letters, digits, and any of _ . - after the first",
        )


def _path_of(cell: str, root: Path | None) -> Path:
    check_name(cell)
    return (default_root() if root is None else root) / f"{PREFIX}{cell}"


def _make_private(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as trouble:
        raise SessionTrouble(
            f"the session folder {path} cannot be made: {trouble.strerror}", remedy=_OTHER_ROOT
        ) from trouble
    if not _is_private(path):
        raise SessionTrouble(
            f"{path} is not a folder of yours with mode 0700",
            remedy="remove it, or set XDG_RUNTIME_DIR to a folder of your own",
        )


def _is_private(path: Path) -> bool:
    try:
        about = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o077


def _claim(path: Path) -> int:
    """Descriptor that holds the lock of this folder. Raises `SecondInstance`."""
    for attempt in range(_ATTEMPTS):
        try:
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:  # an owner that is just closing has removed the folder
            _make_private(path)
            continue
        except OSError as trouble:
            raise SessionTrouble(
                f"{path / _LOCK} cannot be opened: {trouble.strerror}", remedy=_OTHER_ROOT
            ) from trouble
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            if attempt < _ATTEMPTS - 1:  # perhaps only somebody who looks whether the session runs
                time.sleep(_PATIENCE_S)
                continue
            info = read_info(path)
            who = "another process" if info is None else f"process {info.pid}"
            raise SecondInstance(
                f"the cell {path.name.removeprefix(PREFIX)} is already running ({who})",
                remedy=f"open its console with: celltwin run --cell {path.name.removeprefix(PREFIX)}, or end it first",
            ) from None
        if _is_same_file(lock, path / _LOCK):
            return lock
        os.close(lock)  # the file was removed between opening and locking
    raise SessionTrouble(f"{path} is removed again and again while it is being claimed", remedy="try again")


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except OSError:
        return False


def _is_claimed(path: Path) -> bool:
    """Whether somebody holds the lock. A shared test lock, so that two who look do not disturb each other."""
    try:
        lock = os.open(path / _LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _clear(path: Path) -> None:
    for entry in path.iterdir():
        if entry.name == _LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    """Readers see the old content or the new, never half."""
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    draft.replace(path)
