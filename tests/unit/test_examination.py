"""What examinations ask, and what their results add up to."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from runtime.messages.geometry import Pose
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment, TaskStatus
from runtime.ports import Observation, Proposal
from sim_worlds.judge import Outcome
from sim_worlds.scenes import load_scene
from sim_worlds.seeds import FIRST_TEST_SEED
from sim_worlds.sentences import CHECKING, PLAIN, TESTING, Forms
from twin_app.assembly.examination.examination import Result, Watched, _verdict, examine
from twin_app.assembly.examination.figures import area_under_roc, brier_skill, calibration_error, figures_of, wilson
from twin_app.assembly.examination.paper import SUITES, Question, draw_question
from twin_app.assembly.setup import CellSetup, read_plugins

_SLOT = re.compile(r"\\*\{\w+\\*\}")

SCENE = load_scene("tray")


def question(suite: str, seed: int):
    return draw_question(SCENE.description, SCENE.place(seed, 0), suite=suite, seed=seed)


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_seed_asks_the_same(suite: str) -> None:
    assert question(suite, 5) == question(suite, 5)
    assert len({question(suite, seed).instruction for seed in range(30)}) > 20


def test_half_of_the_decline_suite_is_to_be_declined_and_nothing_of_the_others() -> None:
    assert 60 < sum(not question("decline", seed).part for seed in range(160)) < 100
    assert all(question(suite, seed).part for suite in ("nominal", "paraphrase") for seed in range(100))


@pytest.mark.parametrize(
    ("suite", "first", "forms"),
    [
        ("nominal", FIRST_TEST_SEED, PLAIN),
        ("paraphrase", FIRST_TEST_SEED - 300, CHECKING),
        ("paraphrase", FIRST_TEST_SEED, TESTING),
    ],
)
def test_only_test_seeds_ask_in_the_forms_of_the_test(suite: str, first: int, forms: Forms) -> None:
    asked = [question(suite, seed).instruction.lower().rstrip(".") for seed in range(first, first + 300)]

    sets = (PLAIN, CHECKING, TESTING)
    told = [
        (len(_SLOT.sub("", re.escape(frame))), number, re.compile(_SLOT.sub(".+", re.escape(frame))))
        for number, one in enumerate(sets)
        for frame in one.frames
        if len(_SLOT.split(re.escape(frame))[0]) > 8
    ]

    def fits_best(text: str) -> int | None:
        """The set whose form has the most words of its own in it: a gap takes in what another form says."""
        fitting = [(own, number) for own, number, form in told if form.fullmatch(text)]
        return max(fitting)[1] if fitting else None

    heard = Counter(fits_best(text) for text in asked)
    assert heard[sets.index(forms)] > 0.2 * len(asked)
    assert all(heard[number] < 0.02 * len(asked) for number, one in enumerate(sets) if one is not forms)


def test_an_interval_holds_its_rate() -> None:
    low, high = wilson(95, 100)
    assert low < 0.95 < high
    assert (low, high) == pytest.approx((0.8882, 0.9785), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_confidence_that_is_right_has_no_error_and_one_that_is_sure_has() -> None:
    random = np.random.default_rng(1)
    told = random.uniform(size=20_000)
    right = random.uniform(size=20_000) < told
    assert calibration_error(told, right) < 0.02
    assert calibration_error(np.ones(1000), np.arange(1000) < 600) == pytest.approx(0.4)


def test_a_skill_is_0_for_saying_the_same_every_time_and_1_for_knowing() -> None:
    right = np.arange(1000) < 600
    assert brier_skill(np.full(1000, 0.6), right) == pytest.approx(0.0)
    assert brier_skill(right.astype(float), right) == 1.0
    assert brier_skill(np.full(1000, 0.1), right) == pytest.approx(1.0 - (0.25 + 0.24) / 0.24)
    assert brier_skill(np.ones(5), np.ones(5, dtype=bool)) is None


def test_the_area_under_the_curve_is_the_chance_to_rank_right() -> None:
    assert area_under_roc(np.array([0.9, 0.8, 0.2]), np.array([True, True, False])) == 1.0
    assert area_under_roc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert area_under_roc(np.array([0.5]), np.array([True])) is None


def result(verdict: str, *, part: str = "red cube") -> Result:
    return Result(1, "put it there", part, verdict, "", 5.0, confidences=(0.8, 0.9), latencies_s=(0.01, 0.02))


def test_what_the_fallback_ended_says_nothing_of_the_policys_confidence() -> None:
    own = [result("succeeded"), result("missed_grasp")]
    helped = replace(result("succeeded"), fallback_used=True, confidences=(0.1,) * 20)
    figures = figures_of([*own, helped])
    assert (figures["succeeded"], figures["fallback_used"]) == (2, 1)
    assert figures["ece"] == figures_of(own)["ece"]


class Told:
    """Answers with a limit."""

    def begin(self, assignment: Assignment) -> None:
        pass

    def infer(self, observation: Observation) -> Proposal:
        return Proposal(PolicyStatus.WORKING, "at work", 0.1, (), confidence_limit=0.4)


@pytest.mark.parametrize(("unhindered", "limit"), [(True, 0.0), (False, 0.4)])
def test_a_policy_alone_is_not_stopped_by_its_own_doubt_which_is_noted_all_the_same(
    *, unhindered: bool, limit: float
) -> None:
    watched = Watched(Told(), unhindered)
    pose = Pose((0.4, 0.0, 0.3))
    zeros = np.zeros(7)
    proposal = watched.infer(Observation(1, 0, {}, zeros, zeros, pose, 0.08, 0.0, Assignment(1, 1, "put it there")))
    assert proposal.confidence_limit == limit
    assert [one.confidence_limit for one in watched.proposals] == [0.4]


def outcome(*, place: str = "tray", wrong_tote: bool = False, moved: tuple[str, ...] = ()) -> Outcome:
    return Outcome(False, place, bool(moved) and bool(place), False, moved, wrong_tote)


@pytest.mark.parametrize(
    ("asked", "became", "verdict"),
    [
        (Question("", "red cube", "left"), outcome(), "missed_grasp"),
        (Question("", "red cube", "left"), outcome(moved=("blue cube",)), "wrong_part"),
        (Question("", "red cube", "left"), outcome(place="right", wrong_tote=True), "wrong_part"),
        (Question("", "", ""), outcome(place=""), "missed_grasp"),
        (Question("", "", ""), outcome(place="", moved=("red cube to left",)), "wrong_part"),
        (Question("", "", ""), Outcome(True, "", False, False, ("red cube to left",)), "wrong_part"),
    ],
)
def test_whatever_was_not_asked_for_and_moves_is_a_wrong_act(asked: Question, became: Outcome, verdict: str) -> None:
    watched = Watched(Told(), gripped=True)
    for late in (False, True):
        assert _verdict(became, asked, TaskStatus.FAILED, watched, late=late) == verdict


DONE = Outcome(True, "left", False, False, ())
ASKED = Question("put it there", "red cube", "left")


@pytest.mark.parametrize(
    ("status", "watched", "late", "verdict"),
    [
        (TaskStatus.SUCCEEDED, Watched(Told(), gripped=True), False, "succeeded"),
        (TaskStatus.SUCCEEDED, Watched(Told(), gripped=True, holding=True), False, "succeeded"),
        (TaskStatus.FAILED, Watched(Told(), gripped=True), False, "succeeded"),
        (TaskStatus.FAILED, Watched(Told(), gripped=True, holding=True), False, "missed_grasp"),
        (TaskStatus.SUCCEEDED, Watched(Told(), gripped=True), True, "timeout"),
    ],
)
def test_a_part_in_the_right_tote_is_a_success_when_it_was_let_go_in_time(
    status: TaskStatus, watched: Watched, *, late: bool, verdict: str
) -> None:
    assert _verdict(DONE, ASKED, status, watched, late=late) == verdict


class Sick:
    """Raises, or answers what is no proposal."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def begin(self, assignment: Assignment) -> None:
        pass

    def infer(self, observation: Observation) -> Proposal:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Confused(Told):
    """Does not know what to begin with."""

    def begin(self, assignment: Assignment) -> None:
        raise RuntimeError("no such word")


def test_a_policy_that_raises_when_its_task_begins_has_failed() -> None:
    setup = CellSetup(seed=3, policy="programmed", fallback="")
    one = examine(setup, suite="nominal", policy=Confused(), registry=read_plugins(setup))
    assert (one.verdict, one.reason) == ("failed", "RuntimeError: no such word")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (RuntimeError("out of memory"), "RuntimeError: out of memory"),
        (None, "TypeError: infer returned None, must be a Proposal"),
        (
            Proposal(PolicyStatus.WORKING, "at work", math.nan, ()),
            "ValueError: confidence = nan, must be finite",
        ),
    ],
)
def test_a_policy_that_raises_has_failed_and_did_not_take_too_long(answer: Any, reason: str) -> None:
    setup = CellSetup(seed=3, policy="programmed", fallback="")
    one = examine(setup, suite="nominal", policy=Sick(answer), registry=read_plugins(setup))
    assert (one.verdict, one.reason) == ("failed", reason)
    figures = figures_of([one])
    assert (figures["failed"], figures["timeout"], figures["ece"]) == (1, 0, None)


def test_figures_count_every_verdict_once() -> None:
    verdicts = ["succeeded"] * 7 + ["wrong_part", "missed_grasp", "timeout"]
    figures = figures_of([*(result(verdict) for verdict in verdicts), result("declined", part="")])
    assert figures["n"] == 11
    assert figures["succeeded"] == 7
    assert figures["declined_rightly"] == 1.0
    assert figures["declined_wrongly"] == 0.0
    assert figures["latency_p50_ms"] == pytest.approx(15.0)
