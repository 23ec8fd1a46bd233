"""Teaches the head: chunks for conditions, and when the task is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from plugins.flow_vla.model import FlowVla
from plugins.flow_vla.training.lessons import Examples
from runtime.mistakes import UserMistake


@dataclass(frozen=True, slots=True)
class ActingPlan:
    """How long and how fast."""

    steps: int = 6000
    batch: int = 512
    rate: float = 1e-3
    seed: int = 0
    jitter: float = 0.01
    """Standard deviation of what is added to conditions: a hint that they are never exact."""


def teach_acting(
    model: FlowVla, examples: Examples, plan: ActingPlan, *, progress: Callable[[int, int, dict[str, float]], None]
) -> None:
    """Train the head from where it is. Raises `UserMistake` without examples."""
    if not len(examples):
        raise UserMistake(
            "no example to learn from: the eyes found the part in none of the lessons",
            remedy="more stills or epochs in the configuration's [stills]",
        )
    conditions, chunks = torch.from_numpy(examples.conditions), torch.from_numpy(examples.chunks)
    done = torch.from_numpy(examples.done)
    model.seen_mean.copy_(conditions.mean(dim=0))
    model.seen_std.copy_(conditions.std(dim=0) + 0.05)
    head = model.head
    optimiser = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=plan.rate, total_steps=plan.steps, pct_start=0.05)
    random = torch.Generator().manual_seed(plan.seed)
    for step in range(plan.steps):
        rows = torch.randint(len(examples), (plan.batch,), generator=random)
        condition = conditions[rows]
        condition = condition + plan.jitter * torch.randn_like(condition)
        acting = head.loss(condition, chunks[rows], torch.ones(plan.batch))
        ending = functional.binary_cross_entropy_with_logits(head.finished(condition)[:, 0], done[rows])
        optimiser.zero_grad()
        (acting + 0.2 * ending).backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 200 == 0 or step == plan.steps - 1:
            progress(step, plan.steps, {"acting": float(acting.detach()), "ending": float(ending.detach())})


def joined(parts: list[Examples]) -> Examples:
    """All of them as one; empty when all are."""
    full = [part for part in parts if len(part)] or parts[:1]
    return Examples(
        *(np.concatenate([getattr(part, name) for part in full]) for name in ("conditions", "chunks", "done"))
    )
