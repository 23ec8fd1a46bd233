"""Who waits for something slow is told so, once, and by name."""

from __future__ import annotations

import threading
import time

import pytest

from twin_app.assembly.patience import told_when_slow

PATIENCE_S = 10.0


def test_what_takes_long_is_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    said, deadline_s = "", time.monotonic() + PATIENCE_S
    with told_when_slow("policy 'slow' to be built", after_s=0.0):
        while not said:
            assert time.monotonic() < deadline_s
            said = capsys.readouterr().err
    assert said == "celltwin: still waiting for policy 'slow' to be built; Ctrl-C ends it.\n"
    assert capsys.readouterr().err == ""


def test_what_is_quick_says_nothing_and_leaves_no_thread(capsys: pytest.CaptureFixture[str]) -> None:
    before = threading.active_count()
    with told_when_slow("nothing", after_s=PATIENCE_S):
        pass
    assert threading.active_count() == before
    assert capsys.readouterr().err == ""
