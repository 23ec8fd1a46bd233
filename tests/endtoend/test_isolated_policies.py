"""A policy in a process of its own in a live cell: it crashes, and the command line brings it back."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from runtime.messages.policy import Readiness
from runtime.messages.requests import AddTask
from runtime.messages.state import Mode
from tests.support.isolated_cell import entry, finished, mode_of, policy_of, running, until
from twin_app.assembly.cli import main
from twin_app.assembly.live import LiveCell

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]


def asked(capsys: pytest.CaptureFixture[str], live: LiveCell, *words: str) -> dict[str, Any]:
    """What `celltwin policy` prints as JSON."""
    main(["policy", *words, "--cell", live.setup.cell.cell, "--json"])
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_crash_costs_one_process_and_the_command_line_brings_the_policy_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    with running(tmp_path, "crashing") as live:
        worker = psutil.Process(entry(live, "crashing").pid)
        planner = worker.parent()
        assert planner is not None
        assert "planner" in planner.cmdline()
        task = live.ask(AddTask("put the cyan flat box in the right tote"))
        until(live, lambda: finished(live, int(task.detail)) == "succeeded", told=told)
        assert mode_of(live) is Mode.FALLBACK
        assert entry(live, "crashing").obstacle == "its process crashed: killed by SIGSEGV"
        assert any("stands in for crashing 0.1: quarantined: its process crashed" in line for line in told)
        assert not worker.is_running()
        assert planner.is_running()
        refused = asked(capsys, live, "return")
        assert (refused["phase"], "try it again first" in refused["detail"]) == ("refused", True)
        assert asked(capsys, live, "try", "crashing")["phase"] == "confirmed"
        until(live, lambda: entry(live, "crashing").readiness is Readiness.READY or mode_of(live) is Mode.AUTO)
        asked(capsys, live, "return")
        until(live, lambda: mode_of(live) is Mode.AUTO and policy_of(live).active == "crashing")
        worker = psutil.Process(entry(live, "crashing").pid)
        os.kill(planner.pid, signal.SIGKILL)
        until(live, lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
        workers = psutil.Process(live.process.pid).children(recursive=True)
    assert not [one for one in workers if one.is_running()]
