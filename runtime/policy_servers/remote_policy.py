"""A policy on another machine behind the `Policy` port: whatever the server does, `infer` returns in time."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from runtime.messages.cell import CellDescription
from runtime.messages.plan import Signal
from runtime.messages.policy import PolicyStatus
from runtime.messages.tasks import Assignment
from runtime.mistakes import presentable
from runtime.policy_servers import twin_words
from runtime.policy_servers.acting import Actor, AnswerRefused, Chunk
from runtime.policy_servers.exchange import Answer, Look, Mismatch, Offer, OpenTransport, ServerTrouble
from runtime.policy_servers.line import Line
from runtime.policy_servers.mapping import Mapping
from runtime.policy_servers.observing import Observer
from runtime.policy_servers.preflight import cell_mismatches, latency_mismatch, motion_mismatches
from runtime.policy_servers.self_judgement import Agreement, Stillness
from runtime.policy_servers.standing import Checks, Patience, Phase, Standing
from runtime.policy_servers.twin_words import TwinAnswer
from runtime.ports import Observation, Proposal

SHOWN = 6
"""Mismatches told in a policy's reason; the others are counted."""

MISMATCH_LETTERS = 140
"""Of one of them; together they fit what is shown of a reason."""

LOOK_AGAIN_S = 0.02


class RemotePolicy:
    """Asks one server. Belongs to one thread; the connection has its own. `close` it in the end, in any thread."""

    def __init__(self, cell: CellDescription, mapping: Mapping, open_transport: OpenTransport, *, address: str) -> None:
        """Begins to connect at once. A mapping that does not fit the cell is never connected."""
        self._cell = cell
        self._mapping = mapping
        self._address = address
        self._observer = Observer(mapping, cell)
        self._actor = Actor(mapping, cell)
        self._begins = False
        self._name = secrets.token_hex(8)
        self._stillness = Stillness()
        self._agreement = Agreement()
        self._prompt = mapping.idle_prompt
        self._shown: tuple[int, Observation] | None = None
        self._unfit = cell_mismatches(mapping, cell)
        checks = Checks(offer=self._offer, answer=self._answer, latency=self._latency)
        patience = Patience(first_reply_s=mapping.first_reply_within_s, reply_s=mapping.reply_within_s)
        name = f"{mapping.protocol} {address}"
        self._line = None if self._unfit else Line(open_transport, checks, patience, name=name)

    def begin(self, assignment: Assignment) -> None:
        """A new attempt: our own server begins it too, others get its words as the prompt."""
        self._take(assignment, begins=True)

    def resume(self, assignment: Assignment) -> None:
        """Take a task over in the middle."""
        self._take(assignment, begins=False)

    def _take(self, assignment: Assignment, *, begins: bool) -> None:
        self._begins = begins
        self._stillness = Stillness()
        self._prompt = assignment.instruction

    def infer(self, observation: Observation) -> Proposal:
        """Ask the server and wait for as long as the mapping allows; without an answer there is no chunk: hold."""
        if self._line is None:
            return self._idle(observation, Standing(Phase.REFUSED, mismatches=self._unfit))
        look = self._look(observation)
        if observation.assignment is None and not self._mapping.celltwin:
            self._line.show(look)
            return self._idle(observation, self._line.standing())
        answer = self._line.ask(look)
        if answer is None:
            return self._idle(observation, self._line.standing())
        try:
            proposal = self._proposed(answer, look, observation)
        except (AnswerRefused, ServerTrouble) as refusal:
            why = f"the answer was refused: {refusal}"
            self._line.doubt(why)
            return self._idle(observation, Standing(Phase.AWAY, trouble=why))
        self._begins = False
        return proposal

    def standing(self) -> Standing:
        """How the connection stands now."""
        return Standing(Phase.REFUSED, mismatches=self._unfit) if self._line is None else self._line.standing()

    def await_ready(self, timeout_s: float) -> str:
        """Wait until the server may drive; why it may not, in words, empty when it may. Needs an observation before."""
        ends_s = time.monotonic() + timeout_s
        while self.standing().phase in (Phase.CONNECTING, Phase.CHECKING) and time.monotonic() < ends_s:
            time.sleep(LOOK_AGAIN_S)
        return self._obstacle(self.standing())

    def await_found(self, timeout_s: float) -> str:
        """Wait until the server has said what it is, without a look; why it may not drive, in words, else empty.

        A server that was found and takes longer, because it loads its model, is there.
        """
        ends_s = time.monotonic() + timeout_s
        while self.standing().phase is Phase.CONNECTING and time.monotonic() < ends_s:
            time.sleep(LOOK_AGAIN_S)
        standing = self.standing()
        return "" if standing.phase in (Phase.CONNECTING, Phase.CHECKING) else self._obstacle(standing)

    def close(self) -> None:
        """End the connection and its thread."""
        if self._line is not None:
            self._line.close()

    # ── proposals ────────────────────────────────────────────────────────────────────────────────

    def _proposed(self, answer: Answer, look: Look, observation: Observation) -> Proposal:
        twin = self._twin_answer(answer, look)
        if twin is None:
            return self._followed(self._actor.chunk(answer, observation), observation)
        return self._told(twin, None if twin.holds else self._actor.chunk(answer, observation))

    def _told(self, twin: TwinAnswer, chunk: Chunk | None) -> Proposal:
        """What our own server says, as if its policy were here."""
        return Proposal(
            status=twin.status,
            phase=f"{twin.phase} · {self._address}",
            confidence=twin.confidence,
            signals=(*twin.signals, *self._signals()),
            targets=twin.targets,
            heat=twin.heat,
            gripper_in_base=() if chunk is None else chunk.gripper_in_base,
            joints_rad=() if chunk is None else chunk.joints_rad,
            gripper_width_m=() if chunk is None else chunk.gripper_width_m,
            gripper_force_n=twin.gripper_force_n,
            step_period_s=twin.step_period_s,
            reason=twin.reason,
            confidence_limit=twin.confidence_limit,
            reading=twin.reading,
            unanswerable=twin.unanswerable,
        )

    def _followed(self, chunk: Chunk, observation: Observation) -> Proposal:
        """A model that only acts: how sure it is shows in its chunks, that it is done in its stillness."""
        still_s = self._stillness.seconds(chunk, observation)
        limit_s = self._mapping.done_after_still_s
        done = limit_s > 0.0 and still_s >= limit_s
        confidence, measured = self._agreement.judge(
            chunk, stamp_ns=observation.stamp_ns, period_s=self._mapping.steps.period_s
        )
        force_n = min(self._mapping.gripper.force_n, self._cell.robot.gripper.force_max_n)
        return Proposal(
            status=PolicyStatus.DONE if done else PolicyStatus.WORKING,
            phase=f"following {self._address}",
            confidence=confidence,
            signals=(*measured, *self._signals()),
            gripper_in_base=chunk.gripper_in_base,
            joints_rad=chunk.joints_rad,
            gripper_width_m=chunk.gripper_width_m,
            gripper_force_n=force_n,
            step_period_s=self._mapping.steps.period_s,
        )

    def _idle(self, observation: Observation, standing: Standing) -> Proposal:
        """No chunk: the arm goes on to the end of the last one and holds."""
        obstacle = self._obstacle(standing)
        working = observation.assignment is not None
        return Proposal(
            status=PolicyStatus.WORKING if working else PolicyStatus.WAITING,
            phase=f"{standing.phase.value} · {self._address}",
            confidence=0.0,
            signals=self._signals(),
            reason=obstacle or presentable(standing.trouble),
            obstacle=obstacle,
        )

    def _signals(self) -> tuple[Signal, ...]:
        return () if self._line is None else self._line.signals()

    def _obstacle(self, standing: Standing) -> str:
        """Why the server cannot drive, in words; empty when it can."""
        if standing.phase is Phase.READY:
            return ""
        if standing.phase is Phase.REFUSED:
            shown = "; ".join(presentable(str(one), most=MISMATCH_LETTERS) for one in standing.mismatches[:SHOWN])
            more = f"; and {len(standing.mismatches) - SHOWN} more" if len(standing.mismatches) > SHOWN else ""
            what = f"server {self._address}" if self._line is not None else f"the mapping {self._mapping.title!r}"
            return f"{what} does not fit this cell: {shown}{more}"
        why = f": {presentable(standing.trouble, most=MISMATCH_LETTERS * SHOWN)}" if standing.trouble else ""
        return f"server {self._address}: {standing.phase.value}{why}"

    # ── what goes out, and what is checked in the line's thread ──────────────────────────────────

    def _look(self, observation: Observation) -> Look:
        if observation.assignment is not None:
            self._prompt = observation.assignment.instruction
        look = self._observer.look(observation, prompt=self._prompt)
        self._shown = (look.number, observation)
        if not self._mapping.celltwin:
            return look
        words = twin_words.look_of(observation, number=look.number, begins=self._begins, client=self._name)
        return replace(look, extras=twin_words.plain(words))

    def _twin_answer(self, answer: Answer, look: Look) -> TwinAnswer | None:
        if not self._mapping.celltwin:
            return None
        twin = twin_words.read_answer(answer.extras)
        if twin.number != look.number:
            raise ServerTrouble(f"the answer is to look {twin.number}, asked was {look.number}")
        return twin

    def _offer(self, offer: Offer) -> tuple[Mismatch, ...]:
        own = twin_words.offer_mismatches(offer.twin, self._cell, self._mapping) if self._mapping.celltwin else ()
        return (*offer.mismatches, *own)

    def _answer(self, answer: Answer, look: Look) -> tuple[Mismatch, ...]:
        shown = self._shown
        if shown is None:
            return ()
        try:
            twin = self._twin_answer(answer, look)
            if twin is not None and twin.holds:
                return self._actor.mismatches(answer)
            chunk = self._actor.chunk(answer, shown[1])
        except AnswerRefused as refusal:
            return refusal.mismatches
        except ServerTrouble as trouble:
            return (Mismatch(twin_words.KEY, "words of our own server", str(trouble)),)
        return motion_mismatches(chunk, shown[1], mapping=self._mapping, cell=self._cell)

    def _latency(self, took_s: float) -> tuple[Mismatch, ...]:
        return latency_mismatch(took_s, mapping=self._mapping)
