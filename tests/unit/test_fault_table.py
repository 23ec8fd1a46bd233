"""The documented reactions: one row a fault and severity, the same in the documentation and in the verifier."""

import re
from pathlib import Path

import pytest

from runtime.messages.faults import FaultKind, FaultSeverity
from sim_worlds.faults import CATALOGUE
from twin_app.assembly.verify.fault_reactions import DOCUMENTED, as_documented

TABLE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"


def test_every_fault_of_the_catalogue_has_a_documented_reaction_at_every_severity() -> None:
    assert set(DOCUMENTED) == {(kind.fault_id, severity.value) for kind in CATALOGUE for severity in FaultSeverity}


def test_the_documentation_holds_the_same_table() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TABLE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| F")
    ]
    told = {(row[0].split()[0], row[1]): tuple(one.strip() for one in row[4].split(",")) for row in rows}
    assert told == DOCUMENTED


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.fault_id)
@pytest.mark.parametrize("severity", FaultSeverity)
def test_the_catalogue_names_a_grave_reaction_exactly_where_the_documentation_does(
    kind: FaultKind, severity: FaultSeverity
) -> None:
    parts = [part for part in kind.expected_reaction.split("; ") if severity.value in part.split(":")[0]]
    assert len(parts) == 1, "one part of the sentence speaks of this severity"
    reactions = DOCUMENTED[kind.fault_id, severity.value]
    for grave, words in (("assist", "assist"), ("protective stop", "protective stop"), ("task failed", "failed task")):
        assert (words in parts[0]) == (grave in reactions), grave
    assert bool(re.search(r"\bfault\b", parts[0])) == ("fault" in reactions)


def test_a_reaction_that_is_not_in_the_table_is_not_as_documented() -> None:
    assert as_documented("F31", "severe", "fault")
    assert not as_documented("F31", "severe", "none")
    assert not as_documented("F99", "severe", "none")
