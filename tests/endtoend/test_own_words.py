"""`celltwin run --instruction`: a person's own words, in simulated time and on the wall clock."""

from __future__ import annotations

import json

import pytest

from twin_app.assembly.cli import main

WORDS = ("put the red cube in the left tote", "sing a song", "the leftmost one to the right please")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("clock", [[], pytest.param(["--live"], marks=pytest.mark.live)], ids=["lock-step", "live"])
def test_each_instruction_is_followed_or_declined_in_turn(capsys: pytest.CaptureFixture[str], clock: list[str]) -> None:
    asked = [word for words in WORDS for word in ("--instruction", words)]
    assert main(["run", "--headless", *clock, "--policy", "flow_vla", "--seed", "3", "--json", *asked]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["picks"] == 3
    assert figures["succeeded"] == figures["verified"] == 2
    first, second, third = figures["instructions"]
    assert first["judged"] == "moved: red cube to left"
    assert second["declined"]
    assert "not understood as an instruction" in second["reason"]
    assert second["judged"] == "no part moved"
    assert third["judged"].endswith(" to right")


def test_a_number_of_picks_and_own_words_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--headless", "--picks", "2", "--instruction", WORDS[0]]) == 2
    assert "--instruction gives the orders\n  → leave one of them out" in capsys.readouterr().err
