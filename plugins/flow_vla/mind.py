"""From observations to conditions: reads the task, looks, remembers. The same in a cell and over recorded lessons."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.belief import SURE, Belief
from plugins.flow_vla.condition import Grip, condition
from plugins.flow_vla.ready import Ready
from plugins.flow_vla.refusing import DOUBTED, doubted, plain_words, read, refused
from plugins.flow_vla.sight import Look, Peak, Sight
from plugins.flow_vla.slots import PLACES, Reading, asked_for, one_hot
from runtime.kinematics import Arm
from runtime.messages.cell import CellDescription, Tote
from runtime.picking.funnel import HandState
from runtime.ports import Observation

HELD_N = 4.0
HELD_M = 0.035
"""What was last seen so near to the tool centre point is what the fingers have closed on."""

RIVAL_MAX = 0.2
"""A second place with more of the probability than this: what is meant is not told apart."""

LOOKS_MIN = 2
"""Looks that must agree before something is believed, or before it is said not to be there."""

LOOKS_BLANK = 6
"""Looks in which nothing is seen before it is said, or before the eye at the hand is asked alone."""

SURE_ALONE = 0.9
"""A peak of the eye at the hand with less does not count against a fixed camera that sees nothing."""

FREE_M = 0.06
"""So near to where it watches from, the hand hides nothing of the tray."""


@dataclass(slots=True)
class Thought:
    """What one observation led to."""

    looks: dict[str, Look]
    condition: NDArray[np.float32] | None
    """None: nothing to act on yet."""

    obstacle: str = ""
    """Why the task cannot be done, for a person; empty while it can."""


class Mind:
    """One task from its sentence to its end."""

    def __init__(
        self,
        cell: CellDescription,
        *,
        model: Ready,
        instruction: str,
        arm: Arm,
        watch: HandState,
        resumed: bool = False,
        told: str = "",
    ) -> None:
        """`arm` lends its working memory while something is thought.

        `resumed`: another policy has begun the task; what is meant may be in the hand, or under it. Which one is
        farthest to a side is not looked up again then, it may lie in its tote by now: it is what that one has `told`.
        """
        self._cell = cell
        self._arm = arm
        self._watch = watch
        self._resumed = resumed
        self.sight = Sight(model.engine, cell)
        self.reading: Reading = _read(model, instruction, told=told if resumed else "")
        self.tote: Tote | None = next((tote for tote in cell.totes if tote.name == self.reading.tote), None)
        self.refusal = refused(self.reading, self.tote, cell)
        self.unsure = "" if self.refusal else doubted(self.reading, self.tote)
        self.final = bool(self.refusal) and self.reading.certainty >= DOUBTED
        """Whether it is refused for sure, and not because a slip of the pen may have been misread."""

        self.belief = Belief(cell, self.tote or cell.totes[0])
        self._asked = self.reading.asked
        self.target = ""
        """What is being fetched, in words; empty before it was found."""

        self.shape = self.reading.shape
        self._width_m = float("nan")
        self._now_ns = 0
        self._votes: dict[str, int] = {}
        self._blank = 0
        self._ambiguous = 0

    @property
    def plain_words(self) -> str:
        """The task as it was read and, where words leave it open, as it was seen; empty for what cannot be done."""
        if self.refusal or self.unsure or self.tote is None:
            return ""
        return plain_words(self.reading, self.tote, seen=self.target)

    @property
    def unseen_s(self) -> float:
        """For how long the target has not been seen."""
        target = self.belief.target
        return 0.0 if target is None else (self._now_ns - target.seen_ns) * 1e-9

    def think(self, observation: Observation, hand: HandState) -> Thought:
        """Look with both eyes and say what is known, as seen from where the `hand` will be."""
        looks = self._look(observation)
        position_m = observation.gripper_in_base.position_m
        stamp_ns = self._now_ns = observation.stamp_ns
        obstacle = ""
        grip = self._grip(observation, looks)
        if not self.target:
            if self._resumed and _held(grip):
                self._take_over(looks["wrist"], position_m, stamp_ns=stamp_ns)
            else:
                obstacle = self._resolve(looks, free=self._view_is_free(position_m))
        if self._carries(grip, position_m):
            self.belief.carried_to(*position_m, stamp_ns=stamp_ns)
        elif self.target:
            self.belief.see_overhead(looks["overhead"], stamp_ns=stamp_ns, hand_m=position_m)
            if "wrist" in looks:
                self.belief.see_wrist(looks["wrist"], stamp_ns=stamp_ns, hand_m=position_m)
        known = self.belief.target is not None and self.tote is not None
        vector = self._condition(hand, grip, observation.stamp_ns) if known else None
        return Thought(looks, vector, obstacle)

    def _carries(self, grip: Grip, hand_m: tuple[float, float, float]) -> bool:
        """Whether what the fingers hold is what is meant: the eye at the hand says so, or it was just there."""
        target = self.belief.target
        if target is None or grip.force_n < HELD_N:
            return False
        return _held(grip) or math.dist((target.x_m, target.y_m, target.z_m), hand_m) < HELD_M

    def _condition(self, hand: HandState, grip: Grip, now_ns: int) -> NDArray[np.float32]:
        assert self.tote is not None
        return condition(
            self.belief,
            hand,
            grip,
            cell=self._cell,
            arm=self._arm,
            tote=self.tote,
            watch=self._watch,
            shape=self.shape,
            now_ns=now_ns,
        )

    def _look(self, observation: Observation) -> dict[str, Look]:
        place = None
        if not self.target and self.reading.place:
            place = one_hot(self.reading.place, PLACES)
        looks: dict[str, Look] = {}
        for camera, view in observation.views.items():
            looks[camera] = self.sight.look(camera, view, self._asked, place if camera == "overhead" else None)
        return looks

    def _take_over(self, look: Look, hand_m: tuple[float, float, float], *, stamp_ns: int) -> None:
        """What another policy has fetched, and the eye at the hand takes for what is meant, is what is meant."""
        self._vote(look.peak)
        if self.target:
            self.belief.carried_to(*hand_m, stamp_ns=stamp_ns)

    def _vote(self, peak: Peak) -> None:
        name = f"{peak.colour} {peak.shape}"
        votes = self._votes[name] = self._votes.get(name, 0) + 1
        self._blank = self._ambiguous = 0
        if votes >= LOOKS_MIN:
            self.target, self.shape = name, peak.shape
            self._asked = asked_for(peak.colour, peak.shape)

    def _resolve(self, looks: dict[str, Look], *, free: bool) -> str:
        """Which part is meant: found when some looks agree. Returns why it cannot be found."""
        peak = looks["overhead"].peak
        if peak.share >= SURE and peak.rival < RIVAL_MAX:
            self._vote(peak)
            return ""
        if not free:
            return ""
        if peak.rival >= RIVAL_MAX:
            self._ambiguous += 1
        else:
            self._blank += 1
        wish = " ".join(word for word in (self.reading.colour, self.reading.shape or "part") if word)
        if self._ambiguous >= LOOKS_BLANK:
            return f"more than one {wish} is seen: which one is meant?"
        if self._blank < LOOKS_BLANK:
            return ""
        if "wrist" in looks and self._is_meant(looks["wrist"].peak):
            self._vote(looks["wrist"].peak)
            return ""
        if wish == "part" and not self.reading.place and peak.absent < SURE:
            return "more than one part is seen: which one is meant?"
        return f"no {wish} is seen"

    def _is_meant(self, peak: Peak) -> bool:
        """Whether the eye at the hand alone may say so: it does not see the whole tray, so it must be surer."""
        alike = self.reading.colour in ("", peak.colour) and self.reading.shape in ("", peak.shape)
        return alike and not self.reading.place and peak.share >= SURE_ALONE and peak.rival < RIVAL_MAX

    def _view_is_free(self, hand_m: tuple[float, float, float]) -> bool:
        """Whether the hand stands where it hides little of the tray, as before a pick."""
        return math.hypot(hand_m[0] - self._watch.x_m, hand_m[1] - self._watch.y_m) < FREE_M

    def _grip(self, observation: Observation, looks: dict[str, Look]) -> Grip:
        width_m = observation.gripper_width_m
        last_m, self._width_m = self._width_m, width_m
        closing = 0.0 if last_m != last_m else (width_m - last_m) / 0.1
        in_hand = 0.5
        if "wrist" in looks:
            in_hand = looks["wrist"].share_at(observation.gripper_in_base.position_m)
        return Grip(width_m, observation.gripper_force_n, closing, in_hand)


def _held(grip: Grip) -> bool:
    """Whether the fingers hold what is meant, by the eye at the hand."""
    return grip.force_n >= HELD_N and grip.wanted_in_hand > SURE


def _read(model: Ready, instruction: str, *, told: str) -> Reading:
    reading = read(model.reader, instruction)
    return read(model.reader, told) if told and reading.place else reading
