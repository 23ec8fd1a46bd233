"""Many stills, one after the other or by several processes, in the order of their seeds."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice

from sim_worlds.scenes import load_scene
from sim_worlds.stills.recipe import StillRecipe
from sim_worlds.stills.still import Still
from sim_worlds.stills.studio import Studio

RUN = 100
"""Stills that a process takes in one go, with a context made for them; so many of each process wait in memory twice."""


def take_stills(recipe: StillRecipe, seeds: Iterable[int], *, processes: int = 1) -> Iterator[Still]:
    """One still a seed, in this order; the same ones whatever the number of processes.

    One process is this one. More are started afresh (`spawn`) and end when the iterator is used up or closed.
    Raises `SceneError` for an unusable scene, `EglUnavailable` where no OpenGL is.
    """
    load_scene(recipe.scene)  # what is wrong with it is said here, not in another process
    if processes <= 1:
        yield from _taken_here(recipe, seeds)
        return
    waiting: deque[Future[list[Still]]] = deque()
    left = iter(seeds)
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            for run in iter(lambda: tuple(islice(left, RUN)), ()):
                waiting.append(pool.submit(_take_run, recipe, run))
                if len(waiting) > 2 * processes:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _taken_here(recipe: StillRecipe, seeds: Iterable[int]) -> Iterator[Still]:
    studio = Studio(recipe)
    try:
        for seed in seeds:
            yield studio.take(seed)
    finally:
        studio.close()


def _take_run(recipe: StillRecipe, seeds: tuple[int, ...]) -> list[Still]:
    return list(_taken_here(recipe, seeds))
