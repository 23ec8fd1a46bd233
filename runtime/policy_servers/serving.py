"""The other end of the wire: one of our policies behind somebody's protocol. Knows no protocol itself.

A protocol's server hands over what came as pictures, states and prompt; what goes back is one row of numbers a step,
in the terms of the mapping file. One policy, one look at a time; another client is given a policy that knows nothing
of the one before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Mapping as Readable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from runtime.kinematics import Arm
from runtime.messages.camera import Frame
from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.tasks import Assignment
from runtime.perception.poses import compose, inverse
from runtime.policy_servers import twin_words
from runtime.policy_servers.arrays import Array, described
from runtime.policy_servers.exchange import ServerTrouble
from runtime.policy_servers.mapping import Mapping, MappingError
from runtime.policy_servers.twin_words import TwinLook
from runtime.ports import CameraView, Observation, Picture, Policy, Proposal

ROW = ("position_m", "quaternion_xyzw", "gripper_width_m")
"""What a served answer consists of; a mapping for serving has these parts in this order."""

COLUMNS = 8
NEEDED = ("joint_position_rad", "gripper_width_m")


class PolicyServer(Protocol):
    """A server that is listening, in threads of its own."""

    @property
    def address(self) -> str:
        """Where clients find it, as they write it."""
        ...

    def close(self) -> None:
        """Stop listening and let go of every client."""
        ...


class ServerFactory(Protocol):
    """What a plugin's `server.py` offers under the name in its manifest."""

    def __call__(self, served: ServedPolicy, *, host: str, port: int, key: str = "") -> PolicyServer:
        """Listen; port 0 is any free one. Clients have to show the key, if there is one.

        Raises `UserMistake` when the address cannot be had.
        """
        ...


class BadRequest(ValueError):
    """A look that the served policy cannot be shown; the text names key, what is needed and what came."""


class ServedPolicy:
    """A policy of this program and the cell that it was built for, as any protocol's server asks it."""

    def __init__(
        self,
        policy: Policy,
        cell: CellDescription,
        mapping: Mapping,
        *,
        name: str,
        version: str,
        another: Callable[[], Policy] | None = None,
    ) -> None:
        """`another` gives every client after the first a policy of its own; None: `policy` remembers nothing.

        Raises `MappingError` for a mapping that cannot be served.
        """
        parts = tuple(part for action in mapping.action for part in action.parts)
        have = {part for state in mapping.state for part in state.parts}
        if parts != ROW or len(mapping.action) != 1 or not set(NEEDED) <= have:
            raise MappingError(
                f"{mapping.title} cannot be served: its action has to be {', '.join(ROW)}, "
                f"its states have to hold {' and '.join(NEEDED)}",
                remedy="leave --mapping out; the mapping of celltwin's own server is the default",
            )
        self.cell = cell
        self.mapping = mapping
        self.title = f"{name} {version}"
        self.offer = twin_words.plain(twin_words.offer_of(cell, mapping, policy=name, policy_version=version))
        self._policy = policy
        self._another = another
        self._client = ""
        self._arm = Arm(cell.robot)
        self._flange_in_gripper = inverse(cell.robot.gripper.gripper_in_flange)
        self._lock = threading.Lock()
        self._task: tuple[int, int] | None = None
        self._prompts = 0
        self._prompt = ""
        self._looks = 0
        self.inference_s = 0.0
        self.answered = 0

    def answer(
        self,
        *,
        client: str,
        pictures: Readable[str, Array],
        states: Readable[str, Array],
        prompt: str,
        extras: Readable[str, Any] | None,
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Rows float32[steps, 8] and our own words beside them. `client` is a connection. Raises `BadRequest`."""
        with self._lock:
            began_s = time.monotonic()
            twin = self._twin(extras)
            self._meet(client if twin is None or not twin.client else twin.client)
            observation = self._observation(pictures, states, prompt, twin)
            self._begin(observation.assignment, twin)
            proposal = self._policy.infer(observation)
            self.inference_s = time.monotonic() - began_s
            self.answered += 1
            words = twin_words.answer_of(proposal, number=0 if twin is None else twin.number)
            return self._rows(proposal, observation), twin_words.plain(words)

    # ── from the wire to an observation ──────────────────────────────────────────────────────────

    def _twin(self, extras: Readable[str, Any] | None) -> TwinLook | None:
        if extras is None:
            return None
        try:
            return twin_words.read(extras, TwinLook)
        except ServerTrouble as trouble:
            raise BadRequest(f"{twin_words.KEY}: {trouble}") from trouble

    def _observation(
        self, pictures: Readable[str, Array], states: Readable[str, Array], prompt: str, twin: TwinLook | None
    ) -> Observation:
        values = self._values(states)
        q_rad = values["joint_position_rad"]
        gripper_in_base = self._arm.fk(q_rad)
        stamp_ns = time.monotonic_ns() if twin is None else twin.stamp_ns
        self._looks += 1
        return Observation(
            observation_id=self._looks,
            stamp_ns=stamp_ns,
            views=self._views(pictures, gripper_in_base, stamp_ns, twin),
            q_rad=q_rad,
            dq_rad_s=values.get("joint_velocity_rad_s", np.zeros(len(q_rad))),
            gripper_in_base=gripper_in_base,
            gripper_width_m=float(values["gripper_width_m"][0]),
            gripper_force_n=0.0 if twin is None else twin.gripper_force_n,
            assignment=self._assignment(prompt, twin),
        )

    def _values(self, states: Readable[str, Array]) -> dict[str, NDArray[np.float64]]:
        """Every part of the mapping's states, out of what came."""
        joints = self._arm.joint_count
        found: dict[str, NDArray[np.float64]] = {}
        for state in self.mapping.state:
            widths = {"joint_position_rad": joints, "joint_velocity_rad_s": joints, "gripper_width_m": 1}
            total = sum(widths.get(part, 1) for part in state.parts)
            array = states.get(state.key)
            if array is None:
                raise BadRequest(f"{state.key}: expected float[{total}], came nothing")
            flat = np.asarray(array).reshape(-1)
            if flat.dtype.kind != "f" or flat.shape != (total,) or not np.isfinite(flat).all():
                raise BadRequest(f"{state.key}: expected finite float[{total}], came {described(array)}")
            start = 0
            for part in state.parts:
                found[part] = flat[start : start + widths.get(part, 1)].astype(np.float64)
                start += widths.get(part, 1)
        return found

    def _views(
        self, pictures: Readable[str, Array], gripper_in_base: Pose, stamp_ns: int, twin: TwinLook | None
    ) -> dict[str, CameraView]:
        cameras = {camera.name: camera for camera in self.cell.cameras}
        flange_in_base = compose(gripper_in_base, self._flange_in_gripper)
        stamps = {} if twin is None else twin.picture_stamps_ns
        views: dict[str, CameraView] = {}
        for entry in self.mapping.camera:
            camera = cameras[entry.camera]
            expected = (camera.height_px, camera.width_px, 3)
            array = pictures.get(entry.key)
            if array is None or array.dtype != np.uint8 or array.shape[-3:] != expected or not array.size:
                raise BadRequest(f"{entry.key}: expected uint8{list(expected)}, came {described(array)}")
            image = array.reshape(-1, *expected)[-1].astype(np.uint8)
            at_ns = stamps.get(entry.camera, stamp_ns)
            frame = Frame(entry.camera, self._looks, at_ns, camera.width_px, camera.height_px, "remote")
            parent = flange_in_base if camera.on_flange else None
            pose = camera.camera_in_parent if parent is None else compose(parent, camera.camera_in_parent)
            views[entry.camera] = CameraView(Picture(frame, image), camera, pose)
        return views

    def _assignment(self, prompt: str, twin: TwinLook | None) -> Assignment | None:
        """The task as our own client tells it; from others every new prompt is a new task."""
        if twin is not None:
            return None if twin.task_id < 0 or twin.dry else Assignment(twin.task_id, twin.attempt, prompt)
        if prompt != self._prompt:
            self._prompt = prompt
            self._prompts += 1
        return Assignment(self._prompts, 1, prompt) if prompt else None

    def _meet(self, client: str) -> None:
        """Forget whoever was served before; a cell of ours that connects anew goes on with its task."""
        if client == self._client:
            return
        if self._client and self._another is not None:
            self._policy = self._another()
        self._client = client
        self._task, self._prompt = None, ""

    def _begin(self, assignment: Assignment | None, twin: TwinLook | None) -> None:
        if assignment is None:
            return
        key = (assignment.task_id, assignment.attempt)
        begins = twin is None or twin.begins
        if key == self._task and not (twin is not None and twin.begins):
            return
        self._task = None  # where the policy raises now, it is told again before it is asked about this task
        resume = getattr(self._policy, "resume", None)
        if begins or resume is None:
            self._policy.begin(assignment)
        else:
            resume(assignment)
        self._task = key

    # ── from the proposal to the wire ────────────────────────────────────────────────────────────

    def _rows(self, proposal: Proposal, observation: Observation) -> NDArray[np.float32]:
        """One row a step; where the policy sends no chunk, as many of the pose now, so that the form stays the same."""
        poses = proposal.gripper_in_base
        if proposal.joints_rad:
            poses = tuple(self._arm.fk(np.array(step)) for step in proposal.joints_rad)
        widths = proposal.gripper_width_m
        if not poses:
            poses = (observation.gripper_in_base,) * self.mapping.steps.horizon
            widths = (observation.gripper_width_m,) * self.mapping.steps.horizon
        rows = [(*p.position_m, *p.orientation_xyzw, width) for p, width in zip(poses, widths, strict=True)]
        return np.array(rows, dtype=np.float32)
