"""Many examinations, several processes side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import as_completed
from pathlib import Path

import cv2
from msgspec.structs import replace

from runtime.link.parentage import crew
from runtime.plugin_host import Registry
from runtime.ports import Policy
from sim_worlds.variation import TrainingMix
from twin_app.assembly.examination.examination import Result, examine
from twin_app.assembly.served_policies import check_fallback_there, check_still_there
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene

_connected: dict[str, Policy] = {}
"""Of this process, policies behind a server: one connection serves every seed."""


def examine_all(
    setup: CellSetup,
    seeds: Iterable[int],
    *,
    suite: str,
    processes: int,
    progress: Callable[[Result, int, int], None],
    model: Path | None = None,
    mix: TrainingMix | None = None,
) -> list[Result]:
    """One result a seed, in their order. `progress` hears each as it comes.

    `model`: other weights than the policy's own; `mix`: variations drawn for every seed, beside the setup's own.
    """
    wanted = tuple(seeds)
    results: dict[int, Result] = {}
    with crew(processes) as pool:
        waiting = [pool.submit(examine_one, _varied(setup, seed, mix), suite, model) for seed in wanted]
        for finished in as_completed(waiting):
            result = finished.result()
            results[result.seed] = result
            progress(result, len(results), len(wanted))
    return [results[seed] for seed in wanted]


def _varied(setup: CellSetup, seed: int, mix: TrainingMix | None) -> CellSetup:
    drawn = () if mix is None else tuple(one.words for one in mix.sample(seed))
    return replace(setup, seed=seed, variations=(*drawn, *setup.variations))


def examine_one(setup: CellSetup, suite: str, model: Path | None) -> Result:
    """One seed in this process. Raises `UserMistake` where a server went away: its absence is no result."""
    cv2.setNumThreads(1)
    registry, policy = _prepared(setup, model)
    result = examine(setup, suite=suite, policy=policy, registry=registry)
    if result.verdict != "succeeded":
        check_still_there(setup.policy, policy)
        check_fallback_there(setup, registry)
    return result


def _prepared(setup: CellSetup, model: Path | None) -> tuple[Registry, Policy]:
    """A policy as after a start: what one seed leaves in it must not reach the next, or their order would count."""
    registry, cell = read_plugins(setup), read_scene(setup).cell
    if registry.server_settings(setup.policy) is None:
        return registry, registry.load_policy(setup.policy, cell, model=model)
    key = f"{setup.policy} {setup.scene}"
    if key not in _connected:
        _connected[key] = registry.load_policy(setup.policy, cell, model=model)
    return registry, _connected[key]
