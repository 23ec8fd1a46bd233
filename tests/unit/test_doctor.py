"""The doctor names what is wrong with its remedy, and says nothing of what is well."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.plugin_host import discover
from twin_app.assembly import doctor_graphics, doctor_machine, doctor_software
from twin_app.assembly.display import display_trouble
from twin_app.assembly.doctor import as_table
from twin_app.assembly.doctor_finding import Finding, Health, good, limited
from twin_app.assembly.setup import CellSetup, read_scene

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


def test_a_finding_that_is_not_ok_has_a_remedy() -> None:
    table = as_table([good("cores", "2"), limited("waking", "late", remedy="quiet")])
    assert table.splitlines() == ["ok       cores   2", "limited  waking  late", "                 → quiet"]


def test_a_missing_debian_package_is_named_with_its_purpose_and_the_line_to_run(tmp_path: Path) -> None:
    listing = tmp_path / "packages.txt"
    listing.write_text("# what\nlibc6  everything\nno-such-package  showing it\n", encoding="utf-8")
    finding = doctor_software.check_debian_packages(listing)
    assert finding.health is Health.MISSING
    assert finding.found == "no-such-package (showing it)"
    assert finding.remedy.endswith("apt-get install -y --no-install-recommends no-such-package")


def test_installed_versions_other_than_the_locked_ones_are_named(tmp_path: Path) -> None:
    lock = tmp_path / "constraints.txt"
    lock.write_text("# exact\nnumpy==1.0\n", encoding="utf-8")
    finding = doctor_software.check_libraries(lock)
    assert finding.health is Health.LIMITED
    assert "(locked: 1.0)" in finding.found


def test_the_locked_versions_are_the_installed_ones() -> None:
    assert doctor_software.check_libraries().health is Health.OK


def test_a_policy_that_cannot_be_loaded_is_named_with_what_helps(tmp_path: Path) -> None:
    shutil.copytree(PLUGINS / "flow_vla", tmp_path / "flow_vla")
    cell = read_scene(CellSetup()).cell
    assert doctor_software.check_policies(discover(tmp_path), cell).found == "1 of 1 can be loaded"
    (tmp_path / "flow_vla" / "model" / "card.json").write_text("{")
    finding = doctor_software.check_policies(discover(tmp_path), cell)
    assert finding.health is Health.MISSING
    assert finding.found.startswith("policy flow_vla: ")
    assert "no model card" in finding.found
    assert "belong together" in finding.remedy


def test_a_folder_that_cannot_be_made_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = doctor_machine.check_folder("data folder", tmp_path / "file" / "data", moved_by="--data")
    assert finding.health is Health.MISSING
    assert "--data" in finding.remedy


def test_a_folder_without_room_is_limited(tmp_path: Path) -> None:
    assert (
        doctor_machine.check_folder("data folder", tmp_path, moved_by="--data", free_bytes=1 << 60).health
        is Health.LIMITED
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "health"), [("tsc", Health.OK), ("hpet", Health.LIMITED)])
def test_a_slow_clock_source_is_told(name: str, health: Health, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text(name + "\n", encoding="utf-8")
    assert doctor_machine.check_clock(tmp_path / "clock").health is health


def test_a_small_memory_lock_is_limited_for_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (8 << 20, 8 << 20))
    finding = doctor_machine.check_memory_lock()
    assert (finding.health, finding.found) == (Health.LIMITED, "8 MiB")


def test_without_a_display_the_way_without_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    findings: list[Finding] = [doctor_graphics.check_display(), doctor_graphics.check_window_gl()]
    assert [finding.health for finding in findings] == [Health.LIMITED, Health.LIMITED]
    assert "--headless" in findings[0].remedy


@pytest.mark.parametrize("display", [":987", "nowhere.invalid:0", "what"])
def test_a_display_that_nobody_serves_is_the_trouble_not_its_drivers(
    display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    finding = doctor_graphics.check_display()
    assert finding.health is Health.LIMITED
    assert f"DISPLAY={display}" in finding.found
    assert doctor_graphics.check_window_gl().remedy == "see display"


def test_a_display_that_answers_will_do(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "wayland-7"))
        server.listen()
        here = {"WAYLAND_DISPLAY": "wayland-7", "DISPLAY": ":987", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert display_trouble(here) == ""
    assert "WAYLAND_DISPLAY=wayland-7" in display_trouble(here)


@pytest.mark.parametrize(
    ("program", "trouble"),
    [
        ("import sys; sys.exit('no driver')", "no driver"),
        ("import os; os.abort()", "ended with status -6"),
    ],
)
def test_a_driver_that_fails_or_crashes_is_reported_not_suffered(
    program: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_graphics, "_TRY_EGL", program)
    finding = doctor_graphics.check_egl()
    assert finding.health is Health.LIMITED
    assert trouble in finding.found


def test_real_time_scheduling_is_tried_outside_this_process() -> None:
    before = os.sched_getscheduler(0)
    assert doctor_machine.check_real_time().subject == "real-time scheduling"
    assert os.sched_getscheduler(0) == before


def test_the_doctor_does_not_import_what_it_examines() -> None:
    examined = {"pybullet", "PySide6", "moderngl", "pinocchio"}
    program = f"import sys, twin_app.assembly.doctor; print(sorted({examined!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
