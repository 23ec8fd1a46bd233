"""What many results add up to: rates with intervals, latency, and whether the confidence can be believed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin_app.assembly.examination.examination import Result

BINS = 10
EARLY_LOOKS = 50
"""Looks within 5 s, at ten a second; a pick takes six or more."""


class Judged(Protocol):
    """One run with its verdict and what the policy thought of its chances, look by look."""

    @property
    def verdict(self) -> str:
        """`succeeded`, or what went wrong."""
        ...

    @property
    def confidences(self) -> tuple[float, ...]:
        """0…1 each."""
        ...


def wilson(successes: int, count: int, *, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a rate (Wilson, 1927); (0, 1) for nothing."""
    if count == 0:
        return 0.0, 1.0
    share, spread = successes / count, z * z / count
    middle = (share + 0.5 * spread) / (1.0 + spread)
    half = z / (1.0 + spread) * math.sqrt(share * (1.0 - share) / count + 0.25 * spread / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def reliability(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """For each of ten equal bins of confidence that holds any: mean confidence, share that was right, and how many."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    rows: list[tuple[float, float, int]] = []
    for index in range(BINS):
        inside = bins == index
        if inside.any():
            rows.append((float(confidences[inside].mean()), float(right[inside].mean()), int(inside.sum())))
    return rows


def calibration_error(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error (Naeini et al.: Obtaining well calibrated probabilities, 2015)."""
    rows = reliability(confidences, right)
    total = sum(count for _, _, count in rows)
    return sum(count * abs(mean - share) for mean, share, count in rows) / max(total, 1)


def area_under_roc(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """Chance that a success has the higher score than a failure; None where there is only one kind."""
    good, bad = scores[right], scores[~right]
    if len(good) == 0 or len(bad) == 0:
        return None
    higher = (good[:, None] > bad[None]).mean() + 0.5 * (good[:, None] == bad[None]).mean()
    return float(higher)


def brier_skill(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float | None:
    """How much better than saying the share that is right every time: 1 is perfect, 0 or below worth nothing.

    One minus the ratio of both Brier scores (Murphy: Skill scores based on the mean square error, 1988); None where
    all ended alike.
    """
    base = float(right.mean() * (1.0 - right.mean()))
    return None if base == 0.0 else 1.0 - float(np.square(confidences - right).mean()) / base


def figures_of(results: Sequence[Result]) -> dict[str, Any]:
    """As `celltwin evaluate --json` prints them.

    What a policy thinks of its own chances is judged by the runs that it ended itself, without its fallback.
    """
    verdicts = Counter(result.verdict for result in results)
    asked = [result for result in results if result.part]
    vain = [result for result in results if not result.part]
    succeeded = verdicts["succeeded"]
    latencies_ms = 1e3 * np.array([value for result in results for value in result.latencies_s] or [0.0])
    low, high = wilson(succeeded, len(asked))
    return {
        "n": len(results),
        "succeeded": succeeded,
        "wrong_part": verdicts["wrong_part"],
        "missed_grasp": verdicts["missed_grasp"],
        "timeout": verdicts["timeout"],
        "declined": verdicts["declined"],
        "failed": verdicts["failed"],
        "interval95": [round(low, 4), round(high, 4)],
        "latency_p50_ms": round(float(np.percentile(latencies_ms, 50)), 2),
        "latency_p99_ms": round(float(np.percentile(latencies_ms, 99)), 2),
        **confidence_figures([result for result in asked if not result.fallback_used]),
        **_declined("declined_rightly", vain),
        **_declined("declined_wrongly", asked),
        "fallback_used": sum(result.fallback_used for result in results),
        "duration_mean_s": round(float(np.mean([result.duration_s for result in results])), 2),
    }


def confidence_figures(results: Sequence[Judged]) -> dict[str, float | None]:
    """Calibration error and skill over all looks, and how well the lowest look of a run tells how it ends.

    `auroc_early` hears the first 5 s only, when no run has ended yet: time itself tells nothing then.
    """
    told = [result for result in results if result.confidences]
    if not told:
        return {"ece": None, "brier_skill": None, "auroc": None, "auroc_early": None}
    confidences, right = _looks(told)
    lowest = np.array([min(result.confidences) for result in told])
    ended_well = np.array([result.verdict == "succeeded" for result in told])
    early = np.array([min(result.confidences[:EARLY_LOOKS]) for result in told])
    told_of = {
        "ece": calibration_error(confidences, right),
        "brier_skill": brier_skill(confidences, right),
        "auroc": area_under_roc(lowest, ended_well),
        "auroc_early": area_under_roc(early, ended_well),
    }
    return {name: None if value is None else round(value, 4) for name, value in told_of.items()}


def card_figures(results: Sequence[Judged]) -> dict[str, Any]:
    """What a model card tells of an examination: verdicts, rate, and the reliability diagram as rows."""
    verdicts = Counter(result.verdict for result in results)
    low, high = wilson(verdicts["succeeded"], len(results))
    told = [result for result in results if result.confidences]
    return {
        "n": len(results),
        "verdicts": dict(sorted(verdicts.items())),
        "interval95": [round(low, 4), round(high, 4)],
        **confidence_figures(results),
        "reliability": [[round(mean, 4), round(share, 4), count] for mean, share, count in reliability(*_looks(told))],
    }


def _looks(results: Sequence[Judged]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    confidences = np.array([value for result in results for value in result.confidences], dtype=np.float64)
    right = np.array([result.verdict == "succeeded" for result in results for _ in result.confidences], dtype=np.bool_)
    return confidences, right


def _declined(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """Share of these that was declined, with its interval; None where there are none."""
    count = len(results)
    if not count:
        return {name: None, f"{name}_interval95": None}
    declined = sum(result.verdict == "declined" for result in results)
    low, high = wilson(declined, count)
    return {name: round(declined / count, 4), f"{name}_interval95": [round(low, 4), round(high, 4)]}
