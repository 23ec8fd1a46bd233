"""A training that was cut off goes on at its last epoch and ends with the same weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from plugins.flow_vla.training.checkpoint import Checkpoint
from runtime.mistakes import UserMistake
from tests.support.full_disk import full_disk

EPOCHS = 4


class Cut(Exception):
    """As if the machine went away."""


def train(checkpoint: Checkpoint, *, cut_in: int = EPOCHS) -> tuple[dict[str, torch.Tensor], list[int]]:
    torch.manual_seed(7)
    net = torch.nn.Linear(3, 1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.1, total_steps=3 * EPOCHS)
    parts = {"net": net, "optimiser": optimiser, "schedule": schedule}
    epochs: list[int] = []
    for epoch, random in checkpoint.epochs(EPOCHS, parts, seed=5):
        for _ in range(3):
            x = torch.from_numpy(random.normal(size=(8, 3)).astype("float32")) + 0.1 * torch.randn(8, 3)
            loss = (net(x) - x.sum(dim=1, keepdim=True)).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            if epoch == cut_in:
                raise Cut
        epochs.append(epoch)
    return net.state_dict(), epochs


@pytest.mark.parametrize("cut_in", [0, 2, 3])
def test_a_training_that_was_cut_off_ends_with_the_same_weights(tmp_path: Path, cut_in: int) -> None:
    whole, _ = train(Checkpoint(None))
    checkpoint = Checkpoint(tmp_path / "stage.pt")
    with pytest.raises(Cut):
        train(checkpoint, cut_in=cut_in)
    weights, epochs = train(checkpoint)
    assert epochs == list(range(cut_in, EPOCHS))
    assert all(torch.equal(weights[name], whole[name]) for name in whole)


def test_a_checkpoint_that_finds_no_room_is_named_and_the_one_before_stays(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "stage.pt")
    with pytest.raises(Cut):
        train(checkpoint, cut_in=2)
    before = (tmp_path / "stage.pt").read_bytes()

    with full_disk(room=len(before) // 2), pytest.raises(UserMistake, match=r"stage\.pt cannot be written"):
        train(checkpoint)
    assert (tmp_path / "stage.pt").read_bytes() == before
    assert train(checkpoint)[1] == [2, 3]


def test_a_checkpoint_that_was_damaged_is_named_with_the_remedy(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "stage.pt")
    with pytest.raises(Cut):
        train(checkpoint, cut_in=2)
    whole = (tmp_path / "stage.pt").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"nothing of the kind"):
        (tmp_path / "stage.pt").write_bytes(damaged)
        with pytest.raises(UserMistake, match=r"stage\.pt is damaged: .*\n.*delete it: the same command"):
            train(checkpoint)
