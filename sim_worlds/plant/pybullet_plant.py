"""The simulated arm and cell behind the `Plant` port: drives, friction, heat, brakes, sensors around a step."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from runtime.compiled import compiled
from runtime.messages.faults import FaultOrder
from runtime.messages.joint import JointCommand, PlantFlag, PlantState, Vector
from sim_worlds.faults.plant_faults import PlantFaults
from sim_worlds.plant.belt import Belt
from sim_worlds.plant.bullet_world import STEP_S, BulletWorld
from sim_worlds.plant.drives import JointDrives
from sim_worlds.plant.friction import JointFriction
from sim_worlds.plant.gripper import GripperDrive
from sim_worlds.plant.mismatch import draw_mismatch
from sim_worlds.plant.protection import Protection
from sim_worlds.plant.rotors import RotorInertia
from sim_worlds.plant.sensors import Sensors
from sim_worlds.plant.thermal import MotorHeat
from sim_worlds.plant.truth import Truth
from sim_worlds.scenes.scene import Scene
from sim_worlds.variation.foreign_objects import LooseObject, place_loose

_SLOW_TICKS = 10
"""Heat, faults and belt are looked at every 10 ms, each in a tick of its own."""

_MASS_TICKS = 20
"""The rotors' fixed point does not depend on the mass matrix, only how fast it is reached: see `rotors`."""

_DERATED = int(PlantFlag.DERATED)
_TORQUE_CLIPPED = int(PlantFlag.TORQUE_CLIPPED)
_FRICTION_TICKS = 4
_BRAKE_SLIP_RAD = 0.001
"""A braked joint that was forced so far stays where it is then."""

_FRICTION_CHANGE_NM = 0.01


@compiled("void(float64[::1], float64[::1], float64[::1], float64[::1], float64[::1])")
def _add_up(drive_nm: Vector, rotor_nm: Vector, viscous_nm_s: Vector, speed_rad_s: Vector, push_nm: Vector) -> None:
    """The torque on each joint's link, first in `push_nm`; dry friction is the engine's own."""
    for joint in range(drive_nm.size):
        push_nm[joint] = drive_nm[joint] + rotor_nm[joint] - viscous_nm_s[joint] * speed_rad_s[joint]


class _Arrival(NamedTuple):
    """What stays of a usable command: copies, because the sender may write its arrays again."""

    torque_nm: Vector
    gripper_width_m: float
    gripper_force_n: float
    brake: bool
    stopping: bool
    sequence: int


class PyBulletPlant:
    """One cell. Belongs to one thread; the same seed and commands give bit-identical states."""

    def __init__(self, scene: Scene, *, mismatch: str = "low", seed: int, loose: tuple[LooseObject, ...] = ()) -> None:
        """Raises `SceneError` for an unknown mismatch level. `loose`: foreign objects among the parts."""
        robot = scene.description.robot
        self._scene, self._seed = scene, seed
        self._joints = len(robot.joints)
        self._mismatch = draw_mismatch(mismatch, seed=seed, joints=self._joints, parts=len(scene.description.parts))
        self._loose = loose
        self._world = BulletWorld(scene, mismatch=self._mismatch, loose=loose)
        self._drives = JointDrives(robot, step_s=STEP_S)
        self._friction = JointFriction(robot, mismatch=self._mismatch)
        self._rotors = RotorInertia(robot, mismatch=self._mismatch)
        self._gripper = GripperDrive(robot.gripper, width_m=robot.gripper.width_max_m)
        self._heat = MotorHeat(robot)
        self._protection = Protection()
        self._sensors = Sensors(scene.body, joints=self._joints, noise=self._mismatch.noise, seed=seed)
        self._faults = PlantFaults(robot)
        self._belt = Belt(scene, self._world, seed=seed)
        self._line: deque[_Arrival | None] = deque([None] * self._mismatch.delay_ticks)
        self._command: _Arrival | None = None
        self._braking = list(scene.body.brake_nm)
        self._push = np.zeros(self._joints + 2)
        self._brake_set = False
        self._refill_id = 0
        self._tick, self._stamp_ns, self._stop_seen_ns = 0, 0, 0
        self._recent: list[Vector] = []
        self._begin()

    def step(self, command: JointCommand | None, *, stamp_ns: int) -> PlantState:
        """Apply one command (None: none arrived) for one millisecond and measure."""
        self._tick += 1
        self._stamp_ns = stamp_ns
        self._receive(command)
        self._slow_work()
        arrived = self._command
        driven = self._drives.drive(
            arrived.torque_nm if arrived is not None and self._protection.powered else None,
            share=self._heat.torque_share if self._heat.derated else None,
        )
        self._recent.append(driven)
        self._set_brake_or_friction()
        speeds = self._speeds
        rotors = self._rotors.torque(speed_rad_s=speeds, drive_nm=driven)
        push = self._push
        _add_up(driven, rotors, self._friction.viscous_nm_s, speeds, push)
        push[-2:] = self._finger_forces(arrived)
        self._world.push(push.tolist())
        self._world.step()
        self._read_joints(driven)
        return self._measure()

    def measure(self) -> PlantState:
        """The newest measurement, without a step."""
        return self._state

    def step_raw(self) -> None:
        """One bare physics step of the same cell, for comparison; brakes and friction stay as they are."""
        self._world.step()

    @property
    def world(self) -> BulletWorld:
        """The physics engine alone, for a benchmark's stopwatch."""
        return self._world

    def truth(self) -> Truth:
        """Where everything really is now."""
        links, parts = self._world.poses()
        return Truth(self._tick, self._stamp_ns, links, parts, self._world.loose_poses())

    def refill(self, refill_id: int) -> None:
        """Lay out the parts anew for this id; the id in force changes nothing."""
        if refill_id == self._refill_id:
            return
        self._refill_id = refill_id
        self._lay_out()

    @property
    def refill_id(self) -> int:
        """The layout in force."""
        return self._refill_id

    def apply_faults(self, orders: tuple[FaultOrder, ...], now_ns: int) -> None:
        """The whole desired set of injections at this seam; others are ignored, missing ones end."""
        self._faults.apply(orders, now_ns)

    def set_fault(self, order: FaultOrder, now_ns: int) -> None:
        """Add one injection."""
        self._faults.apply((*self._faults.orders, order), now_ns)

    def clear_fault(self, injection_id: int) -> None:
        """End one injection; unknown ids change nothing."""
        kept = tuple(order for order in self._faults.orders if order.injection_id != injection_id)
        self._faults.apply(kept, self._stamp_ns)

    def faults_effective(self) -> tuple[str, ...]:
        """Ids of the faults that are switched on now."""
        return self._faults.effective()

    def mismatch_record(self) -> dict[str, float | list[float]]:
        """How this plant differs from the nominal model, for the recording."""
        return self._mismatch.record()

    @property
    def mismatch_level(self) -> str:
        """none, low or high."""
        return self._mismatch.level

    def close(self) -> None:
        """Free the physics engine."""
        self._world.close()

    def _begin(self) -> None:
        robot = self._scene.description.robot
        self._world.put_arm([joint.home_rad for joint in robot.joints], width_m=robot.gripper.width_max_m)
        self._read_joints(np.zeros(self._joints))
        self._close_brakes()
        self._lay_out()
        self._update_rotors()
        self._state = self._measure()

    def _lay_out(self) -> None:
        parts = self._scene.place(self._seed, self._refill_id)
        for index, placed in enumerate(parts):
            self._world.put_part(index, placed)
        seed = (self._seed, self._refill_id)
        for index, pose in enumerate(place_loose(self._loose, scene=self._scene, parts=parts, seed=seed)):
            self._world.put_loose(index, pose)

    def _receive(self, command: JointCommand | None) -> None:
        """Count what is missed; through the transport delay; brakes and latches."""
        torques = None if command is None else self._drives.usable(command.torque_nm)
        arrival: _Arrival | None = None
        if command is None or torques is None:
            self._protection.missed_command()
        else:
            arrival = _Arrival(
                torques,
                command.gripper_width_m,
                command.gripper_force_n,
                command.brake,
                command.stopping,
                command.sequence,
            )
        if self._line:
            self._line.append(arrival)
            arrival = self._line.popleft()
        if arrival is not None:
            self._protection.arrived(brake=arrival.brake, hot=self._heat.derated)
            self._command = arrival
            if not arrival.stopping:
                self._stop_seen_ns = 0
            elif not self._stop_seen_ns:
                self._stop_seen_ns = self._stamp_ns

    def _slow_work(self) -> None:
        turn = self._tick % _SLOW_TICKS
        if turn == 0:
            self._advance_heat()
        elif turn == 3:
            if self._tick % _MASS_TICKS == turn:
                self._update_rotors()
        elif turn == 6 and self._faults.advance(self._stamp_ns):
            self._friction.scale(self._faults.friction_factor)
        elif turn == 8:
            self._belt.advance(self._tick)

    def _advance_heat(self) -> None:
        heat, faults = self._heat, self._faults
        mean = np.square(self._recent).sum(axis=0) / _SLOW_TICKS
        self._recent.clear()
        period_s = _SLOW_TICKS * STEP_S
        shift = faults.heat_shift_k(heat.housing_celsius, period_s=period_s)
        if shift is not None:
            heat.add_heat(winding_k=shift, housing_k=shift)
        extra_w = faults.heating_k / heat.winding_to_housing_k_w
        heat.advance(mean, extra_w=extra_w, period_s=period_s)
        if heat.hot:
            self._protection.trip()

    def _update_rotors(self) -> None:
        self._rotors.update(self._world.mass_matrix(self._positions.tolist()), step_s=STEP_S)

    def _set_brake_or_friction(self) -> None:
        if self._protection.braked:
            if not self._brake_set or np.abs(self._positions[: self._joints] - self._braked_at).max() > _BRAKE_SLIP_RAD:
                self._close_brakes()
            return
        if self._tick % _FRICTION_TICKS and not self._brake_set:
            return
        changed_nm = -1.0 if self._brake_set else _FRICTION_CHANGE_NM  # after a brake in any case
        dry = self._friction.dry_nm(self._speeds, changed_nm=changed_nm)
        if dry is not None:
            self._world.set_dry_friction(dry)
            self._brake_set = False

    def _close_brakes(self) -> None:
        """Where the joints are now; also after they slipped, so that they do not spring back."""
        self._braked_at = self._positions[: self._joints].copy()
        self._world.brake(self._braked_at.tolist(), self._braking)
        self._brake_set = True

    def _finger_forces(self, command: _Arrival | None) -> tuple[float, float]:
        gripper = self._scene.description.robot.gripper
        width = gripper.width_max_m if command is None else command.gripper_width_m
        force = gripper.force_max_n if command is None else command.gripper_force_n
        return self._gripper.forces(left=self._left, right=self._right, width_m=width, force_n=force, step_s=STEP_S)

    def _read_joints(self, torque_nm: Vector) -> None:
        """Angles and speeds of the joints, then the fingers."""
        positions, speeds, *_ = zip(*self._world.joint_states(), strict=True)
        self._positions, self._speeds, self._driven_nm = np.array(positions), np.array(speeds), torque_nm
        self._left, self._right = zip(positions[-2:], speeds[-2:], strict=True)

    def _measure(self) -> PlantState:
        protection, heat = self._protection, self._heat
        (q, dq, torque), width, force = self._sensors.read(
            self._positions,
            self._speeds,
            self._driven_nm,
            width_m=self._left[0] + self._right[0],
            force_n=self._gripper.force_n,
        )
        flags = protection.flags
        if heat.derated:
            flags |= _DERATED
        if self._drives.clipped:
            flags |= _TORQUE_CLIPPED
        self._state = PlantState(
            self._tick,
            self._stamp_ns,
            q,
            dq,
            torque,
            width,
            force,
            heat.winding_celsius,
            heat.housing_celsius,
            flags,
            protection.missed,
            protection.missed_total,
            self._command.sequence if self._command is not None else 0,
            self._stop_seen_ns,
        )
        return self._state
