"""Fits the confidence on calibration seeds: how sure the policy may say it is, and from where on it is an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from plugins.flow_vla.calibration import Calibration, conformal_limit, fit
from runtime.plugin_host.workshop import Trial


def calibrate(trials: Sequence[Trial], *, alpha: float) -> tuple[Calibration, dict[str, Any]]:
    """The calibration and what it rests on. Every look of a run counts as one case with the run's outcome."""
    told = [trial for trial in trials if trial.signals]
    vectors = np.array([vector for trial in told for vector in trial.signals])
    succeeded = np.array([trial.succeeded for trial in told for _ in trial.signals])
    calibration = fit(vectors, succeeded, ridge=len(vectors) / 500.0)
    lowest = [
        min(calibration.confidence(np.array(vector)) for vector in trial.signals) for trial in told if trial.succeeded
    ]
    prior = sum(trial.succeeded for trial in trials) / len(trials)
    calibration = msgspec.structs.replace(calibration, prior=prior, limit=conformal_limit(lowest, alpha=alpha))
    facts = {
        "runs": len(trials),
        "succeeded": sum(trial.succeeded for trial in trials),
        "looks": len(vectors),
        "alpha": alpha,
        "limit": round(calibration.limit, 4),
    }
    return calibration, facts
