"""The documented reactions: one row a fault and severity, the same in the documentation and in the verifier."""

from pathlib import Path

from runtime.messages.faults import FaultSeverity
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


def test_a_reaction_that_is_not_in_the_table_is_not_as_documented() -> None:
    assert as_documented("F31", "severe", "fault")
    assert not as_documented("F31", "severe", "none")
    assert not as_documented("F99", "severe", "none")
