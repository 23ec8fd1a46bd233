"""Whatever a policy raises is its own failure, told in words."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.messages.geometry import Pose
from runtime.messages.tasks import Assignment
from runtime.ports import Observation, Proposal
from runtime.system2.runner import Opening, PolicyCaller, Question

ZEROS = np.zeros(7)
LOOK = Observation(1, 0, {}, ZEROS, ZEROS, Pose((0.4, 0.0, 0.3)), 0.08, 0.0, Assignment(1, 1, "put it there"))


class Mute(Exception):
    """Fails to say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError


class Raising:
    """Raises what it was given, at the beginning or when it looks."""

    def __init__(self, trouble: BaseException, *, begins: bool) -> None:
        self.trouble = trouble
        self.begins = begins

    def begin(self, assignment: Assignment) -> None:
        if not self.begins:
            raise self.trouble

    def infer(self, observation: Observation) -> Proposal:
        raise self.trouble


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ValueError("no weights"), "ValueError: no weights"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "GeneratorExit: "),
        (Mute(), "Mute: it cannot be told"),
        (ValueError("\x1b[2J"), r"ValueError: \x1b[2J"),
    ],
)
def test_whatever_is_raised_is_told(trouble: BaseException, words: str, *, begins: bool) -> None:
    answer = PolicyCaller(Raising(trouble, begins=begins)).answer(Question(7, LOOK, Opening.BEGIN))
    assert (answer.number, answer.proposal, answer.trouble) == (7, None, words)


def test_ctrl_c_is_the_persons() -> None:
    with pytest.raises(KeyboardInterrupt):
        PolicyCaller(Raising(KeyboardInterrupt(), begins=True)).answer(Question(7, LOOK, Opening.NONE))
