"""A policy in shadow: asked what the active one is asked, compared with it, without any effect."""

from __future__ import annotations

from collections import OrderedDict

from msgspec.structs import replace

from runtime.kinematics import Arm
from runtime.messages.geometry import Pose
from runtime.messages.policy import Readiness, ShadowState
from runtime.messages.shadow import Disagreement, DisagreementTally
from runtime.ports import Observation, PolicySeam, Proposal
from runtime.system2.berth import Berth, Seat
from runtime.system2.conversation import Told
from runtime.system2.disagreement import Chunk, chunk_of, compare, tallied
from runtime.system2.runner import Opening

HELD_N = 4.0
"""The fingers press on something."""

REMEMBERED = 20
"""Answers of the active policy that a slower shadow may still be compared with: two seconds at 10 Hz."""


class Shadowing:
    """Watches whoever is in the shadow's seat; begins anew when that is somebody else."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm
        self._active: OrderedDict[int, Chunk | None] = OrderedDict()
        self._seat: Seat | None = None
        self._state: ShadowState | None = None
        self._gripped: tuple[int, int] | None = None
        """Task and attempt in which something was between the fingers last."""

        self._waiting: dict[int, Chunk | None] = {}
        """Answers of the shadow for which the active policy is still at it."""

    def active_said(self, told: Told) -> None:
        """Remember what the active policy would have done with this observation."""
        number = told.observation.observation_id
        self._active[number] = chunk_of(told.observation, told.proposal, self._arm)
        while len(self._active) > REMEMBERED:
            self._active.popitem(last=False)
        if number in self._waiting:
            self._compare(number, self._waiting.pop(number))

    def follow(self, seat: Seat | None, berth: Berth) -> None:
        """Who is in shadow now; the berth tells how far the wished one is where nobody is."""
        if seat is None:
            self._seat = None
            self._state = _absent(berth)
        elif seat is not self._seat:
            self._seat = seat
            self._waiting.clear()
            self._state = ShadowState(seat.name, seat.manifest.version, Readiness.READY)

    def ask(self, observation: Observation, now_ns: int, *, opening: Opening, seam: PolicySeam) -> None:
        """Ask it too, unless it is still at an earlier observation."""
        talk = None if self._seat is None else self._seat.talk
        if talk is None or self._state is None:
            return
        if talk.busy(now_ns):
            self._state = replace(self._state, skipped=self._state.skipped + 1)
            return
        talk.ask(observation, now_ns, opening=opening, seam=seam)

    def take(self, told: Told | None, now_ns: int) -> None:
        """Note what it has said, and how long it takes."""
        talk = None if self._seat is None else self._seat.talk
        if self._state is None:
            return
        if told is not None:
            self._note(told.observation, told.proposal, failures=0 if talk is None else talk.failures)
        if talk is None:
            return
        took_s = talk.over_s(now_ns)
        if took_s is not None:
            self._state = replace(self._state, inference_s=took_s, inferences=self._state.inferences + 1)
        else:
            self._state = replace(self._state, inference_s=max(self._state.inference_s, talk.so_far_s(now_ns)))

    def state(self) -> ShadowState | None:
        """All of it as telemetry; None when none is wished for."""
        return self._state

    def _note(self, observation: Observation, proposal: Proposal, *, failures: int) -> None:
        assert self._state is not None
        chunk = chunk_of(observation, proposal, self._arm, gripped=self._has_gripped(observation))
        self._state = replace(
            self._state,
            status=proposal.status,
            phase=proposal.phase,
            reason=proposal.reason,
            obstacle=proposal.obstacle,
            confidence=proposal.confidence,
            confidence_limit=proposal.confidence_limit,
            signals=proposal.signals,
            failures=failures,
            observation_stamp_ns=observation.stamp_ns,
            step_period_s=proposal.step_period_s,
            gripper_in_base=_poses(proposal, chunk),
            targets=proposal.targets,
            heat=proposal.heat,
        )
        if observation.assignment is None:  # both rest, which tells nothing of how far they agree
            return
        number = observation.observation_id
        if number in self._active:
            self._compare(number, chunk)
        else:
            self._waiting[number] = chunk
            for old in [one for one in self._waiting if one < number - REMEMBERED]:
                del self._waiting[old]

    def _has_gripped(self, observation: Observation) -> bool:
        """Whether the fingers have pressed on something since this attempt began."""
        assignment = observation.assignment
        attempt = None if assignment is None else (assignment.task_id, assignment.attempt)
        if observation.gripper_force_n >= HELD_N:
            self._gripped = attempt
        return attempt is not None and attempt == self._gripped

    def _compare(self, number: int, shadow: Chunk | None) -> None:
        state, active = self._state, self._active[number]
        if state is None or active is None:
            return
        if shadow is None:
            tally: DisagreementTally = replace(state.tally, unanswered=state.tally.unanswered + 1)
            self._state = replace(state, tally=tally)
            return
        found: Disagreement | None = compare(active, shadow)
        if found is not None:
            self._state = replace(state, disagreement=found, tally=tallied(state.tally, found))


def _poses(proposal: Proposal, chunk: Chunk | None) -> tuple[Pose, ...]:
    """Its chunk as poses, whichever way it was given; nothing where its numbers are none."""
    if chunk is None:
        return ()
    if proposal.gripper_in_base:
        return proposal.gripper_in_base
    return tuple(Pose((float(x), float(y), float(z))) for x, y, z in chunk.points_m)


def _absent(berth: Berth) -> ShadowState | None:
    if berth.loading:
        return ShadowState(berth.loading, "", Readiness.LOADING)
    return ShadowState(berth.refused, "", Readiness.REFUSED, berth.refusal) if berth.refused else None
