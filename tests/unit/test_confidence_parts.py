"""The parts of a confidence add up to it, for the learned policy and for the programmed one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec.structs import replace

from plugins.flow_vla.calibration import SIGNAL_NAMES, Calibration
from plugins.programmed.confidence import judge
from runtime.messages.plan import Signal
from runtime.messages.policy import PolicyState
from tests.support.supervised import SECOND_NS, MadeUpCell
from twin_app.model.confidence import Ranking, signal_words
from twin_app.model.signal_lanes import MOST_SIGNALS, SignalsRow, signal_lanes


@pytest.mark.parametrize("seed", range(5))
def test_pulls_and_bias_make_the_learned_confidence(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = len(SIGNAL_NAMES)
    calibration = Calibration(
        tuple(random.normal(size=count)), tuple(random.uniform(0.1, 2.0, count)), tuple(random.normal(size=count)), 0.7
    )
    vector = random.normal(size=count) * 10.0
    odds = 0.7 + float(calibration.pulls(vector).sum())
    assert calibration.confidence(vector) == pytest.approx(1.0 / (1.0 + math.exp(-odds)))


@pytest.mark.parametrize(("grip_error_m", "misses", "quality"), [(None, 0, 0.9), (0.004, 2, 0.5), (None, 1, 0.0)])
def test_pulls_make_the_programmed_confidence(grip_error_m: float | None, misses: int, quality: float) -> None:
    confidence, signals = judge(None, stamp_ns=0, grip_error_m=grip_error_m, misses=misses, scene_quality=quality)
    factors = [0.75**misses]
    factors.append(0.5 * quality if grip_error_m is None else math.exp(-0.5 * (grip_error_m / 0.005) ** 2))
    assert confidence == pytest.approx(math.prod(factors), abs=1e-5)
    assert sum(signal.pull for signal in signals) == pytest.approx(math.log(max(confidence, 1e-6)), abs=0.3)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unseen_s", ("unseen", "s")),
        ("chunk_inconsistency_m", ("chunk inconsistency", "m")),
        ("server ms", ("server", "ms")),
        ("strangeness", ("strangeness", "")),
        ("s", ("s", "")),
    ],
)
def test_a_signal_is_called_by_words_and_its_unit(name: str, words: tuple[str, str]) -> None:
    assert signal_words(name) == words


def test_columns_run_out_without_harm() -> None:
    row = SignalsRow()
    row.names = tuple(f"signal{number}" for number in range(MOST_SIGNALS))
    assert row._column("one too many") is None
    assert len(signal_lanes(row.names, pulled=True)) == MOST_SIGNALS + 1


def pulling(at_s: float, **pulls: float) -> PolicyState:
    signals = tuple(Signal(name, 1.0, pull) for name, pull in pulls.items())
    return replace(MadeUpCell(now_ns=int(at_s * SECOND_NS)).policy(), signals=signals)


def test_the_strongest_pull_stands_first_and_rows_change_places_only_now_and_then() -> None:
    ranking = Ranking()

    def names(state: PolicyState) -> list[str]:
        return [part.name for part in ranking.of(state)]

    assert names(pulling(10.0, rival=0.1, unseen=-1.5, strangeness=0.8)) == ["unseen", "strangeness", "rival"]
    assert names(pulling(11.0, rival=2.0, unseen=-1.5, strangeness=0.8)) == ["unseen", "strangeness", "rival"]
    assert names(pulling(12.1, rival=2.0, unseen=-1.5, strangeness=0.8)) == ["rival", "unseen", "strangeness"]
    assert names(pulling(12.2, rival=0.1, other=-3.0)) == ["other", "rival"]
    assert names(pulling(12.3, rival=0.0, other=0.0)) == ["rival", "other"]
