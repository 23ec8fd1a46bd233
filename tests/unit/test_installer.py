"""Set-up does what is needed, nothing twice, and a moved clone keeps working."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer import __main__ as setup
from installer.debian import PackagesMissing, install, install_line, missing_packages, wanted_packages
from installer.relocation import relocate
from installer.stamp import INGREDIENTS, read_stamp, wanted_stamp, write_stamp

ROOT = Path(__file__).resolve().parents[2]
STEPS = ["environment", "packages", "machine code"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with everything that decides what is installed, and a made-up environment."""
    root = tmp_path / "clone"
    for name in INGREDIENTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((ROOT / name).read_bytes())
    packages = root / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (root / ".venv" / "bin").mkdir()
    (root / ".venv" / "bin" / "celltwin").write_text(f"#!{root}/.venv/bin/python\n", encoding="utf-8")
    (root / ".venv" / "bin" / "celltwin").chmod(0o755)
    (root / ".venv" / "pyvenv.cfg").write_text(f"command = python3 -m venv {root}/.venv\n", encoding="utf-8")
    (packages / "__editable__.celltwin-0.1.0.pth").write_text(f"{root}\n", encoding="utf-8")
    return root


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records the slow steps instead of doing them."""
    steps: list[str] = []
    monkeypatch.setattr(setup, "make_environment", lambda venv: steps.append("environment"))
    monkeypatch.setattr(setup, "install_locked", lambda root, venv: steps.append("packages"))
    monkeypatch.setattr(setup, "compile_ahead", lambda root, venv: steps.append("machine code"))
    return steps


def test_the_first_call_installs_and_the_second_finds_nothing_to_do(clone: Path, made: list[str]) -> None:
    assert setup.set_up(clone) == "installed"
    assert setup.set_up(clone) == "up to date"
    assert made == STEPS


@pytest.mark.parametrize("ingredient", INGREDIENTS, ids=str)
def test_whatever_decides_what_is_installed_is_noticed(ingredient: Path, clone: Path, made: list[str]) -> None:
    setup.set_up(clone)
    (clone / ingredient).write_text("# changed\n", encoding="utf-8")
    assert setup.set_up(clone) == "installed"
    assert made == STEPS * 2


def test_an_interrupted_set_up_starts_again(clone: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    setup.set_up(clone)
    (clone / "constraints.txt").write_text("# changed\n", encoding="utf-8")

    def interrupted(root: Path, venv: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(setup, "install_locked", interrupted)
        with pytest.raises(KeyboardInterrupt):
            setup.set_up(clone)
    assert read_stamp(clone / ".venv") is None
    assert setup.set_up(clone) == "installed"


def test_a_moved_clone_is_followed_without_installing(clone: Path, made: list[str]) -> None:
    setup.set_up(clone)
    moved = clone.with_name("elsewhere")
    clone.rename(moved)
    assert setup.set_up(moved) == "followed the clone to its new place"
    assert setup.set_up(moved) == "up to date"
    assert made == STEPS
    script = moved / ".venv" / "bin" / "celltwin"
    assert script.read_text(encoding="utf-8") == f"#!{moved}/.venv/bin/python\n"
    assert os.access(script, os.X_OK)
    (path_file,) = moved.glob(".venv/lib/*/site-packages/*.pth")
    assert path_file.read_text(encoding="utf-8") == f"{moved}\n"


def test_relocation_touches_only_files_that_name_the_old_place(clone: Path) -> None:
    (clone / ".venv" / "bin" / "other").write_bytes(b"\x7fELF no path in here")
    assert relocate(clone / ".venv", old_root=str(clone), new_root="/new") == 3
    assert relocate(clone / ".venv", old_root=str(clone), new_root="/new") == 0


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"content": 1, "more": 2}', "\x00"])
def test_a_damaged_stamp_counts_as_none(content: str, clone: Path) -> None:
    (clone / ".venv" / "celltwin-setup.json").write_text(content, encoding="utf-8")
    assert read_stamp(clone / ".venv") is None


def test_a_stamp_comes_back_as_written(clone: Path) -> None:
    write_stamp(clone / ".venv", wanted_stamp(clone))
    assert read_stamp(clone / ".venv") == wanted_stamp(clone)


def test_a_missing_package_is_found_among_installed_ones() -> None:
    assert missing_packages(("libc6", "no-such-package-here")) == ("no-such-package-here",)


def test_without_root_rights_the_one_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(PackagesMissing, match="sudo apt-get update && sudo apt-get install .* xvfb xauth"):
        install(("xvfb", "xauth"))


def test_without_root_rights_set_up_goes_on_when_only_drawing_is_missing(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup, "missing_packages", lambda wanted: ("libegl1",))
    setup.supply_packages(clone)
    assert install_line(("libegl1",)) in capsys.readouterr().err


def test_without_root_rights_and_without_venv_set_up_ends(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(setup, "missing_packages", lambda wanted: ("python3-venv",))
    with pytest.raises(PackagesMissing, match="python3-venv"):
        setup.supply_packages(clone)


def test_the_package_list_has_what_set_up_itself_needs() -> None:
    assert {"python3-venv", "ca-certificates", "libegl1", "xvfb", "rt-tests"} <= set(wanted_packages(ROOT))
