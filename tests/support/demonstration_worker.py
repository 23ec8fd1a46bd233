"""A process that adds seeds to a dataset and says so, until it is done or killed.

Usage: python -m tests.support.demonstration_worker FOLDER FIRST BEHIND STEP

Before its last seed it waits until its input ends, so that however busy the machine is, a test can kill it at work.
"""

from __future__ import annotations

import sys
from pathlib import Path

from runtime.datasets import DatasetWriter
from tests.support.demonstrations import FORM, made_up


def main(folder: Path, seeds: range) -> None:
    with DatasetWriter(folder, FORM) as writer:
        there = writer.seeds()
        for seed in seeds:
            if seed == seeds[-1]:
                sys.stdin.read()
            if seed not in there:
                writer.add_episode(made_up(seed, length=20), seed=seed)
                print(seed, flush=True)  # noqa: T201 - its way of telling the test


if __name__ == "__main__":
    main(Path(sys.argv[1]), range(*(int(word) for word in sys.argv[2:5])))
