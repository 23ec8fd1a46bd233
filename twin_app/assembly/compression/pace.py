"""Latency and agreement of variants, in a process that has one core and nothing else to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from runtime.link.parentage import crew
from runtime.mistakes import UserMistake
from runtime.plugin_host import Registry
from runtime.ports import Policy
from twin_app.assembly.compression.looks import Compared, compare, record_looks
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene

WARM_LOOKS = 5
"""At the first seed; compilers and caches are slow once."""

_loaded: dict[str, tuple[Registry, dict[str, Policy]]] = {}
"""Of the measuring process."""


class Pace(Struct, frozen=True):
    """Of one variant."""

    p50_ms: float
    p99_ms: float
    agreement: float
    """Share of the looks at which it acts like the first one; see `looks.alike`."""

    looks: int


def measure_pace(
    setup: CellSetup, models: Mapping[str, Path], seeds: Sequence[int], *, progress: Callable[[int, int], None]
) -> dict[str, Pace]:
    """By name. The first model is the one that the others are held against, and that drives while looks are recorded.

    Raises `UserMistake` when it never acted.
    """
    gathered = {name: Compared() for name in models}
    paths = {name: str(model) for name, model in models.items()}
    with crew(1) as pool:
        for count, seed in enumerate(seeds, start=1):
            answer = pool.submit(measure_seed, replace(setup, seed=seed), paths).result()
            for name, found in answer.items():
                gathered[name].latencies_s += found.latencies_s
                gathered[name].alike += found.alike
            progress(count, len(seeds))
    if not any(found.alike for found in gathered.values()):
        raise UserMistake(
            f"policy {setup.policy} acted on none of {len(seeds)} seeds", remedy="give more of them with --looks"
        )
    return {name: _pace(found) for name, found in gathered.items()}


def measure_seed(setup: CellSetup, models: Mapping[str, str]) -> dict[str, Compared]:
    """One seed in this process."""
    key = msgspec.json.encode((replace(setup, seed=0), models)).decode()
    fresh = key not in _loaded
    if fresh:
        cv2.setNumThreads(1)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        registry, cell = read_plugins(setup), read_scene(setup).cell
        _loaded[key] = (
            registry,
            {name: registry.load_policy(setup.policy, cell, model=Path(model)) for name, model in models.items()},
        )
    registry, policies = _loaded[key]
    recorded = record_looks(setup, policy=next(iter(policies.values())), registry=registry)
    if fresh:
        compare(recorded, policies, looks=WARM_LOOKS)
    return compare(recorded, policies)


def _pace(found: Compared) -> Pace:
    latencies_ms = 1e3 * np.array(found.latencies_s)
    return Pace(
        p50_ms=round(float(np.percentile(latencies_ms, 50)), 2),
        p99_ms=round(float(np.percentile(latencies_ms, 99)), 2),
        agreement=round(float(np.mean(found.alike)), 4),
        looks=len(found.latencies_s),
    )
