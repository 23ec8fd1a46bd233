"""Results that are kept: found again, only for what they were made with, and never lost to a cut-off line."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.mistakes import UserMistake
from runtime.plugin_host import PolicyManifest
from sim_worlds.variation import TrainingMix
from tests.support.full_disk import full_disk
from twin_app.assembly.examination import ledger as ledgers
from twin_app.assembly.examination.examination import Result
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.examination.tables import ablation, robustness
from twin_app.assembly.setup import CellSetup
from twin_app.model.trained import ablation_models


@dataclass(frozen=True)
class OnlyManifest:
    """Of a registry, what the ledger asks for."""

    one: PolicyManifest

    def manifest(self, name: str) -> PolicyManifest:
        assert name == self.one.name
        return self.one


class Examiner:
    """Notes what it is asked for; odd seeds fail."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def __call__(
        self, setup: CellSetup, seeds: tuple[int, ...], *, progress: Callable[..., None], **rest: object
    ) -> None:
        self.asked.append(tuple(seeds))
        for count, seed in enumerate(seeds, start=1):
            verdict = "timeout" if seed % 2 else "succeeded"
            progress(Result(seed, "put it there", "red cube", verdict, "", 5.0), count, len(seeds))


class Listener:
    """Notes which rows have begun and ended."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []

    def begin(self, row: str, *, number: int, of: int) -> None:
        self.heard.append((row, (number, of)))

    def hear(self, row: str, result: Result, count: int, total: int) -> None:
        self.heard.append((row, (result.seed, count, total)))

    def end(self, row: str, figures: Mapping[str, object]) -> None:
        self.heard.append((row, figures))


@pytest.fixture
def examiner(monkeypatch: pytest.MonkeyPatch) -> Examiner:
    one = Examiner()
    monkeypatch.setattr(ledgers, "examine_all", one)
    return one


def ask(
    ledger: Ledger,
    seeds: range,
    setup: CellSetup | None = None,
    suite: str = "nominal",
    mix: TrainingMix | None = None,
) -> list[tuple[int, int]]:
    heard: list[tuple[int, int]] = []
    results = ledger.examine(
        setup or CellSetup(),
        seeds,
        suite=suite,
        processes=1,
        progress=lambda result, count, total: heard.append((count, total)),
        mix=mix,
    )
    assert [result.seed for result in results] == list(seeds)
    return heard


def test_only_what_is_missing_is_examined_and_progress_counts_what_was_there(
    tmp_path: Path, examiner: Examiner
) -> None:
    ask(Ledger(tmp_path), range(3))
    assert ask(Ledger(tmp_path), range(5)) == [(4, 5), (5, 5)]
    assert examiner.asked == [(0, 1, 2), (3, 4)]


def test_another_cell_or_suite_has_results_of_its_own(tmp_path: Path, examiner: Examiner) -> None:
    ask(Ledger(tmp_path), range(2))
    ask(Ledger(tmp_path), range(2), CellSetup(variations=("light:strong",)))
    ask(Ledger(tmp_path), range(2), suite="paraphrase")
    ask(Ledger(tmp_path), range(2), CellSetup(seed=9))  # the seeds replace it
    assert len(examiner.asked) == 3
    ask(Ledger(tmp_path), range(2), mix=TrainingMix(chance=0.3))
    ask(Ledger(tmp_path), range(2), mix=TrainingMix(chance=0.3))
    ask(Ledger(tmp_path), range(2), mix=TrainingMix(chance=0.4))
    assert len(examiner.asked) == 5


def test_a_scene_that_was_changed_has_results_of_its_own(tmp_path: Path, examiner: Examiner) -> None:
    scene = tmp_path / "mine.toml"
    for height in (1, 1, 2):
        scene.write_text(f"height = {height}")
        ask(Ledger(tmp_path), range(2), CellSetup(scene=str(scene)))
    assert examiner.asked == [(0, 1), (0, 1)]


def test_weights_that_were_made_anew_have_results_of_their_own(
    tmp_path: Path, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    manifest = PolicyManifest("mine", "Mine", "1", "policy", tmp_path, "", model=model)
    monkeypatch.setattr(ledgers, "read_plugins", lambda setup: OnlyManifest(manifest))
    for weights in ("a", "a", "b"):
        (model / "card.json").write_text(weights)
        ask(Ledger(tmp_path), range(2), CellSetup(policy="mine"))
    assert examiner.asked == [(0, 1), (0, 1)]


def test_a_line_that_was_cut_off_costs_its_own_result_only(tmp_path: Path, examiner: Examiner) -> None:
    ask(Ledger(tmp_path), range(3))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-7] + b'\n{"verdict": "\xff"}\n' + b"[" * 5000)
    ask(Ledger(tmp_path), range(4))
    ask(Ledger(tmp_path), range(4))
    assert examiner.asked == [(0, 1, 2), (2, 3)]


def test_results_that_find_no_room_are_named_and_those_before_are_not_asked_for_again(
    tmp_path: Path, examiner: Examiner
) -> None:
    ask(Ledger(tmp_path), range(3))
    (file,) = tmp_path.iterdir()
    with full_disk(room=file.stat().st_size + 9), pytest.raises(UserMistake, match=r"jsonl: File too large\n.*goes on"):
        ask(Ledger(tmp_path), range(5))
    ask(Ledger(tmp_path), range(5))
    ask(Ledger(tmp_path), range(5))
    assert examiner.asked == [(0, 1, 2), (3, 4), (3, 4)]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, examiner: Examiner) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserMistake, match="file"):
        ask(Ledger(tmp_path / "file"), range(1))
    assert examiner.asked == []


def test_a_robustness_table_has_a_row_for_nothing_and_for_each_variation_and_strength(examiner: Examiner) -> None:
    rows = robustness(CellSetup(), range(4), processes=1, ledger=Ledger(None), listen=(listener := Listener()))
    assert rows[0]["variation"] == "none"
    assert listener.heard[:7] == [
        ("none", (1, 22)),
        *(("none", (seed, seed + 1, 4)) for seed in range(4)),
        ("none", rows[0]),
        ("light:weak", (2, 22)),
    ]
    assert {"light:weak", "camera:strong", "occlusion:medium"} <= {row["variation"] for row in rows}
    assert all(row["succeeded"] == 2 and row["timeout"] == 2 for row in rows)
    assert len(examiner.asked) == len(rows)


def test_an_ablation_table_has_a_row_for_each_model_and_says_how_to_make_them(
    tmp_path: Path, examiner: Examiner
) -> None:
    def table() -> list[dict[str, object]]:
        return ablation(
            CellSetup(policy="flow_vla"),
            range(2),
            models=ablation_models(str(tmp_path), policy="flow_vla"),
            processes=1,
            ledger=Ledger(None),
            listen=Listener(),
        )

    with pytest.raises(UserMistake, match="train flow_vla --ablations"):
        table()
    for name in ("regression", "no_wrist_camera"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").write_text("{}")
    assert [row["policy"] for row in table()] == ["whole", "no_wrist_camera", "regression"]


def test_the_same_evaluation_is_not_done_twice_at_once(tmp_path: Path, examiner: Examiner) -> None:
    ask(Ledger(tmp_path), range(2))
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserMistake, match="the same evaluation is under way there"):
            ask(Ledger(tmp_path), range(3))
    ask(Ledger(tmp_path), range(3))
    assert examiner.asked == [(0, 1), (2,)]
