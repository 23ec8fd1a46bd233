"""The only module of the plant that knows PyBullet: bodies, torques in, joint states and poses out."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.messages.geometry import Box, Pose, Vector3
from sim_worlds.bullet_engine import engine
from sim_worlds.plant.arm_file import arm_urdf
from sim_worlds.plant.mismatch import Mismatch
from sim_worlds.scenes.placement import PlacedPart
from sim_worlds.scenes.scene import Scene
from sim_worlds.variation.foreign_objects import LooseObject

STEP_S = 0.001
GRAVITY_M_S2 = 9.81
_BELT_HALF_LENGTH_M = 4.0
_BELT_TRAVEL_M = 1.5
_BELT_THICKNESS_M = 0.02
_PAD_STIFFNESS_N_M = 2e5
"""Of a rubber finger pad in one contact point, of which a flat part has four: 30 N press it in by about 0.05 mm.

Hard pads on a flat part share the force among their points in no one way: the solver does not come to rest, it is
slow, and the part creeps. See decision 0014.
"""

_PAD_DAMPING_N_S_M = 200.0
_BRAKE_GAIN = 0.2
"""Share of a braked joint's displacement that the engine takes back in a step."""

_PAD_SPIN_M = 0.003
"""Friction torque of a pad about its normal over the grip force: ⅔ of the radius of the pressed patch, for a disc."""


class BulletWorld:
    """The cell's bodies in an engine of their own (DIRECT: no window, no thread). One thread at a time.

    Arm and belt are articulated bodies in joint coordinates; parts and whatever stands still are plain rigid bodies
    ("maximal coordinates"), which cost the solver a fraction. See decision 0014.
    """

    def __init__(self, scene: Scene, *, mismatch: Mismatch, loose: Sequence[LooseObject] = ()) -> None:
        self._scene = scene
        self._client = engine.connect(engine.DIRECT)
        self._joints = len(scene.description.robot.joints)
        self._indices = list(range(self._joints + 2))
        self._arm_indices = self._indices[: self._joints]
        self._rest = [0.0] * self._joints
        self._brake_gains = [_BRAKE_GAIN] * self._joints
        self._substeps = scene.physics.substeps
        self._configure()
        self._surface_friction = scene.physics.surface_friction * mismatch.contact_friction
        self._part_friction = scene.physics.part_friction * mismatch.contact_friction
        self._place_fixed(scene.description.obstacles)
        self._belt = self._place_belt() if scene.belt is not None else None
        self._arm = self._load_arm(mismatch)
        parts = zip(scene.description.parts, mismatch.part_mass, strict=True)
        self._parts = [
            self._make_solid(part.shape, part.size_m, mass_kg=part.mass_kg * float(factor)) for part, factor in parts
        ]
        self._loose = [self._make_solid(thing.shape, thing.size_m, mass_kg=thing.mass_kg) for thing in loose]

    def close(self) -> None:
        """Free the engine; a second call does nothing."""
        if self._client >= 0:
            engine.disconnect(self._client)
            self._client = -1

    def step(self) -> None:
        """One millisecond of physics, nothing else."""
        engine.stepSimulation(self._client)

    def joint_states(self) -> Sequence[Sequence[float]]:
        """(position, speed, …) of the joints in order, then left and right finger."""
        return engine.getJointStates(self._arm, self._indices, self._client)

    def push(self, torques: list[float]) -> None:
        """Torques (N·m) of the joints, then forces (N) of the fingers, for the next step only."""
        engine.setJointMotorControlArray(
            self._arm, self._indices, engine.TORQUE_CONTROL, forces=torques, physicsClientId=self._client
        )

    def set_dry_friction(self, torques_nm: list[float]) -> None:
        """Largest torque with which each joint resists motion: dry friction. Stays set.

        A velocity constraint with bounded impulse is solved implicitly, so it holds at rest without chatter. The
        engine takes the bound for a whole step but applies it in each substep, hence the division.
        """
        if self._substeps > 1:
            torques_nm = [torque / self._substeps for torque in torques_nm]
        engine.setJointMotorControlArray(
            self._arm,
            self._arm_indices,
            engine.VELOCITY_CONTROL,
            targetVelocities=self._rest,
            forces=torques_nm,
            physicsClientId=self._client,
        )

    def brake(self, angles_rad: list[float], torques_nm: list[float]) -> None:
        """Hold the joints at these angles, with at most these torques. Stays set.

        A constraint of position, not of speed: one of speed lets a loaded joint creep by what the solver leaves over
        in each step (0.7 mrad/s were seen), and a brake's lining does not.
        """
        engine.setJointMotorControlArray(
            self._arm,
            self._arm_indices,
            engine.POSITION_CONTROL,
            targetPositions=angles_rad,
            targetVelocities=self._rest,
            positionGains=self._brake_gains,
            forces=[torque / self._substeps for torque in torques_nm],
            physicsClientId=self._client,
        )

    def mass_matrix(self, q: list[float]) -> NDArray[np.float64]:
        """Joint-space inertia of the links without rotors; `q`: joints, then fingers. About 20 µs."""
        whole = np.array(engine.calculateMassMatrix(self._arm, q, physicsClientId=self._client))
        return whole[: self._joints, : self._joints]

    def put_arm(self, q_rad: Sequence[float], *, width_m: float) -> None:
        """Place the arm at rest."""
        for index, value in enumerate((*q_rad, 0.5 * width_m, 0.5 * width_m)):
            engine.resetJointState(self._arm, index, value, 0.0, physicsClientId=self._client)

    def put_part(self, index: int, placed: PlacedPart) -> None:
        """Place one part at rest."""
        self._put(self._parts[index], placed.part_in_base)

    def put_loose(self, index: int, object_in_base: Pose) -> None:
        """Place one loose object at rest."""
        self._put(self._loose[index], object_in_base)

    def _put(self, body: int, pose: Pose) -> None:
        engine.resetBasePositionAndOrientation(
            body, pose.position_m, pose.orientation_xyzw, physicsClientId=self._client
        )
        engine.resetBaseVelocity(body, [0.0] * 3, [0.0] * 3, physicsClientId=self._client)

    def part_pose(self, index: int) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
        """Centre and orientation of one part in the base frame."""
        return engine.getBasePositionAndOrientation(self._parts[index], self._client)

    def poses(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Link frames (base, joints, left, right finger) and part centres, float64[·, 7]."""
        states = engine.getLinkStates(self._arm, self._indices, 0, 1, self._client)
        links = np.empty((self._joints + 3, 7))
        links[0] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        for row, state in enumerate(states, start=1):
            links[row, :3], links[row, 3:] = state[4], state[5]
        return links, self._poses_of(self._parts)

    def loose_poses(self) -> NDArray[np.float64]:
        """Centres of the loose objects, float64[·, 7]."""
        return self._poses_of(self._loose)

    def _poses_of(self, bodies: Sequence[int]) -> NDArray[np.float64]:
        poses = np.empty((len(bodies), 7))
        for row, body in enumerate(bodies):
            poses[row, :3], poses[row, 3:] = engine.getBasePositionAndOrientation(body, self._client)
        return poses

    def rewind_belt(self) -> None:
        """Move the endless belt's slab back before its end comes; its surface keeps its speed."""
        if self._belt is None:
            return
        x, y, z = engine.getBasePositionAndOrientation(self._belt, self._client)[0]
        start_x = self._scene.description.tray.centre_in_base_m[0]
        if abs(x - start_x) > _BELT_TRAVEL_M:
            engine.resetBasePositionAndOrientation(
                self._belt, [start_x, y, z], [0.0, 0.0, 0.0, 1.0], physicsClientId=self._client
            )
            self._move_belt(self._belt)

    def _move_belt(self, belt: int) -> None:
        """Also after every change of its pose, which stops it."""
        speed = self._scene.description.tray.belt_velocity_m_s[0]
        engine.resetBaseVelocity(belt, [speed, 0.0, 0.0], physicsClientId=self._client)

    def _configure(self) -> None:
        engine.setGravity(0.0, 0.0, -GRAVITY_M_S2, physicsClientId=self._client)
        engine.setPhysicsEngineParameter(
            fixedTimeStep=STEP_S,
            numSubSteps=self._substeps,
            numSolverIterations=self._scene.physics.solver_iterations,
            deterministicOverlappingPairs=1,
            physicsClientId=self._client,
        )

    def _place_fixed(self, boxes: Sequence[Box]) -> None:
        for box in boxes:
            shape = engine.createCollisionShape(
                engine.GEOM_BOX, halfExtents=box.half_extents_m, physicsClientId=self._client
            )
            pose = box.centre_in_base
            body = engine.createMultiBody(
                0.0,
                shape,
                -1,
                pose.position_m,
                pose.orientation_xyzw,
                useMaximalCoordinates=True,
                physicsClientId=self._client,
            )
            self._surface(body, -1, friction=self._surface_friction)

    def _place_belt(self) -> int:
        """A long slab that nothing slows down: what lies on it feels a moving surface, friction included.

        Articulated although it has no joint: the engine forgets the speed of a plain rigid body without mass.
        """
        tray = self._scene.description.tray
        thin = 0.0002
        half = [_BELT_HALF_LENGTH_M, tray.inner_half_extents_m[1], 0.5 * _BELT_THICKNESS_M]
        shape = engine.createCollisionShape(engine.GEOM_BOX, halfExtents=half, physicsClientId=self._client)
        x, y, z = tray.centre_in_base_m
        origin = [x, y, z + thin - 0.5 * _BELT_THICKNESS_M]
        belt = engine.createMultiBody(0.0, shape, -1, origin, physicsClientId=self._client)
        self._move_belt(int(belt))
        self._surface(belt, -1, friction=self._surface_friction)
        engine.setCollisionFilterGroupMask(belt, -1, 2, 4, physicsClientId=self._client)
        return int(belt)

    def _load_arm(self, mismatch: Mismatch) -> int:
        text = arm_urdf(self._scene.description.robot, body=self._scene.body, mismatch=mismatch)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "arm.urdf"
            path.write_text(text, encoding="utf-8")
            arm = engine.loadURDF(
                str(path), useFixedBase=True, flags=engine.URDF_USE_INERTIA_FROM_FILE, physicsClientId=self._client
            )
        for index in range(-1, self._joints + 2):
            self._surface(arm, index, friction=0.5)
        for finger in (self._joints, self._joints + 1):
            self._surface(arm, finger, friction=self._scene.body.finger_friction * mismatch.contact_friction)
            self._pad(arm, finger)
            engine.setJointMotorControl2(arm, finger, engine.VELOCITY_CONTROL, force=0.0, physicsClientId=self._client)
        return int(arm)

    def _make_solid(self, shape_name: str, size_m: Vector3, *, mass_kg: float) -> int:
        if shape_name == "cylinder":
            shape = engine.createCollisionShape(
                engine.GEOM_CYLINDER,
                radius=0.5 * size_m[0],
                height=size_m[2],
                physicsClientId=self._client,
            )
        else:
            half = [0.5 * size for size in size_m]
            shape = engine.createCollisionShape(engine.GEOM_BOX, halfExtents=half, physicsClientId=self._client)
        body = engine.createMultiBody(mass_kg, shape, useMaximalCoordinates=True, physicsClientId=self._client)
        self._surface(body, -1, friction=self._part_friction)
        engine.setCollisionFilterGroupMask(body, -1, 1 | 4, -1, physicsClientId=self._client)
        return int(body)

    def _pad(self, arm: int, finger: int) -> None:
        engine.changeDynamics(
            arm,
            finger,
            spinningFriction=_PAD_SPIN_M,
            contactStiffness=_PAD_STIFFNESS_N_M,
            contactDamping=_PAD_DAMPING_N_S_M,
            physicsClientId=self._client,
        )

    def _surface(self, body: int, link: int, *, friction: float) -> None:
        engine.changeDynamics(
            body,
            link,
            lateralFriction=friction,
            restitution=0.0,
            linearDamping=0.0,
            angularDamping=0.0,
            physicsClientId=self._client,
        )
