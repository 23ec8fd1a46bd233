"""Fits the confidence on calibration seeds: how sure the policy may say it is, and from where on it is an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from plugins.flow_vla.calibration import Calibration, conformal_limit, fit
from runtime.plugin_host.workshop import Trial

FOLDS = 10


def calibrate(trials: Sequence[Trial], *, alpha: float) -> tuple[Calibration, dict[str, Any]]:
    """The calibration and what it rests on. Every look of a run counts as one case with the run's outcome.

    The limit's scores come from fits that have not seen the run (cross-conformal; Vovk: Cross-conformal predictors,
    2015): what a fit says of its own cases is too good.
    """
    told = [trial for trial in trials if trial.signals]
    lowest: list[float] = []
    for fold in range(FOLDS):
        others = _fitted([trial for number, trial in enumerate(told) if number % FOLDS != fold])
        lowest += [_lowest(others, trial) for trial in told[fold::FOLDS] if trial.succeeded]
    prior = sum(trial.succeeded for trial in trials) / len(trials)
    limit = conformal_limit(lowest, alpha=alpha)
    calibration = msgspec.structs.replace(_fitted(told), prior=prior, limit=limit)
    facts = {
        "runs": len(trials),
        "succeeded": sum(trial.succeeded for trial in trials),
        "looks": sum(len(trial.signals) for trial in told),
        "alpha": alpha,
        "limit": round(calibration.limit, 4),
    }
    return calibration, facts


def _fitted(told: Sequence[Trial]) -> Calibration:
    vectors = np.array([vector for trial in told for vector in trial.signals])
    succeeded = np.array([trial.succeeded for trial in told for _ in trial.signals])
    return fit(vectors, succeeded, ridge=len(vectors) / 500.0)


def _lowest(calibration: Calibration, trial: Trial) -> float:
    return min(calibration.confidence(np.array(vector)) for vector in trial.signals)
