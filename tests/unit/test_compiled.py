"""Machine code for the fast loop: the same numbers as the source, and ready whatever the disk says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.compiled import compiled

SOURCE = """
from runtime.compiled import compiled

@compiled("float64(float64[::1])")
def total(values):
    result = 0.0
    for value in values:
        result += value
    return result

import numpy as np
print(total(np.arange(4.0)))
"""


def run(path: Path, **environment: str) -> str:
    """Its output; `path` is read again by a new process."""
    clean = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run([sys.executable, str(path)], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_is_kept_beside_the_source_and_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "totals.py"
    path.write_text(SOURCE, encoding="utf-8")
    assert run(path) == run(path) == "6.0"
    assert list((tmp_path / "__pycache__").glob("totals.total*.nbc"))
    path.write_text(SOURCE.replace("+= value", "+= 2.0 * value"), encoding="utf-8")
    assert run(path) == "12.0"


def test_without_a_place_to_keep_it_every_process_compiles_for_itself(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("no folder", encoding="utf-8")
    (tmp_path / "cache").write_text("no folder", encoding="utf-8")
    path = tmp_path / "totals.py"
    path.write_text(SOURCE, encoding="utf-8")
    homeless = {"HOME": str(tmp_path / "cache"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run(path, **homeless) == "6.0"


@pytest.mark.parametrize("content", [b"", b"\0" * 512, b"nonsense"])
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_what_a_power_cut_left_half_written_is_made_anew(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / "totals.py"
    path.write_text(SOURCE, encoding="utf-8")
    assert run(path) == "6.0"
    (kept,) = (tmp_path / "__pycache__").glob(f"totals.total*.{ending}")
    kept.write_bytes(content)
    assert run(path) == run(path) == "6.0"
    assert all(file.stat().st_size > 600 for file in (tmp_path / "__pycache__").glob("totals.total*.nb?"))


def test_another_type_than_declared_is_refused_not_guessed() -> None:
    @compiled("float64(float64[::1])")
    def first(values: np.ndarray) -> float:
        return float(values[0])

    assert first(np.array([2.5])) == 2.5
    with pytest.raises(TypeError, match="No matching definition"):
        first(np.array([2]))
