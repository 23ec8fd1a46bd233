"""Policies whose answers come when a test says so: runners by name, behind a loader that hands them out."""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.messages.geometry import Pose
from runtime.messages.policy import PolicyStatus
from runtime.plugin_host import Registry
from runtime.ports import Observation, Proposal
from runtime.system2.loading import Loaded
from runtime.system2.runner import Answer, Collapse, Question


def proposal(*, x_m: float = 0.4, status: PolicyStatus = PolicyStatus.WORKING, confidence: float = 0.9) -> Proposal:
    """A chunk that stays in one place."""
    pose = Pose((x_m, 0.0, 0.3), (1.0, 0.0, 0.0, 0.0))
    return Proposal(status, "scripted", confidence, (), gripper_in_base=(pose,) * 8, gripper_width_m=(0.08,) * 8)


@dataclass
class ScriptedRunner:
    """Keeps every question; answers what was put into `answers`, or at once where it is `prompt`."""

    prompt: bool = False
    x_m: float = 0.4
    pid: int = 4711
    memory_mib: float = 100.0
    descriptor: int = -1
    obstacle: str = ""
    questions: list[Question] = field(default_factory=list)
    answers: list[Answer | Collapse] = field(default_factory=list)
    closed: bool = False

    def ask(self, question: Question, now_ns: int) -> None:
        self.questions.append(question)
        if self.prompt:
            self.answer()

    def answer(self, *, number: int = -1, said: Proposal | None = None, trouble: str = "") -> None:
        """To a question by its index: the newest one."""
        given = None if trouble else said or proposal(x_m=self.x_m)
        self.answers.append(Answer(self.questions[number].number, given, trouble))

    def poll(self, now_ns: int) -> Answer | Collapse | None:
        return self.answers.pop(0) if self.answers else None

    def close(self) -> None:
        self.closed = True

    def gone(self) -> bool:
        return self.closed

    def wait(self, timeout_s: float = 5.0) -> None:
        """Nothing is left of it at once."""

    @property
    def openings(self) -> list[str]:
        return [question.opening.value for question in self.questions]


@dataclass
class ScriptedLoader:
    """Hands out the runner of a name as soon as it is in `runners`; a name in `refused` fails with its reason."""

    registry: Registry
    runners: dict[str, ScriptedRunner]
    refused: dict[str, str] = field(default_factory=dict)
    isolates: bool = True
    wanted: str = ""

    def begin(self, name: str, warm_up: Observation | None) -> None:
        self.wanted = name

    def poll(self, newest: Observation | None = None) -> Loaded | None:
        name = self.wanted
        if name in self.refused:
            self.wanted = ""
            self.registry.quarantine_policy(name, self.refused[name])
            return Loaded(name, None, self.refused[name])
        if name in self.runners:
            self.wanted = ""
            return Loaded(name, self.runners.pop(name), "")
        return None

    def give_up(self) -> None:
        self.wanted = ""

    def close(self) -> None:
        self.wanted = ""
