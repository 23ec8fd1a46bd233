"""Ways to go from one chunk to the next while inference takes time, round the same weights: for comparison only.

`committed` is what is shipped: the hand's path of the next tenth of a second is taken as decided, the chunk begins at
its end; with a longer latency the decided part is longer and the chunk is shifted by it. The others are as published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from plugins.flow_vla.chunks import decode, encode
from plugins.flow_vla.engine import SAMPLES, Engine, Seen
from plugins.flow_vla.flow import ACTION, HORIZON, PER_STEP, STEPS
from plugins.flow_vla.model import FlowVla
from plugins.flow_vla.policy import FlowVlaPolicy
from plugins.flow_vla.ready import ready
from runtime.messages.cell import CellDescription
from runtime.picking.following import Waypoint
from runtime.picking.funnel import SUBSTEP_S, HandState, Path, wrap
from runtime.picking.mover import STEP_PERIOD_S
from runtime.picking.under_way import LEAD_STEPS, UnderWay
from runtime.ports import Observation, Proposal

READ_OUT_S = 0.02
"""From exposure to the beginning of inference."""

MEMORY_RATE = 0.01
"""Of the exponential weights of temporal ensembling, the oldest chunk first (Zhao et al.: ACT, 2023)."""

GUIDANCE_MAX = 5.0
"""Most weight of the guidance (Black et al.: Real-time execution of action chunking flow policies, 2025)."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Between the chunk under way and the one that relieves it, at the moment it arrives."""

    gap_m: float
    turn_rad: float
    speed_gap_m_s: float


class Unaware(UnderWay):
    """Knows no path that was sent before: the hand coasts on from where and how fast it was measured."""

    def keep(self, path: Path, *, stamp_ns: int) -> None:
        """Forgets it."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """An engine whose chunks are drawn in another way."""

    engine: Engine
    way: Committed

    def see(self, camera: str, image: NDArray[np.uint8], asked: NDArray[np.float32]) -> Seen:
        """As it is."""
        return self.engine.see(camera, image, asked)

    def turn(self, camera: str, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """As it is."""
        return self.engine.turn(camera, frame)

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """In the other way."""
        return self.way.draw(condition, noise)


class Committed(FlowVlaPolicy):
    """As it is shipped; its decided part is as long as the latency asks for."""

    def __init__(self, cell: CellDescription, model: FlowVla, *, latency_s: float) -> None:
        shipped = ready(model)
        super().__init__(cell, replace(shipped, engine=Redrawn(shipped.engine, self)))
        self._engine, self._head = shipped.engine, model.head
        self._arrives_s = READ_OUT_S + latency_s
        self._lead_steps = max(LEAD_STEPS, math.ceil((self._arrives_s + 0.02) / SUBSTEP_S))
        self._under_way = self._told_apart()
        self._observation: Observation | None = None
        self.seams: list[Seam] = []

    def infer(self, observation: Observation) -> Proposal:
        """As it is, and the seam to the chunk before is measured."""
        before, before_ns = self.path, 0 if self._observation is None else self._observation.stamp_ns
        self._observation = observation
        proposal = super().infer(observation)
        if before is not None and self.path is not None and observation.assignment is not None:
            passed_s = (observation.stamp_ns - before_ns) * 1e-9
            if 0.0 < passed_s < 0.5:
                self.seams.append(seam_of(before.at(passed_s + self._arrives_s), self.path.at(self._arrives_s)))
        return proposal

    def _told_apart(self) -> UnderWay:
        return UnderWay(self._arm, length_s=HORIZON * STEP_PERIOD_S, lead_steps=self._lead_steps)

    def _hand(self) -> HandState:
        assert self._observation is not None
        return self._under_way.states(self._observation)[-1]

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """As `Engine.draw`, in this way."""
        chunks, finished = self._engine.draw(condition, noise)
        late_s = (self._lead_steps - LEAD_STEPS) * SUBSTEP_S
        if late_s == 0.0:
            return chunks, finished
        hand = self._hand()
        return np.stack([shifted(hand, chunk, late_s=late_s) for chunk in chunks]), finished


class Naive(Committed):
    """Every chunk begins where the hand is seen, whatever is under way."""

    def _told_apart(self) -> UnderWay:
        self._lead_steps = LEAD_STEPS
        return Unaware(self._arm, length_s=HORIZON * STEP_PERIOD_S)


class Ensembling(Naive):
    """The weighted mean of all chunks that tell of the same moment."""

    def __init__(self, cell: CellDescription, model: FlowVla, *, latency_s: float) -> None:
        super().__init__(cell, model, latency_s=latency_s)
        self._chunks: list[tuple[int, list[Waypoint], list[float]]] = []

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """As `Engine.draw`, in this way."""
        chunks, finished = super().draw(condition, noise)
        assert self._observation is not None
        now_ns, hand = self._observation.stamp_ns, self._hand()
        middle = chunks[int(np.square(chunks[:, None] - chunks[None]).sum(axis=2).sum(axis=1).argmin())]
        period_ns = round(STEP_PERIOD_S * 1e9)
        kept = [one for one in self._chunks if 0 < now_ns - one[0] < HORIZON * period_ns]
        self._chunks = [*kept, (now_ns, *decode(hand, middle))]
        mean = [self._mean(now_ns + (step + 1) * period_ns, period_ns) for step in range(HORIZON)]
        points, widths = [point for point, _ in mean], [width for _, width in mean]
        return np.repeat(encode(hand, points, widths)[None], SAMPLES, axis=0), finished

    def _mean(self, moment_ns: int, period_ns: int) -> tuple[Waypoint, float]:
        """Of all chunks at one moment; the fingers as the newest has them, half closed being neither."""
        found: list[Waypoint] = []
        width_m = 0.0
        for stamp_ns, points, widths in self._chunks:
            index = round((moment_ns - stamp_ns) / period_ns) - 1
            if 0 <= index < HORIZON:
                found.append(points[index])
                width_m = widths[index]
        weights = np.exp(-MEMORY_RATE * np.arange(len(found)))
        weights /= weights.sum()
        first = found[0]
        return Waypoint(
            float(weights @ [one.x_m for one in found]),
            float(weights @ [one.y_m for one in found]),
            float(weights @ [one.z_m for one in found]),
            first.yaw_rad + float(weights @ [wrap(one.yaw_rad - first.yaw_rad) for one in found]),
        ), width_m


class InPainting(Naive):
    """The flow is guided to begin with what is under way: surely until it arrives, then less and less."""

    def _told_apart(self) -> UnderWay:
        self._lead_steps = LEAD_STEPS
        return UnderWay(self._arm, length_s=HORIZON * STEP_PERIOD_S)

    def __init__(self, cell: CellDescription, model: FlowVla, *, latency_s: float) -> None:
        super().__init__(cell, model, latency_s=latency_s)
        self._frozen = math.ceil(self._arrives_s / STEP_PERIOD_S)
        self._last: tuple[int, list[Waypoint], list[float]] | None = None

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """As `Engine.draw`, in this way."""
        assert self._observation is not None
        now_ns, hand = self._observation.stamp_ns, self._hand()
        wanted, weights = self._under_way_chunk(hand, now_ns)
        one = torch.from_numpy(condition)[None]
        chunks = self._guided(one.expand(SAMPLES, -1), torch.from_numpy(noise), wanted, weights).numpy()
        with torch.inference_mode():
            finished = float(self._head.finished(one)[0, 0])
        middle = chunks[int(np.square(chunks[:, None] - chunks[None]).sum(axis=2).sum(axis=1).argmin())]
        self._last = (now_ns, *decode(hand, middle))
        return chunks, finished

    def _under_way_chunk(self, hand: HandState, now_ns: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The last chunk's steps as seen from here, f32[ACTION], and how sure they bind, f32[ACTION]."""
        weights = np.zeros((HORIZON, PER_STEP), dtype=np.float32)
        passed = 0 if self._last is None else round((now_ns - self._last[0]) * 1e-9 / STEP_PERIOD_S)
        if self._last is None or not 0 < passed < HORIZON:
            return torch.zeros(ACTION), torch.from_numpy(weights.ravel())
        left = HORIZON - passed
        points = [*self._last[1][passed:], *[self._last[1][-1]] * passed]
        widths = [*self._last[2][passed:], *[self._last[2][-1]] * passed]
        weights[:left] = soft_mask(left, frozen=self._frozen)[:, None]
        return torch.from_numpy(encode(hand, points, widths)), torch.from_numpy(weights.ravel())

    def _guided(
        self, condition: torch.Tensor, chunk: torch.Tensor, wanted: torch.Tensor, weights: torch.Tensor
    ) -> torch.Tensor:
        """Euler steps of the flow, each pulled towards the wanted beginning through the chunk that it would lead to."""
        head = self._head
        for step in range(STEPS):
            at = step / STEPS
            time = torch.full((len(chunk),), at)
            noisy = chunk.detach().requires_grad_(True)
            with torch.enable_grad():
                velocity = head.velocity(condition, noisy, time)
                end = noisy + (1.0 - at) * velocity
                error = ((wanted - end) * weights).detach()
                (pull,) = torch.autograd.grad((end * error).sum(), noisy)
            squared = (1.0 - at) ** 2 / (at**2 + (1.0 - at) ** 2)
            strength = GUIDANCE_MAX if at == 0.0 else min(GUIDANCE_MAX, (1.0 - at) / (at * squared))
            chunk = noisy.detach() + (velocity.detach() + strength * pull) / STEPS
        return chunk


WAYS = {"committed": Committed, "naive": Naive, "ensembling": Ensembling, "in-painting": InPainting}


def soft_mask(left: int, *, frozen: int) -> NDArray[np.float32]:
    """f32[left]: 1 for the frozen steps, then falling to 0 at the old chunk's end (equation 5 of the same paper)."""
    mask = np.ones(left, dtype=np.float32)
    for index in range(min(frozen, left), left):
        share = (left - index) / (left - frozen + 1)
        mask[index] = share * (math.exp(share) - 1.0) / (math.e - 1.0)
    return mask


def shifted(hand: HandState, chunk: NDArray[np.float32], *, late_s: float) -> NDArray[np.float32]:
    """The chunk as one that begins `late_s` before the moment it was drawn for; it waits at the hand till then."""
    points, widths = decode(hand, chunk)
    here = Waypoint(hand.x_m, hand.y_m, hand.z_m, hand.yaw_rad)
    late_steps = late_s / STEP_PERIOD_S
    moved, opened = [], []
    for step in range(HORIZON):
        at = step - late_steps
        if at < 0.0:
            moved.append(here)
            opened.append(widths[0])
            continue
        low, share = int(at), at - int(at)
        a, b = points[low], points[min(low + 1, HORIZON - 1)]
        moved.append(
            Waypoint(
                a.x_m + share * (b.x_m - a.x_m),
                a.y_m + share * (b.y_m - a.y_m),
                a.z_m + share * (b.z_m - a.z_m),
                a.yaw_rad + share * wrap(b.yaw_rad - a.yaw_rad),
            )
        )
        opened.append(widths[low])
    return encode(hand, moved, opened)


def seam_of(before: HandState, after: HandState) -> Seam:
    """How far two paths are apart at one moment."""
    gap_m = math.dist((before.x_m, before.y_m, before.z_m), (after.x_m, after.y_m, after.z_m))
    speeds = (before.vx_m_s, before.vy_m_s, before.vz_m_s), (after.vx_m_s, after.vy_m_s, after.vz_m_s)
    return Seam(gap_m, abs(wrap(after.yaw_rad - before.yaw_rad)), math.dist(*speeds))
