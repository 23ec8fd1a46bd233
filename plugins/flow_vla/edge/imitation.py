"""A smaller network is taught to answer as the larger one does: needs few pictures and no labels.

Hinton et al.: Distilling the knowledge in a neural network, 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from plugins.flow_vla.flow import ACTION, STEPS, FlowHead
from plugins.flow_vla.graphs import CAMERAS
from plugins.flow_vla.grounding import Grounding
from plugins.flow_vla.slots import COLOURS, SHAPES, asked_for
from plugins.flow_vla.training.accelerating import device_of, shortened
from plugins.flow_vla.training.shards import Shards

Progress = Callable[[int, int, dict[str, float]], None]
"""Hears step, steps and losses."""

BATCH = 64
QUESTIONS = 4
GROUND_SHARE = 0.05
"""How much a cell counts in which there is no part: of most of what is said of it nobody asks."""

JITTER = 0.02
"""Standard deviation of what is added to conditions, so that the head imitates between them too."""

CHUNKS = 512


@dataclass(frozen=True, slots=True)
class EyePlan:
    """How long and how fast."""

    epochs: int
    seed: int
    rate: float = 1e-3


def imitate_eyes(
    pupil: Grounding, teacher: Grounding, shards: Shards, plan: EyePlan, *, progress: Progress | None = None
) -> None:
    """Teach the pupil's eyes, all else of it stays."""
    eyes = [getattr(pupil, camera) for camera in CAMERAS]
    weights = [weight for eye in eyes for weight in eye.parameters()]
    batch = min(BATCH, len(shards))
    steps = plan.epochs * (len(shards) // batch)
    optimiser, schedule = _optimiser(weights, rate=plan.rate, steps=steps)
    random = np.random.default_rng((plan.seed, 0xED6E))
    for step in range(steps):
        rows = np.sort(random.choice(len(shards), batch, replace=False))
        losses = {camera: _eye_loss(pupil, teacher, camera, shards, rows, random) for camera in CAMERAS}
        _step(optimiser, schedule, weights, torch.stack(list(losses.values())).sum())
        if progress is not None and (step % 20 == 0 or step == steps - 1):
            progress(step, steps, {name: float(loss.detach()) for name, loss in losses.items()})


def _eye_loss(
    pupil: Grounding, teacher: Grounding, camera: str, shards: Shards, rows: np.ndarray, random: np.random.Generator
) -> Tensor:
    pictures = shards.batch(rows, camera).pictures
    with shortened(device_of(pupil)):
        with torch.no_grad():
            wanted = getattr(teacher, camera)(pictures)
        found = getattr(pupil, camera)(pictures)
    wanted, found = ({name: value.float() for name, value in one.items()} for one in (wanted, found))
    weight = GROUND_SHARE + torch.sigmoid(wanted["kinds"][:, :1])
    loss = _off(found["room"], wanted["room"])
    for name in ("looks", "kinds", "offset"):
        loss = loss + _off(found[name], wanted[name], weight)
    loss = loss + _off(found["height"], wanted["height"], weight[:, 0])
    return loss + _heat_loss(pupil, teacher, camera, found, wanted, random)


def _heat_loss(
    pupil: Grounding,
    teacher: Grounding,
    camera: str,
    found: dict[str, Tensor],
    wanted: dict[str, Tensor],
    random: np.random.Generator,
) -> Tensor:
    """Divergence of where they look, for questions drawn at random."""
    asked = torch.from_numpy(np.stack([_question(random) for _ in range(QUESTIONS * len(found["looks"]))]))
    heats: list[Tensor] = []
    for net, seen in ((pupil, found), (teacher, wanted)):
        repeated = {"looks": seen["looks"].repeat_interleave(QUESTIONS, dim=0)}
        heats.append(net.heat(camera, repeated, asked).log_softmax(dim=1))
    return functional.kl_div(heats[0], heats[1].detach(), log_target=True, reduction="batchmean")


def _question(random: np.random.Generator) -> np.ndarray:
    return asked_for(COLOURS[int(random.integers(len(COLOURS)))], SHAPES[int(random.integers(len(SHAPES)))])


def _off(found: Tensor, wanted: Tensor, weight: Tensor | None = None) -> Tensor:
    """Squared error as a share of how much the wanted values vary."""
    error = (found - wanted).square()
    if weight is not None:
        error = error * weight / weight.mean()
    return error.mean() / (wanted.var() + 1e-6)


def straighten(
    head: FlowHead, conditions: Tensor, *, steps: int, batches: int, seed: int, progress: Progress | None = None
) -> FlowHead:
    """A head that draws in `steps` the chunk that `head` draws in `STEPS` from the same noise: straightened flow.

    As the distillation of rectified flow in Liu et al.: Flow straight and fast, 2023. `conditions`: f32[n, SIZE].
    """
    pupil = FlowHead(conditions.shape[1])
    pupil.load_state_dict(head.state_dict())
    optimiser, schedule = _optimiser(list(pupil.parameters()), rate=1e-3, steps=batches)
    random = torch.Generator().manual_seed(seed)
    for step in range(batches):
        rows = torch.randint(len(conditions), (CHUNKS,), generator=random)
        condition = conditions[rows]
        condition = condition + JITTER * torch.randn(condition.shape, generator=random)
        noise = torch.randn((CHUNKS, ACTION), generator=random)
        with torch.no_grad():
            wanted = head.draw(condition, noise=noise, steps=STEPS)
        loss = functional.smooth_l1_loss(pupil.draw(condition, noise=noise, steps=steps), wanted, beta=0.02)
        _step(optimiser, schedule, list(pupil.parameters()), loss)
        if progress is not None and (step % 50 == 0 or step == batches - 1):
            progress(step, batches, {"straightening": float(loss.detach())})
    return pupil.eval()


def _optimiser(
    weights: list[torch.nn.Parameter], *, rate: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=0.0)
    return optimiser, torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rate, total_steps=max(steps, 2), pct_start=0.1
    )


def _step(
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    weights: list[torch.nn.Parameter],
    loss: Tensor,
) -> None:
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimiser.step()
    schedule.step()
