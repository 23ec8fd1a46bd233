"""Time of a stage, over several sittings."""

from __future__ import annotations

import time
from pathlib import Path

from plugins.flow_vla.training.stopwatch import Stopwatch


def test_what_was_measured_before_an_interruption_counts(tmp_path: Path) -> None:
    file = tmp_path / "1-reading.seconds"
    with Stopwatch(file, every_s=0.01) as killed:
        time.sleep(0.1)
        kept = file.read_text()  # as it lies there when the process is killed
        assert 0.0 < float(kept) <= killed.seconds
    file.write_text("100.0")
    with Stopwatch(file) as again:
        assert again.seconds >= 100.0
    assert float(file.read_text()) >= 100.0


def test_a_file_that_cannot_be_read_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.seconds").write_text("soon")
    assert Stopwatch(tmp_path / "x.seconds").seconds < 10.0
    assert Stopwatch(tmp_path / "nowhere" / "x.seconds").seconds < 10.0
