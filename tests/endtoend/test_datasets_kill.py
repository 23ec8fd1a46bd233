"""Real processes write one dataset and are killed; whoever goes on ends with the dataset of an undisturbed writer."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.datasets import DatasetReader, DatasetWriter, UnreadableDataset, content_hash
from tests.support.demonstrations import FORM, made_up

SEEDS = range(12)
WORKERS = 3

pytestmark = pytest.mark.timeout(180)


def start(folder: Path, *, first: int, step: int = WORKERS) -> subprocess.Popen[str]:
    words = [str(folder), str(first), str(SEEDS.stop), str(step)]
    command = [sys.executable, "-m", "tests.support.demonstration_worker", *words]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def kill_after(worker: subprocess.Popen[str], lines: int) -> list[int]:
    """Seeds that it had told when it was killed."""
    assert worker.stdout is not None
    told = [int(worker.stdout.readline()) for _ in range(lines)]
    worker.send_signal(signal.SIGKILL)
    rest = worker.communicate()[0]
    assert worker.returncode == -signal.SIGKILL
    return told + [int(line) for line in rest.splitlines()]


def undisturbed(folder: Path) -> str:
    with DatasetWriter(folder, FORM) as writer:
        for seed in SEEDS:
            writer.add_episode(made_up(seed, length=20), seed=seed)
        writer.finish()
    return content_hash(DatasetReader(folder))


def test_killed_workers_lose_nothing_that_they_told_and_the_split_of_the_work_does_not_show(tmp_path: Path) -> None:
    folder = tmp_path / "disturbed"
    workers = [start(folder, first=first) for first in range(WORKERS)]
    told = {seed for worker, lines in zip(workers, (1, 2, 1), strict=True) for seed in kill_after(worker, lines)}
    with pytest.raises(UnreadableDataset, match="unfinished"):
        DatasetReader(folder)
    with DatasetWriter(folder, FORM) as writer:
        assert told <= writer.seeds()
        assert writer.seeds() < set(SEEDS)
    one = start(folder, first=0, step=1)
    assert one.communicate()[0].count("\n") <= len(SEEDS) - len(told)
    assert one.returncode == 0
    with DatasetWriter(folder, FORM) as writer:
        assert writer.finish().total_episodes == len(SEEDS)
    assert content_hash(DatasetReader(folder)) == undisturbed(tmp_path / "undisturbed")
    assert not (folder / "unfinished").exists()
