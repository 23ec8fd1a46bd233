"""A training configuration is read with distrust, and its seed sets never meet."""

from __future__ import annotations

from pathlib import Path

import pytest

import plugins.flow_vla.training.recipe as module
from plugins.flow_vla.training.recipe import read_recipe
from runtime.mistakes import UserMistake


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    return file


def test_the_shipped_recipe_is_good() -> None:
    assert read_recipe(Path(module.__file__).with_name("recipe.toml")).stills.count >= 10_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[reading]\nsteps = 1", "reading.steps = 1"),
        ("[lessons]\nlearner_share = 1.5", "lessons.learner_share = 1.5"),
        ("[stills]\nepoch = 3", "unknown field `epoch`"),
        ("[stills]\ncount = 'many'", "Expected `int`"),
        ("seed = ", "Invalid value"),
        ("[seeds]\nvalidation = 100", "overlap"),
        ("[seeds]\nvalidation = -5", "seeds.validation = -5, must be between 0"),
        ("[acting]\nsteps = 'many'", r"acting.steps` \(it is 'many'\)\n.*\[acting\] knows: steps \(int\), round_steps"),
        ("step = 1", r"\n.*the file knows: seed \(int\), .*\[acting\]"),
        ("[seeds]\ncalibration = 499900", "overlap"),
        ("seed = -1", "seed = -1, must be between 0"),
        ("seed = 9000000000", "seed = 9000000000, must be between 0 and 2147483647"),
        ('version = ""', "version = '', must be 1 to 40 letters"),
        ('version = "a\\u001b[31mb"', "version = .*that can be printed"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserMistake, match=words):
        read_recipe(written(tmp_path, text))


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="No such file"):
        read_recipe(tmp_path / "none.toml")
