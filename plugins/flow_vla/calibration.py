"""From signals to a probability of success, and the limit below which it is an alarm: fitted on calibration seeds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from runtime.messages.plan import Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNAL_NAMES = (
    "flow_spread",
    "chunk_inconsistency_m",
    "strangeness",
    "peak_overhead",
    "peak_wrist",
    "rival",
    "target_std_m",
    "unseen_s",
    "reading_doubt",
    "elapsed_s",
    "progress",
)
"""The order of every vector of signals; `signals.py` measures them."""


LOG_ODDS_MAX = 500.0
"""Beyond it a probability is 0 or 1 to every digit, and its exponential soon beyond all numbers."""


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """A logistic model over standardised signals."""

    mean: tuple[float, ...] = (0.0,) * len(SIGNAL_NAMES)
    std: tuple[float, ...] = (1.0,) * len(SIGNAL_NAMES)
    weight: tuple[float, ...] = (0.0,) * len(SIGNAL_NAMES)
    bias: float = 2.0
    prior: float = 0.9
    """Success rate of the calibration runs: what is known before anything was measured."""

    limit: float = 0.0
    """Conformal quantile of the confidence of runs that succeed."""

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that no calibration has."""
        for name in ("mean", "std", "weight"):
            if len(getattr(self, name)) != len(SIGNAL_NAMES):
                raise ValueError(f"{name} has {len(getattr(self, name))} numbers, one a signal are {len(SIGNAL_NAMES)}")
        if not all(map(math.isfinite, (*self.mean, *self.std, *self.weight, self.bias))):
            raise ValueError("mean, std, weight and bias must be finite")
        if min(self.std) <= 0.0:
            raise ValueError(f"std holds {min(self.std):g}, must be above 0")
        largest = max(map(abs, (*self.weight, self.bias)))
        if largest > LOG_ODDS_MAX:
            raise ValueError(f"weight and bias reach {largest:g}, must be at most {LOG_ODDS_MAX:g}")
        for name in ("prior", "limit"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name):g}, must be within 0…1")

    def confidence(self, vector: NDArray[np.float64] | None) -> float:
        """Probability of success for one measurement f64[signals], and before the first one."""
        if vector is None:
            return self.prior
        log_odds = self.bias + float(self.pulls(vector).sum())
        return 1.0 / (1.0 + math.exp(-min(max(log_odds, -LOG_ODDS_MAX), LOG_ODDS_MAX)))

    def pulls(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each signal adds to the log odds of success, f64[signals]; with the bias they make the confidence."""
        scaled = np.clip((vector - np.array(self.mean)) / np.array(self.std), -6.0, 6.0)
        return scaled * np.array(self.weight)

    def told(self, vector: NDArray[np.float64] | None) -> tuple[Signal, ...]:
        """As telemetry; nothing before the first measurement."""
        if vector is None:
            return ()
        measured = zip(SIGNAL_NAMES, vector.tolist(), self.pulls(vector).tolist(), strict=True)
        return tuple(Signal(name, value, pull) for name, value, pull in measured)


def fit(vectors: NDArray[np.float64], succeeded: NDArray[np.bool_], *, ridge: float = 1.0) -> Calibration:
    """Logistic regression by Newton's method, with a ridge on the weights; [n, signals] and [n]."""
    mean, std = vectors.mean(axis=0), vectors.std(axis=0) + 1e-9
    x = np.concatenate((np.clip((vectors - mean) / std, -6.0, 6.0), np.ones((len(vectors), 1))), axis=1)
    y = succeeded.astype(float)
    weight = np.zeros(x.shape[1])
    weight[-1] = math.log((y.sum() + 1.0) / (len(y) - y.sum() + 1.0))
    penalty = ridge * np.eye(x.shape[1])
    penalty[-1, -1] = 0.0
    for _ in range(100):
        share = 1.0 / (1.0 + np.exp(-np.clip(x @ weight, -30.0, 30.0)))
        slope = x.T @ (share - y) + penalty @ weight
        curve = (x * (share * (1.0 - share))[:, None]).T @ x + penalty
        step = np.linalg.solve(curve + 1e-9 * np.eye(len(weight)), slope)
        weight -= _shortened(step, weight, slope, x, y, penalty) * step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Calibration(
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        weight=tuple(weight[:-1].tolist()),
        bias=float(weight[-1]),
        prior=float(y.mean()),
    )


def _shortened(
    step: NDArray[Any],
    weight: NDArray[np.float64],
    slope: NDArray[Any],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    penalty: NDArray[np.float64],
) -> float:
    """By how much the step is cut so that the loss falls (Armijo's rule); whole ones may run away."""

    def loss(at: NDArray[np.float64]) -> float:
        logits = x @ at
        return float((np.logaddexp(0.0, logits) - y * logits).sum() + 0.5 * at @ penalty @ at)

    before, gain, share = loss(weight), float(slope @ step), 1.0
    while share > 1e-6 and loss(weight - share * step) > before - 1e-4 * share * gain:
        share *= 0.5
    return share


def conformal_limit(scores: Sequence[float], *, alpha: float) -> float:
    """The limit that a run which succeeds falls below with a chance of about `alpha`, however the scores are spread.

    `scores`: the least confidence of each successful calibration run, by a fit that has not seen it. The
    ⌈(n+1)(1−α)⌉-th largest of them (Vovk et al.: Algorithmic learning in a random world, 2005); 0 when there are too
    few. With one fit for all runs the chance is at most `alpha`; with one for each fold about twice that is what can
    be proved, and near `alpha` what is seen.
    """
    count = len(scores)
    rank = math.ceil((count + 1) * (1.0 - alpha))
    return sorted(scores, reverse=True)[rank - 1] if rank <= count else 0.0
