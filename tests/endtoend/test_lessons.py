"""A lesson from its instruction to its dataset, and the learned policy at work in lock-step."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.datasets import DatasetReader
from runtime.datasets.refusals import RefusedEpisode
from runtime.messages.tasks import Assignment
from runtime.picking import funnel
from runtime.ports import Observation, Proposal
from twin_app.assembly.examination.examination import examine
from twin_app.assembly.practice.collection import Syllabus, collect, take
from twin_app.assembly.practice.lesson import give_lesson
from twin_app.assembly.setup import CellSetup, read_plugins, read_scene


@pytest.mark.timeout(120)
def test_a_teacher_brings_the_part_to_its_tote_and_a_dataset_holds_the_lesson(tmp_path: Path) -> None:
    from runtime.datasets import DatasetWriter

    syllabus = Syllabus(CellSetup())
    form = syllabus.form({})
    take(tmp_path / "set", form, syllabus, 7)
    with DatasetWriter(tmp_path / "set", form) as writer:
        writer.finish()
    dataset = DatasetReader(tmp_path / "set")
    (episode,) = list(dataset)
    assert episode.task
    assert set(episode.images) == {"overhead", "wrist"}
    assert episode.extras["teacher.done"][-1] == 1.0
    heard: list[int] = []
    collect(tmp_path / "set", syllabus, [7], processes=1, progress=lambda done, total: heard.append(done))
    with pytest.raises(RefusedEpisode, match="nothing can be added"):
        collect(tmp_path / "set", syllabus, [8], processes=1, progress=lambda done, total: heard.append(done))
    assert heard == [1]


@pytest.mark.timeout(120)
def test_a_teacher_that_took_the_wrong_part_puts_it_back() -> None:
    lesson = give_lesson(CellSetup(seed=2))
    assert lesson.manner.wrong_part
    assert "putting back" in {shown.advice.phase for shown in lesson.shown}
    assert lesson.outcome.succeeded


class Lost:
    """A learner that cannot go on."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.path: funnel.Path | None = None

    def begin(self, assignment: Assignment) -> None:
        if self.when == "begin":
            raise RuntimeError("out of memory")

    def infer(self, observation: Observation) -> Proposal:
        raise RuntimeError("out of memory")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("when", ["begin", "infer"])
def test_a_learner_that_raises_ends_the_collection_and_is_no_lesson(when: str, tmp_path: Path) -> None:
    syllabus = Syllabus(CellSetup(), learner=lambda cell: Lost(when), learner_share=1.0, all_kept=True)
    with pytest.raises(RuntimeError, match="out of memory"):
        take(tmp_path / "set", syllabus.form({}), syllabus, 7)
    assert not list((tmp_path / "set").rglob("*.mp4"))


@pytest.mark.timeout(180)
def test_the_learned_policy_picks_what_it_is_told_to() -> None:
    setup = CellSetup(policy="flow_vla", seed=210_000, fallback="")
    registry = read_plugins(setup)
    policy = registry.load_policy("flow_vla", read_scene(setup).cell)
    result = examine(setup, suite="nominal", policy=policy, registry=registry)
    assert result.verdict == "succeeded", result.reason
    assert result.confidences
