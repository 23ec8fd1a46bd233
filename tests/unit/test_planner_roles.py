"""The planner with policies in several roles: asynchronous answers, shadow, fallback, quarantine and another try."""

from __future__ import annotations

from dataclasses import replace as replaced
from pathlib import Path

import pytest
from msgspec.structs import replace

from runtime.messages.cell import CellDescription
from runtime.messages.orders import Orders
from runtime.messages.policy import PolicyState, PolicyStatus, Readiness
from runtime.messages.shadow import PartAgreement
from runtime.messages.tasks import Assignment
from runtime.plugin_host import PolicyUnavailable, Registry, discover
from runtime.ports import Proposal
from runtime.system2 import Loaders, PlannerOutput, PlannerStage
from runtime.system2.planner import still_meant
from runtime.system2.runner import Answer, Collapse
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell
from tests.support.scripted_runner import ScriptedLoader, ScriptedRunner, proposal
from tests.unit.test_planner_stage import MS, Bench

HEAD = '[plugin]\nname = "scripted"\nversion = "1.0"\napi = 1\n'
NAMES = ("learned", "other", "stock")


class WallClock:
    """As the tests' own time goes."""

    def __init__(self) -> None:
        self.time_ns = 0

    def now_ns(self) -> int:
        return self.time_ns


class Stall:
    """F13 while `on`."""

    def __init__(self) -> None:
        self.on = False

    def stall_s(self, now_ns: int) -> float:
        return 5.0 if self.on else 0.0

    def proposal(self, proposal: Proposal, now_ns: int) -> Proposal:
        return proposal


class Roles(Bench):
    """A stage whose policies answer when told; ticks between pictures too."""

    def __init__(self, cell: CellDescription, registry: Registry) -> None:
        self.registry = registry
        self.learned, self.other, self.stock = ScriptedRunner(), ScriptedRunner(x_m=0.45), ScriptedRunner(x_m=0.5)
        self.first = {"learned": self.learned}
        self.candidate = ScriptedLoader(registry, self.first)
        self.shadow = ScriptedLoader(registry, {"other": self.other})
        self.fallback = ScriptedLoader(registry, {"stock": self.stock})
        self.seam = Stall()
        self.clock = WallClock()
        loaders = Loaders(self.candidate, self.shadow, self.fallback)
        super().__init__(
            PlannerStage(cell, registry, policy="learned", loaders=loaders, clock=self.clock, seam=self.seam), cell
        )
        self.orders = Orders(0, 0, assignment=Assignment(1, 1, "put the red cube in the left tote"))

    def look(self) -> PlannerOutput:
        self.clock.time_ns = self.now_ns + 100 * MS
        return super().look()

    def later(self, ms: int = 5) -> PlannerOutput:
        """A tick without a picture."""
        self.now_ns += ms * MS
        self.clock.time_ns = self.now_ns
        return self.stage.tick(self.now_ns, orders=self.orders)

    def order(self, **changes: object) -> None:
        self.orders = replace(self.orders, **changes)

    def driven(self) -> PlannerOutput:
        """A look that the active policy `learned` has answered."""
        self.look()
        self.learned.answer()
        return self.later()


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


def scripted(place: Path, *, more: str = "") -> Registry:
    """A plugin of all names, each in a process of its own, and what more its manifest says."""
    folder = place / "scripted"
    folder.mkdir()
    policies = "".join(
        f'[[policy]]\nname = "{name}"\nlabel = "{name}"\nfactory = "{name}"\nisolated = true\n' for name in NAMES
    )
    (folder / "plugin.toml").write_text(HEAD + policies + more)
    (folder / "policy.py").write_text("")
    (folder / "mapping.toml").write_text("")
    return discover(place)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return scripted(tmp_path)


@pytest.fixture
def roles(cell: CellDescription, registry: Registry) -> Roles:
    return Roles(cell, registry)


def entry(state: PolicyState, name: str) -> tuple[Readiness, str]:
    found = next(one for one in state.entries if one.name == name)
    return found.readiness, found.obstacle


def test_an_answer_comes_some_ticks_after_the_question_and_is_timed(roles: Roles) -> None:
    assert roles.look().plan is None
    assert roles.later(40).plan is None
    roles.learned.answer()
    output = roles.later(20)
    assert output.plan is not None
    assert output.plan.observation_stamp_ns == 100 * MS
    assert output.plan.issued_ns == 160 * MS
    assert output.state.inference_s == pytest.approx(0.06)
    assert output.state.inferences == 1


def test_one_question_is_open_at_a_time_and_the_next_is_about_the_newest_observation(roles: Roles) -> None:
    roles.look()
    for _ in range(3):
        assert roles.look().plan is None
    assert len(roles.learned.questions) == 1
    roles.learned.answer()
    assert roles.later().plan is not None
    assert [question.observation.stamp_ns for question in roles.learned.questions] == [100 * MS, 400 * MS]


def test_a_late_answer_never_answers_a_newer_question(roles: Roles) -> None:
    roles.look()
    roles.order(assignment=Assignment(2, 1, "put the green cube in the left tote"))
    roles.learned.answer()
    assert roles.look().plan is None  # that to the task before, which is over
    roles.learned.answers.append(Answer(roles.learned.questions[0].number, proposal()))
    assert roles.later().plan is None
    roles.learned.answer()
    output = roles.later()
    assert output.plan is not None
    assert output.plan.task_id == 2


def test_a_shadow_is_asked_the_same_and_changes_nothing(roles: Roles) -> None:
    roles.driven()
    roles.order(shadow="other", shadow_id=1)
    roles.later()
    for _ in range(3):
        assert roles.driven().plan is not None
        roles.other.answer()
        after = roles.later()
        assert (after.plan, after.state.active) == (None, "learned")
    shadow = roles.later().state.shadow
    assert shadow is not None
    assert [one.observation.stamp_ns for one in roles.other.questions] == [
        one.observation.stamp_ns for one in roles.learned.questions[1:]
    ]
    assert shadow.inferences == 3
    assert shadow.disagreement is not None
    assert shadow.disagreement.distance_m == pytest.approx(0.05)
    assert shadow.disagreement.part is PartAgreement.UNKNOWN
    assert shadow.tally.compared == 3
    assert roles.other.openings == ["begin", "none", "none"]


def test_a_shadow_that_comes_late_to_a_task_takes_it_over_in_the_middle(roles: Roles) -> None:
    for _ in range(8):
        roles.driven()
    roles.order(shadow="other", shadow_id=1)
    roles.later()
    roles.look()
    assert roles.other.openings == ["resume"]


def test_a_slow_shadow_skips_observations_and_is_compared_with_what_was_said_to_the_same(roles: Roles) -> None:
    roles.order(shadow="other", shadow_id=1)
    roles.look()
    for _ in range(3):
        roles.learned.answer()
        roles.look()
    roles.other.answer()
    shadow = roles.later().state.shadow
    assert shadow is not None
    assert shadow.skipped == 3
    assert shadow.disagreement is not None
    assert shadow.disagreement.stamp_ns == 100 * MS


def test_promotion_makes_the_shadow_drive_from_the_next_chunk_on(roles: Roles) -> None:
    roles.order(shadow="other", shadow_id=1)
    roles.driven()
    roles.other.answer()
    roles.order(policy="other", swap_id=1, shadow="")
    roles.look()
    roles.other.answer()
    output = roles.later()
    assert (output.state.active, output.state.previous, output.state.shadow) == ("other", "learned", None)
    assert output.plan is not None
    assert output.plan.policy == "other"
    assert roles.other.openings[-1] == "resume"


def test_a_shadow_that_crashes_is_quarantined_and_the_active_one_drives_on(roles: Roles) -> None:
    roles.order(shadow="other", shadow_id=1)
    roles.driven()
    roles.other.answers.append(Collapse("its process crashed: killed by SIGSEGV"))
    output = roles.driven()
    assert output.plan is not None
    assert output.state.shadow is not None
    assert output.state.shadow.readiness is Readiness.REFUSED
    assert entry(output.state, "other") == (Readiness.REFUSED, "its process crashed: killed by SIGSEGV")
    assert entry(output.state, "learned")[0] is Readiness.ACTIVE
    assert roles.other.closed


def test_the_fallback_takes_over_at_once_however_long_the_active_one_hangs(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.look()
    assert roles.later().state.fallback_ready
    roles.look()
    roles.order(stand_in_for="learned")
    roles.look()
    roles.stock.answer()
    output = roles.later()
    assert output.plan is not None
    assert (output.plan.policy, output.state.active, output.state.stands_in_for) == ("stock", "stock", "learned")
    assert roles.stock.openings == ["begin"]  # nobody has worked on it
    assert output.state.shadow is not None
    assert output.state.shadow.name == "learned"
    assert not output.state.fallback_ready


def test_a_decline_is_not_told_of_the_fallback_that_has_not_looked_yet(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.look()
    roles.learned.answer(said=proposal(status=PolicyStatus.DECLINED))
    assert roles.later().state.status is PolicyStatus.DECLINED
    roles.order(stand_in_for="learned")
    state = roles.later().state
    assert (state.active, state.status) == ("stock", PolicyStatus.WORKING)


def test_the_fallback_is_told_what_the_other_one_has_read_of_this_task_alone(roles: Roles) -> None:
    def told() -> str:
        assignment = roles.stock.questions[-1].observation.assignment
        assert assignment is not None
        assert assignment.instruction == "put the red cube in the left tote"
        return assignment.reading

    roles.order(fallback="stock")
    roles.look()
    roles.learned.answer(said=replaced(proposal(status=PolicyStatus.DECLINED), reading="the red one, left"))
    assert roles.later().state.reading == "the red one, left"
    roles.order(stand_in_for="learned")
    roles.look()
    assert told() == "the red one, left"
    roles.stock.answer()
    roles.later()
    roles.order(assignment=Assignment(2, 1, "put the red cube in the left tote"))
    roles.look()
    assert told() == ""


def test_the_policy_comes_back_at_a_chunk_border_and_resumes(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.order(stand_in_for="learned")
    roles.look()
    roles.stock.answer()
    roles.later()
    roles.learned.answer()
    roles.order(stand_in_for="")
    roles.look()
    roles.learned.answer()
    output = roles.later()
    assert output.plan is not None
    assert (output.plan.policy, output.state.stands_in_for, output.state.swaps) == ("learned", "", 0)
    assert roles.learned.openings[-1] == "resume"


def test_a_collapsed_policy_is_replaced_by_the_fallback_and_loaded_anew_when_it_is_tried_again(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.learned.answers.append(Collapse("hung: no answer within 2 s"))
    state = roles.look().state
    assert state.status is PolicyStatus.FAILED
    assert "quarantined: hung" in state.reason
    roles.order(stand_in_for="learned")
    roles.look()
    roles.stock.answer()
    assert roles.later().state.active == "stock"
    again = roles.first["learned"] = ScriptedRunner()
    roles.order(release="learned", release_id=1)
    assert entry(roles.later().state, "learned")[0] is not Readiness.REFUSED
    roles.stock.prompt = True
    roles.look()
    again.answer()
    roles.order(stand_in_for="")
    roles.look()
    again.answer()
    assert roles.later().state.active == "learned"


def test_a_policy_that_fails_three_times_in_a_row_is_quarantined_alone(roles: Roles) -> None:
    for count in range(1, 4):
        roles.look()
        roles.learned.answer(trouble="ValueError: lost the plot")
        assert roles.later().state.failures == count
    state = roles.later().state
    assert entry(state, "learned") == (Readiness.REFUSED, "raised 3 times in a row, last: ValueError: lost the plot")
    assert entry(state, "stock") == (Readiness.AVAILABLE, "")
    assert roles.learned.closed


def test_a_stall_at_the_policys_seam_is_not_passed_on_to_its_fallback(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.seam.on = True
    roles.look()
    roles.learned.answer()
    stalled = roles.later()
    assert stalled.plan is not None
    assert stalled.plan.issued_ns > roles.now_ns + 4000 * MS
    assert still_meant(stalled.plan, stalled.state, roles.now_ns)
    roles.order(stand_in_for="learned")
    roles.look()
    roles.stock.answer()
    output = roles.later()
    assert output.plan is not None
    assert output.plan.issued_ns == roles.now_ns
    assert not still_meant(stalled.plan, output.state, roles.now_ns)


def test_a_fallback_that_cannot_be_loaded_says_why(roles: Roles) -> None:
    roles.fallback.refused["stock"] = "no weights"
    roles.order(fallback="stock")
    roles.look()
    state = roles.later().state
    assert (state.fallback_ready, state.fallback_obstacle) == (False, "no weights")


def test_the_policy_that_drives_needs_no_fallback_of_its_own_name(roles: Roles) -> None:
    roles.order(fallback="learned")
    roles.look()
    state = roles.later().state
    assert (state.fallback_ready, state.fallback_obstacle, roles.fallback.wanted) == (False, "", "")


def test_a_first_policy_that_cannot_be_had_ends_the_planner_with_its_reason(
    cell: CellDescription, registry: Registry
) -> None:
    roles = Roles(cell, registry)
    roles.first.clear()
    assert entry(roles.look().state, "learned")[0] is Readiness.LOADING
    roles.candidate.refused["learned"] = "no weights"
    with pytest.raises(PolicyUnavailable, match="policy learned: no weights"):
        roles.look()


def test_closing_lets_every_policy_go(roles: Roles) -> None:
    roles.order(fallback="stock", shadow="other", shadow_id=1)
    roles.driven()
    roles.later()
    roles.stage.close()
    assert [roles.learned.closed, roles.other.closed, roles.stock.closed] == [True, True, True]
