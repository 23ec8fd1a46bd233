"""The planner when a policy goes from one role to another: which instance it is, and that it has answered first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.messages.cell import CellDescription
from runtime.messages.policy import PolicyStatus, Readiness
from runtime.plugin_host import Registry
from runtime.system2.runner import Collapse
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell
from tests.support.scripted_runner import ScriptedRunner, proposal
from tests.unit.test_planner_roles import Roles, entry, scripted

SERVED = '[[policy]]\nname = "far"\nlabel = "far"\nfactory = "far"\n'
SERVER = '[policy.server]\nprotocol = "none"\naddress = "nowhere"\nmapping = "mapping.toml"\n'
AWAY = "server nowhere: no connection"


@pytest.fixture(scope="module")
def cell() -> CellDescription:
    return pick_cell(load_robot("panda"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return scripted(tmp_path, more=SERVED + SERVER)


@pytest.fixture
def roles(cell: CellDescription, registry: Registry) -> Roles:
    return Roles(cell, registry)


# ── who drives is who was watched ────────────────────────────────────────────────────────────────


def watched_before_it_drives_again(roles: Roles) -> ScriptedRunner:
    """`other` has taken over from `learned`, which runs in shadow now: a second instance of it, that is returned."""
    watched = roles.shadow.runners["learned"] = ScriptedRunner()
    roles.first["other"] = roles.other
    roles.driven()
    roles.order(policy="other", swap_id=1)
    roles.later()
    roles.look()
    roles.other.answer()
    assert roles.later().state.previous == "learned"
    roles.order(shadow="learned", shadow_id=1)
    roles.later()
    roles.look()
    roles.other.answer()
    watched.answer()
    assert roles.later().state.shadow is not None
    return watched


def test_the_instance_that_was_watched_drives_and_none_is_left_in_shadow(roles: Roles) -> None:
    watched = watched_before_it_drives_again(roles)
    roles.order(policy="learned", swap_id=2, shadow="")
    roles.look()
    watched.answer()
    output = roles.later()
    assert output.plan is not None
    assert (output.state.active, output.state.previous, output.state.shadow) == ("learned", "other", None)
    assert (watched.closed, roles.learned.closed) == (False, True)


def test_a_swap_to_a_policy_that_is_still_being_loaded_in_shadow_gives_that_load_up(roles: Roles) -> None:
    roles.shadow.runners.clear()
    roles.driven()
    roles.order(shadow="other", shadow_id=1)
    roles.later()
    assert roles.shadow.wanted == "other"
    roles.order(policy="other", swap_id=1, shadow="")
    state = roles.later().state
    assert (state.candidate, state.shadow) == ("other", None)
    assert (roles.candidate.wanted, roles.shadow.wanted) == ("other", "")


@pytest.mark.parametrize(("active", "swap_id"), [("learned", 0), ("other", 1)])
def test_a_policy_that_drives_or_is_about_to_is_refused_in_shadow(roles: Roles, active: str, swap_id: int) -> None:
    roles.driven()
    roles.order(policy=active, swap_id=swap_id)
    roles.later()
    roles.order(shadow=active, shadow_id=1)
    shadow = roles.later().state.shadow
    assert shadow is not None
    assert (shadow.readiness, shadow.obstacle) == (Readiness.REFUSED, "it drives, or is about to")
    assert roles.shadow.wanted == ""


# ── nobody is asked while its last question is open ──────────────────────────────────────────────


def test_a_shadow_that_is_still_at_a_question_takes_over_when_it_has_answered(roles: Roles) -> None:
    roles.order(shadow="other", shadow_id=1)
    roles.driven()
    roles.look()
    assert len(roles.other.questions) == 1
    roles.order(policy="other", swap_id=1, shadow="")
    roles.learned.answer()
    roles.later()
    assert roles.look().state.active == "learned"
    assert len(roles.other.questions) == 1
    roles.other.answer()
    roles.learned.answer()
    assert roles.later().plan is not None
    assert roles.look().state.active == "other"
    assert roles.other.openings == ["begin", "resume"]


def test_a_shadow_that_collapses_at_its_question_does_not_take_over(roles: Roles) -> None:
    roles.order(shadow="other", shadow_id=1)
    roles.driven()
    roles.order(policy="other", swap_id=1, shadow="")
    roles.look()
    roles.other.answers.append(Collapse("hung: no answer within 2 s"))
    roles.learned.answer()
    roles.later()
    state = roles.look().state
    assert (state.active, state.candidate, state.swap_refusal) == ("learned", "", "other: hung: no answer within 2 s")


def test_a_policy_comes_back_when_it_has_answered_and_is_asked_nothing_before(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.order(stand_in_for="learned")
    roles.stock.prompt = True
    roles.look()
    asked = len(roles.learned.questions)
    roles.order(stand_in_for="")
    assert roles.look().state.active == "stock"
    assert len(roles.learned.questions) == asked
    roles.learned.answer()
    roles.later()
    assert roles.look().state.active == "learned"
    assert roles.learned.openings[-1] == "resume"


def test_a_policy_that_is_to_come_back_is_not_kept_busy_in_shadow(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.order(stand_in_for="learned")
    roles.look()
    roles.learned.answer()
    roles.later()
    roles.order(stand_in_for="")
    asked = len(roles.learned.questions)
    roles.look()  # the fallback is still at its question, so this is no border
    assert len(roles.learned.questions) == asked
    roles.stock.answer()
    assert roles.later().state.active == "learned"


# ── a fallback behind a server ───────────────────────────────────────────────────────────────────


def test_a_fallback_is_ready_only_while_its_server_is_there(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.stock.obstacle = AWAY
    state = roles.later().state
    assert (state.fallback_ready, state.fallback_obstacle) == (False, AWAY)
    roles.stock.obstacle = ""
    state = roles.later().state
    assert (state.fallback_ready, state.fallback_obstacle) == (True, "")


def test_a_swap_to_a_fallback_whose_server_is_away_is_tried_anew(roles: Roles) -> None:
    roles.order(fallback="stock")
    roles.driven()
    roles.stock.obstacle = AWAY
    roles.order(policy="stock", swap_id=1)
    state = roles.look().state
    assert (state.active, state.candidate) == ("learned", "stock")
    assert roles.candidate.wanted == "stock"


def test_a_shadow_that_says_that_it_cannot_drive_is_not_what_takes_over(roles: Roles) -> None:
    roles.driven()
    roles.order(shadow="other", shadow_id=1)
    roles.later()
    roles.look()
    roles.learned.answer()
    roles.other.answer(said=replace(proposal(), obstacle=AWAY))
    shadow = roles.later().state.shadow
    assert shadow is not None
    assert shadow.obstacle == AWAY
    roles.order(policy="other", swap_id=1, shadow="")
    state = roles.later().state
    assert (state.active, state.candidate, roles.candidate.wanted) == ("learned", "other", "other")


def test_another_try_of_one_policy_does_not_give_up_the_load_of_the_next(roles: Roles) -> None:
    roles.driven()
    roles.look()
    roles.learned.answers.append(Collapse("hung"))
    roles.later()
    roles.order(policy="other", swap_id=1)
    assert roles.later().state.candidate == "other"
    roles.order(release="learned", release_id=1)
    state = roles.later().state
    assert (state.candidate, roles.candidate.wanted) == ("other", "other")
    assert entry(state, "learned") == (Readiness.AVAILABLE, "")
    roles.candidate.refused["other"] = "no weights"
    state = roles.later().state
    assert (state.candidate, roles.candidate.wanted, state.swap_refusal) == (
        "learned",
        "learned",
        "other: no weights",
    )


def test_a_policy_behind_a_server_is_loaded_when_there_is_something_to_show_to_it(roles: Roles) -> None:
    roles.order(fallback="far")
    state = roles.later().state
    assert (roles.fallback.wanted, state.fallback_ready, entry(state, "far")[0]) == ("", False, Readiness.LOADING)
    roles.look()
    roles.later()
    assert roles.fallback.wanted == "far"


@pytest.mark.parametrize(
    ("status", "opening"), [(PolicyStatus.DECLINED, "begin"), (PolicyStatus.WORKING, "resume")], ids=str
)
def test_a_task_that_was_only_declined_is_a_new_one_for_who_stands_in(
    roles: Roles, status: PolicyStatus, opening: str
) -> None:
    roles.order(fallback="stock")
    roles.look()
    roles.learned.answer(said=replace(proposal(status=status), reading="as it was read"))
    roles.later()
    roles.order(stand_in_for="learned")
    roles.look()
    asked = roles.stock.questions[-1]
    assert asked.opening.value == opening
    assert asked.observation.assignment is not None
    assert asked.observation.assignment.reading == "as it was read"


def test_who_goes_on_with_a_task_is_told_how_it_was_read(roles: Roles) -> None:
    roles.order(shadow="other", shadow_id=1)
    roles.look()
    roles.learned.answer(said=replace(proposal(), reading="as it was read"))
    roles.other.answer()
    roles.later()
    roles.order(policy="other", swap_id=1, shadow="")
    roles.look()
    roles.other.answer()
    roles.later()
    asked = next(one for one in roles.other.questions if one.opening.value == "resume")
    assert asked.observation.assignment is not None
    assert asked.observation.assignment.reading == "as it was read"
    roles.learned.answer(number=0)
    assert roles.later().plan is None  # what it says now is said in shadow
