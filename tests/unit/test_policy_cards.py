"""A policy's card: what is made of its manifest and of the card that its training wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.messages.card import PolicyCard
from runtime.plugin_host import discover, read_card
from runtime.plugin_host.manifest import ManifestError, read_manifest
from runtime.plugin_host.model_card import MOST_BYTES
from twin_app.assembly.cli import main
from twin_app.assembly.setup import PLUGIN_FOLDER
from twin_app.model.card import lines

MANIFEST = """
[plugin]
name = "one"
version = "1.0.0"
api = 1

[[policy]]
name = "one"
label = "One"
factory = "build"
what = "A policy."
weaknesses = ["It is slow."]
card = "model/card.json"
"""
FACTS = {
    "reading": {"known forms": 0.99, "new forms": None},
    "seconds 1-reading": 166.7,
    "peak MiB of a process": 833,
    "demonstrations": "5f" * 32,
    "recipe": {"seed": 0, "stills": {"first_seed": 0, "count": 12000}},
    "regression": False,
    "validation plain": {
        "n": 200,
        "verdicts": {"missed_grasp": 8, "succeeded": 192},
        "interval95": [0.92, 0.98],
        "ece": 0.02,
        "auroc": None,
        "reliability": [[0.9, 0.95, 1000]],
    },
}


def plugin(folder: Path, card: str | None) -> Path:
    own = folder / "one"
    (own / "model").mkdir(parents=True)
    (own / "policy.py").write_text("")
    (own / "plugin.toml").write_text(MANIFEST)
    if card is not None:
        (own / "model" / "card.json").write_text(card)
    return own / "plugin.toml"


def card_of(folder: Path, text: str | None) -> PolicyCard:
    (policy,) = read_manifest(plugin(folder, text)).policies
    return read_card(policy)


def test_facts_are_sorted_by_what_they_are_about(tmp_path: Path) -> None:
    model = {"architecture": "one/1", "version": "2.0", "sha256": "ab", "calibration": {}, "facts": FACTS}
    card = card_of(tmp_path, json.dumps(model))
    assert (card.version, card.what, card.trouble) == ("2.0", "A policy.", "")
    assert card.weaknesses == ("It is slow.", "Validation plain, of 200 runs: 8 missed grasp.")
    (one,) = card.examinations
    assert one.verdicts == (("succeeded", 192), ("missed_grasp", 8))
    assert one.reliability == ((0.9, 0.95, 1000),)
    sections = {section.title: dict(section.rows) for section in card.sections}
    assert sections["Data"] == {"demonstrations": f"sha256 {'5f' * 32}"}
    assert sections["Time and memory"] == {"1-reading": "166.7 s", "peak MiB of a process": "833"}
    assert sections["Recipe"] == {"seed": "0", "stills": "first_seed 0, count 12000"}
    assert sections["Reading"] == {"known forms": "0.99", "new forms": "—"}
    assert sections["Model"] == {"architecture": "one/1", "version": "2.0", "sha256": "ab", "regression": "no"}


@pytest.mark.parametrize(
    ("card", "version"),
    [
        ('{"version": "2.0"}', "2.0"),
        ("{}", "1.0.0"),
        ("{", "1.0.0"),
        (None, "1.0.0"),
        ('{"version": "\\u001b[2J"}', "1.0.0"),
    ],
)
def test_a_policy_has_the_version_of_its_weights(tmp_path: Path, card: str | None, version: str) -> None:
    (policy,) = read_manifest(plugin(tmp_path, card)).policies
    assert policy.version == version


def test_a_model_that_was_never_examined_says_so(tmp_path: Path) -> None:
    card = card_of(tmp_path, '{"facts": {}}')
    assert card.weaknesses[-1].startswith("No figures")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "No such file"),
        ("{", "truncated"),
        ("[]", "Expected `object`"),
        ('{"facts": {"v": {"n": "x", "verdicts": {}, "interval95": [0, 1]}}}', "v: "),
        ('{"facts": {}}' + " " * MOST_BYTES, f"at most {MOST_BYTES}"),
        ('{"facts": ' + 450 * '{"a": ' + "1" + 450 * "}" + "}", "recursion"),
        ('{"facts": ' + 5000 * '{"a": ' + "}", "recursion"),
    ],
)
def test_a_broken_card_is_told_and_costs_nobody_the_policy(tmp_path: Path, text: str | None, words: str) -> None:
    card = card_of(tmp_path, text)
    assert card.trouble.startswith("card.json: ")
    assert words in card.trouble
    assert card.what == "A policy."


def test_a_card_outside_of_the_plugin_is_refused(tmp_path: Path) -> None:
    manifest = plugin(tmp_path, None)
    manifest.write_text(MANIFEST.replace("model/card.json", "../../card.json"))
    with pytest.raises(ManifestError, match="policy.card: '../../card.json' is outside of this plugin"):
        read_manifest(manifest)


@pytest.mark.parametrize("manifest", discover(PLUGIN_FOLDER).policies(), ids=lambda manifest: manifest.name)
def test_every_policy_that_comes_along_says_what_it_is_and_what_it_cannot_do(manifest: object) -> None:
    card = read_card(manifest)  # type: ignore[arg-type]
    assert card.trouble == ""
    assert len(card.what) > 40
    assert card.weaknesses


def test_the_command_line_prints_the_same_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "card", "flow_vla"]) == 0
    said = capsys.readouterr().out
    card = read_card(discover(PLUGIN_FOLDER).manifest("flow_vla"))
    assert said == "\n".join(lines(card)) + "\n"
    assert "Known weaknesses" in said
    assert main(["policy", "card", "flow_vla", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policy"] == "flow_vla"
