"""What a run is wished with: checked at the form as the program would, and carried to its command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.mistakes import UserMistake
from sim_worlds.variation import STRENGTHS as TRUE_STRENGTHS
from sim_worlds.variation import parse_variations
from twin_app.assembly.arguments import build_parser
from twin_app.model.run_wish import SUITES, RunWish, checked, command
from twin_app.model.trained import training_folder
from twin_app.model.variations import STRENGTHS, VARIATIONS, check_variations

NAMES = st.sampled_from([*VARIATIONS, "fog", "LIGHT", ""])
WORDS = st.sampled_from([*STRENGTHS, "0", "0.4", "1", "1.5", "-1", "nan", "huge", "Weak", ""])


@given(NAMES, WORDS, st.booleans())
def test_the_form_takes_the_variations_that_the_program_takes(name: str, strength: str, colon: bool) -> None:  # noqa: FBT001
    word = f"{name}:{strength}" if colon else name or "fog"

    def taken(check: object, what: object) -> str:
        try:
            check(what)  # type: ignore[operator]
        except UserMistake as mistake:
            return str(mistake)
        return ""

    assert taken(check_variations, f" {word}, light") == taken(parse_variations, [word, "light"])


def test_the_strengths_with_a_name_are_those_of_the_catalogue() -> None:
    assert tuple(TRUE_STRENGTHS) == STRENGTHS


@pytest.mark.parametrize("suite", SUITES)
def test_a_wish_becomes_words_that_the_command_line_takes(suite: str, tmp_path: Path) -> None:
    models = model_below(tmp_path) if suite == "ablation" else ""
    wish = RunWish(
        "evaluate", "flow_vla", suite, "0:2", variations="light:weak, camera", fallback="programmed", models=models
    )
    arguments = build_parser().parse_args(command(checked(wish), Path("run"), parent_pid=7))
    assert (arguments.suite, arguments.fallback, arguments.vary) == (suite, "programmed", ["light:weak", "camera"])
    assert (arguments.models or "") == models
    plain = build_parser().parse_args(command(RunWish("evaluate", "flow_vla", suite), Path("run"), parent_pid=7))
    assert (plain.fallback, plain.vary) == (None, [])
    words = f"flow_vla · {suite} · 0:2 · light:weak, camera · with programmed"
    assert wish.words == (f"{words} · models of {models}" if models else words)


def model_below(folder: Path) -> str:
    (folder / "regression").mkdir()
    (folder / "regression" / "card.json").write_text("{}")
    return str(folder)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ("models", "models 'models' is no whole path"),
        ("/nowhere/models", "models: there is no folder /nowhere/models\n.*celltwin train flow_vla --ablations"),
        ("{empty}", "models: no model in any folder of .*\n.*celltwin train flow_vla --ablations"),
        ("/\0", "there is no folder|cannot be looked at"),
    ],
)
def test_an_ablation_needs_models(tmp_path: Path, models: str, words: str) -> None:
    with pytest.raises(UserMistake, match=words):
        checked(RunWish("evaluate", "flow_vla", "ablation", models=models.format(empty=tmp_path)))
    checked(RunWish("evaluate", "flow_vla", "nominal", models=models))


def test_an_ablation_takes_the_models_that_a_training_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    wish = RunWish("evaluate", "flow_vla", "ablation")
    with pytest.raises(UserMistake, match="celltwin/training/flow_vla/ablations"):
        checked(wish)
    place = training_folder("flow_vla") / "ablations"
    place.mkdir(parents=True)
    model_below(place)
    assert checked(wish) is wish


def test_a_policy_cannot_stand_in_for_itself() -> None:
    with pytest.raises(UserMistake, match="fallback 'flow_vla' cannot stand in for itself"):
        checked(RunWish("evaluate", "flow_vla", fallback="flow_vla"))
    checked(RunWish("train", "flow_vla", fallback="flow_vla"))
