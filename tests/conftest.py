"""Rules that hold for every test: nothing is left behind, nothing unexpected is said, no user's folder is touched."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.host_stalls import run_watched
from tests.support.leaks import left_behind, take_stock

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # without a screen Qt would abort the whole run

hypothesis.settings.register_profile("untimed", deadline=None)  # how loaded a machine is fails no test
hypothesis.settings.load_profile("untimed")

QT_FIXTURES = {"qtbot", "qapp"}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A live test needs a machine that runs all the time."""
    return run_watched(item, nextitem) if item.get_closest_marker("live") else None


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Data, settings and run-time folders of this test alone; short, because socket paths end at 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    for name in ("DATA", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    runtime_folder = folder / "run"
    runtime_folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime_folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest, own_folders: Path) -> Iterator[None]:
    """Fail a test that leaves a thread, process, descriptor, running timer or session folder."""
    uses_qt = bool(QT_FIXTURES & set(request.fixturenames))
    if uses_qt:
        request.getfixturevalue("qapp")  # lives as long as the whole run, so it belongs to the stock before
    before = take_stock(with_timers=uses_qt)
    yield
    left = left_behind(before, with_timers=uses_qt)
    for marker in request.node.iter_markers("keeps"):
        left.pop(marker.kwargs["kind"], None)
    if left:
        pytest.fail("left behind: " + "; ".join(f"{kind}: {', '.join(names)}" for kind, names in left.items()))


@pytest.fixture(autouse=True)
def nothing_unexpected_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which something logs a warning or worse; one that expects it asserts and calls caplog.clear()."""
    yield
    said = [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    if said:
        pytest.fail("logged: " + "; ".join(f"{record.name}: {record.getMessage()}" for record in said))
