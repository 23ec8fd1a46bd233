"""Whatever a policy returns: a proposal that can be sent, or a failure that names the field."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from runtime.messages.geometry import Pose
from runtime.messages.plan import Signal
from runtime.messages.policy import HeatMap, PolicyStatus, TargetMark
from runtime.mistakes import presentable
from runtime.ports import Proposal
from runtime.system2.answers import checked

UNFIT: Any = ("a", 0.0, 0.0)
GOOD = Proposal(
    status=PolicyStatus.WAITING,
    phase="reach",
    confidence=0.8,
    signals=(Signal("fit", 0.9),),
    gripper_in_base=(Pose((0.5, 0.0, 0.2)),),
    gripper_width_m=(0.08,),
)


def test_a_good_answer_passes_as_it_is():
    assert checked(GOOD) is GOOD
    assert checked(replace(GOOD, confidence=np.float64(0.5))).confidence == 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "running"}, "status is a str"),
        ({"phase": None}, "phase is None"),
        ({"phase": "\ud800 x"}, "phase = '\\\\ud800 x' cannot be sent"),
        ({"reason": "x" * 1001}, "reason has 1001 letters"),
        ({"confidence": float("nan")}, "confidence = nan"),
        (
            {"gripper_in_base": (Pose((0.4, 0.0, 0.2)), Pose((0.4, float("nan"), 0.2)))},
            r"gripper_in_base\[1\] holds nan, must be finite",
        ),
        ({"joints_rad": ((0.0, float("inf")),)}, r"joints_rad\[0\] holds inf"),
        ({"gripper_width_m": (0.04, float("nan"))}, "gripper_width_m holds nan"),
        ({"confidence": 1.5}, "confidence = 1.5, must be within 0…1"),
        ({"confidence": "high"}, "confidence is a str"),
        ({"step_period_s": 0.0}, "step_period_s = 0.0, must be above 0"),
        ({"step_period_s": float("inf")}, "step_period_s = inf"),
        ({"step_period_s": 1e20}, "must be above 0 and at most 60"),
        ({"signals": (Signal("fit", 0.9),) * 100_000}, "signals takes"),
        ({"signals": (Signal("x" * 300_000, 0.9),)}, "at most 262144 are sent"),
        ({"gripper_force_n": None}, "gripper_force_n is None"),
        ({"signals": (1, 2)}, "signals cannot be sent"),
        ({"signals": (Signal("fit", float("nan")),)}, "signal fit holds nan, must be finite"),
        ({"signals": (Signal("fit", 0.9, float("-inf")),)}, "signal fit holds -inf, must be finite"),
        ({"targets": (TargetMark("wrist", (1.0, float("nan")), 5.0, "it"),)}, "target in wrist holds nan"),
        ({"targets": None}, "targets cannot be sent"),
        ({"heat": (None,)}, "heat cannot be sent"),
        ({"heat": (HeatMap("wrist", 2, 2, b"123"),)}, "heat of wrist: 2 × 2 with 3 cells"),
        ({"heat": (HeatMap("wrist", 0, 2, b""),)}, "sides must be within 1…128"),
        ({"confidence_limit": -0.1}, "confidence_limit = -0.1, must be within 0…1"),
        ({"gripper_in_base": (np.eye(4),)}, "gripper_in_base cannot be sent"),
        ({"gripper_in_base": (Pose(UNFIT),)}, "gripper_in_base cannot be sent"),
        ({"joints_rad": ((0.0, None),)}, "joints_rad cannot be sent"),
        ({"gripper_width_m": ("wide",)}, "gripper_width_m cannot be sent"),
    ],
)
def test_a_bad_answer_names_the_field(change: dict[str, Any], words: str):
    with pytest.raises((TypeError, ValueError), match=words.replace("(", r"\(")):
        checked(replace(GOOD, **change))


def test_no_proposal_at_all_is_named_too():
    with pytest.raises(TypeError, match="returned None, must be a Proposal"):
        checked(None)


def test_words_of_an_exception_are_cut_and_cleaned():
    assert presentable("so \ud800") == "so \\ud800"
    assert len(presentable("x" * 5000)) == 1000
    assert len(presentable("\x1b" * 5000)) == 1000
    assert presentable("one\ntwo") == "one two"
