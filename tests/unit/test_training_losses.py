"""The eyes' losses wherever the network is: on another device than the stills, nothing may be left behind.

No GPU is at hand here. The `meta` device stands for one: it knows shapes and places, and refuses what is elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.slots import ASKED
from plugins.flow_vla.training import collecting, grounding
from plugins.flow_vla.training.collecting import make_shard, make_stills
from plugins.flow_vla.training.labels import CAMERAS
from plugins.flow_vla.training.shards import Shards
from plugins.flow_vla.training.turning import turning_loss
from runtime.mistakes import UserMistake
from sim_worlds.scenes import load_scene
from sim_worlds.stills import StillRecipe

ROWS = np.arange(4)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("stills")
    make_shard(folder / "stills-0.npz", StillRecipe(), 0, len(ROWS))
    return Shards(folder, load_scene("tray").description)


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_loss_can_be_reckoned_and_learned_from_on_another_device(
    shards: Shards, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounding.torch, "autocast", lambda *_, **__: nullcontext())
    net = Grounding().to("meta")
    losses = grounding.losses_of(net, shards, ROWS, camera, np.random.default_rng(0))
    losses["turning"] = turning_loss(net, shards.batch(ROWS, camera), camera)
    assert {loss.device.type for loss in losses.values()} == {"meta"}
    torch.stack(list(losses.values())).sum().backward()
    with pytest.raises(RuntimeError, match="meta"):
        net.question(torch.zeros(1, ASKED))


def test_a_step_against_the_losses_makes_them_smaller(shards: Shards) -> None:
    torch.manual_seed(0)
    net = Grounding()

    def total() -> torch.Tensor:
        losses = grounding.losses_of(net, shards, ROWS, "overhead", np.random.default_rng(0))
        return torch.stack(list(losses.values())).sum()

    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)
    before = total()
    before.backward()
    optimiser.step()
    assert float(total().detach()) < float(before.detach())


def test_the_hash_tells_other_stills_apart(shards: Shards, tmp_path: Path) -> None:
    make_shard(tmp_path / "stills-0.npz", StillRecipe(), 0, len(ROWS))
    cell = load_scene("tray").description
    assert Shards(tmp_path, cell).content_hash() == shards.content_hash()
    make_shard(tmp_path / "stills-0.npz", StillRecipe(), 1, len(ROWS))
    assert Shards(tmp_path, cell).content_hash() != shards.content_hash()


def test_a_shard_that_was_damaged_is_named_with_the_remedy(shards: Shards, tmp_path: Path) -> None:
    del shards
    cell, file = load_scene("tray").description, tmp_path / "stills-0.npz"
    make_shard(file, StillRecipe(), 0, 1)
    whole = file.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(UserMistake, match=r"stills-0\.npz is damaged: .*\n.*delete it: the same command"):
            Shards(tmp_path, cell)
    np.savez(file, colour=ROWS)
    with pytest.raises(UserMistake, match="'cells overhead' is missing"):
        Shards(tmp_path, cell)
    np.savez(file, colour=np.array([{}], dtype=object))
    with pytest.raises(UserMistake, match="damaged: ValueError: Object arrays cannot be loaded"):
        Shards(tmp_path, cell)


def test_stills_end_with_the_last_seed_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "STILLS", 2)
    seeds: list[int] = []

    def make(file: Path, recipe: StillRecipe, seed: int, count: int) -> None:
        seeds.extend(range(seed, seed + count))
        make_shard(file, recipe, seed, count)

    class Here:
        def submit(self, work: Callable[..., None], *what: object) -> Future[None]:
            done: Future[None] = Future()
            done.set_result(work(*what))
            return done

    monkeypatch.setattr(collecting, "make_shard", make)
    monkeypatch.setattr(collecting, "crew", lambda processes: nullcontext(Here()))
    shards = make_stills(
        tmp_path / "stills", scene="tray", first_seed=5, count=3, processes=1, progress=lambda done, total: None
    )
    assert seeds == [5, 6, 7]
    assert len(shards) == 3
