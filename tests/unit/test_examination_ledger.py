"""Results that are kept: found again, only for what they were made with, and never lost to a cut-off line."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime.mistakes import UserMistake
from runtime.plugin_host import PolicyManifest
from runtime.plugin_host.servers import ServerSettings
from sim_worlds.variation import TrainingMix
from tests.support.full_disk import full_disk
from twin_app.assembly import origin
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
    served: ServerSettings | None = None

    def server_settings(self, name: str) -> ServerSettings | None:
        return self.served

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


def test_another_program_has_results_of_its_own(
    tmp_path: Path, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("a", "a", "b"):
        monkeypatch.setattr(ledgers, "program", lambda version=version: version)
        ask(Ledger(tmp_path), range(2))
    assert examiner.asked == [(0, 1), (0, 1)]


def test_a_program_is_known_by_what_works_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("runtime", "plugins/mine", "twin_app/panels"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(origin, "ROOT", tmp_path)

    def known(file: str, content: str) -> str:
        (tmp_path / file).write_text(content)
        origin.program.cache_clear()
        return origin.program()

    try:
        before = known("runtime/a.py", "1")
        assert known("twin_app/panels/b.py", "1") == known("plugins/mine/notes.txt", "1") == before
        assert len({before, known("runtime/a.py", "2"), known("plugins/mine/plugin.toml", "1")}) == 3
    finally:
        origin.program.cache_clear()


def test_a_mapping_that_was_changed_has_results_of_its_own(
    tmp_path: Path, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = PolicyManifest("mine", "Mine", "1", "policy", tmp_path, "")
    served = ServerSettings("openpi", "ws://there:1", tmp_path / "mine.toml")
    monkeypatch.setattr(ledgers, "read_plugins", lambda setup: OnlyManifest(manifest, served))
    for words in ("a", "a", "b"):
        served.mapping.write_text(words)
        ask(Ledger(tmp_path / "kept"), range(2), CellSetup(policy="mine"))
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
    assert [row["policy"] for row in table()] == ["as shipped", "no_wrist_camera", "regression"]
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "card.json").write_text("{}")
    assert [row["policy"] for row in table()] == ["whole", "no_wrist_camera", "regression"]


def test_an_ablation_tells_no_confidence_of_models_that_nobody_calibrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine_all(setup: CellSetup, seeds: Sequence[int], *, progress: Callable[..., None], **rest: object) -> None:
        for count, seed in enumerate(seeds, start=1):
            verdict = "timeout" if seed % 2 else "succeeded"
            progress(Result(seed, "", "red cube", verdict, "", 5.0, confidences=(0.9 - 0.1 * (seed % 2),)), count, 2)

    monkeypatch.setattr(ledgers, "examine_all", examine_all)
    models = [tmp_path / "regression", tmp_path / "whole"]
    rows = ablation(CellSetup(), range(2), models=models, processes=1, ledger=Ledger(None), listen=Listener())
    assert [(row["policy"], row["auroc"]) for row in rows] == [("whole", 1.0), ("regression", None)]
    assert rows[1]["ece"] is None
    assert rows[1]["succeeded"] == 1


def test_the_same_evaluation_is_not_done_twice_at_once(tmp_path: Path, examiner: Examiner) -> None:
    ask(Ledger(tmp_path), range(2))
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserMistake, match="the same evaluation is under way there"):
            ask(Ledger(tmp_path), range(3))
    ask(Ledger(tmp_path), range(3))
    assert examiner.asked == [(0, 1), (2,)]
