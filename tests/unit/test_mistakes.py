"""A mistake that another process makes is told as if it were made here; words of others reach a terminal as words."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from plugins.flow_vla.model import ModelRefused
from runtime.datasets.refusals import BusyDataset
from runtime.mistakes import UserMistake, presentable, printable
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.mapping import MappingError
from sim_worlds.tables import SceneError
from twin_app.model.seeds import MOST_SEEDS, parse_seeds

MISTAKES = [
    UserMistake("wrong", remedy="do it right"),
    MappingError("file: wrong"),
    ModelRefused("no weights", remedy="train"),
    BusyDataset(Path("folder"), field="lock", value=7, limit="one at a time", remedy="wait"),
    SceneError(file="tray.toml", key="height_m", value=[1], limit="must be a number"),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: type(mistake).__name__)
def test_a_mistake_is_the_same_in_another_process(mistake: UserMistake) -> None:
    again = pickle.loads(pickle.dumps(mistake))
    assert type(again) is type(mistake)
    assert (str(again), again.what, again.remedy) == (str(mistake), mistake.what, mistake.remedy)
    assert vars(again) == vars(mistake)


@pytest.mark.parametrize(
    "text",
    ["", "5", "5:5", "7:5", "-1:3", "a:b", "0:1e3", "0:99999999999999", f"0:{MOST_SEEDS + 1}", f"{2**32}:{2**32 + 1}"],
)
def test_seeds_that_are_no_range_of_a_bearable_size_are_refused(text: str) -> None:
    with pytest.raises(UserMistake, match="seeds '"):
        parse_seeds(text)


def test_seeds_are_a_range() -> None:
    assert parse_seeds("500000:500500") == range(500000, 500500)
    assert len(parse_seeds(f"7:{MOST_SEEDS + 7}")) == MOST_SEEDS


RED = "\x1b[31mred\x1b[0m\r"


@pytest.mark.parametrize(
    "told",
    [
        printable(RED),
        UserMistake(RED).what,
        UserMistake("x", remedy=RED).remedy,
        str(ServerTrouble(RED)),
        presentable(RED),
    ],
)
def test_what_would_move_the_cursor_is_spelt_out(told: str) -> None:
    assert told == r"\x1b[31mred\x1b[0m\r"


def test_other_words_stay_as_they_are() -> None:
    assert printable("grün, 赤, 5 mm\n  → again") == "grün, 赤, 5 mm\n  → again"
