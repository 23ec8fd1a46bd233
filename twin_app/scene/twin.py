"""The drawing items of one cell and how a state moves them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime.messages.cell import CellDescription
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan
from twin_app.scene.items import LineItem, TriangleItem
from twin_app.scene.kinematics import LinkFrames, Matrix, matrix_of
from twin_app.scene.labels import tote_labels
from twin_app.scene.lines import (
    box_segments,
    frustum_segments,
    grid_segments,
    no_segments,
    path_segments,
    ring_segments,
)
from twin_app.scene.model import arm_model, cell_model, hand_model, parts_model
from twin_app.scene.parts import PartMemory
from twin_app.scene.program import Program
from twin_app.scene.state import TwinState

GHOST_RGB = (0.35, 0.55, 0.85)
SHADOW_RGB = (0.25, 0.60, 0.42)
PALE_RGB = (0.55, 0.56, 0.57)
_NO_FRAME = np.zeros((4, 4))


class Twin:
    """One cell as items. `show` compares message by message, so that only what is new costs anything."""

    def __init__(self, cell: CellDescription, *, program: Program, mesh_folder: Path | None) -> None:
        self._cell = cell
        self._links = LinkFrames(cell.robot)
        self._memory = PartMemory(cell.parts)
        self._shown = TwinState()
        self._flange_in_base = np.eye(4)
        arm, self.remark = arm_model(cell.robot, mesh_folder=mesh_folder)
        parts = parts_model(cell.parts)
        self.cell = TriangleItem(program, cell_model(cell), depth=0)
        self.arm = TriangleItem(program, arm, depth=3)
        self.parts = TriangleItem(program, parts, depth=3)
        self.hidden_parts = TriangleItem(program, parts, depth=4, alpha=0.45)
        hand = hand_model(arm, joints=self._links.joints)
        self.ghost = TriangleItem(program, hand, depth=6, alpha=0.45)
        self.grid = LineItem(program, depth=1)
        self.labels = LineItem(program, depth=2)
        self.workspace = LineItem(program, depth=5)
        self.frusta = LineItem(program, depth=5)
        self.path = LineItem(program, depth=5)
        self.shadow_path = LineItem(program, depth=5)
        self.drop = LineItem(program, depth=5)
        self.mark = LineItem(program, depth=5)
        self._dress()
        self._stand()

    @property
    def items(self) -> list[TriangleItem | LineItem]:
        """Everything to draw."""
        return [
            *(self.cell, self.grid, self.labels, self.arm, self.parts, self.hidden_parts, self.ghost),
            *(self.workspace, self.frusta, self.path, self.shadow_path, self.drop, self.mark),
        ]

    @property
    def ball(self) -> tuple[tuple[float, float, float], float]:
        """Centre in the base frame and radius, in metres, of what a person wants to see: arm at home, workspace."""
        home = [joint.home_rad for joint in self._cell.robot.joints]
        joints = self._links.frames(home, width_m=0.0)[:, :3, 3]
        points = np.concatenate([joints, [self._cell.workspace.lower_m, self._cell.workspace.upper_m]])
        low, high = points.min(axis=0), points.max(axis=0)
        x, y, z = (float(value) for value in 0.5 * (low + high))
        return (x, y, 0.8 * z), 0.5 * float(np.linalg.norm(high - low))

    def colour_lines(self, ink: tuple[float, float, float]) -> None:
        """Lines in the theme's ink."""
        self.workspace.paint_with((*ink, 0.55))
        self.frusta.paint_with((*ink, 0.45))
        self.drop.paint_with((*ink, 0.7))
        self.mark.paint_with((*ink, 1.0))

    def show(self, state: TwinState) -> None:
        """Move what differs from the state shown last."""
        before, self._shown = self._shown, state
        if state.robot is not before.robot and state.robot is not None:
            self._place_arm(state.robot.q_rad, state.robot.gripper_width_m)
        if state.belief is not before.belief:
            self._place_parts(state)
        if state.belief is not before.belief or state.target != before.target:
            self._mark_target(state.target)
        if state.plan is not before.plan:
            self._draw_plan(state.plan)
        if state.shadow != before.shadow:
            self._draw_shadow(state.shadow)
        if state.fresh != before.fresh:
            share = 0.0 if state.fresh else 0.6
            for item in (self.arm, self.parts):
                item.tint(PALE_RGB, share=share)

    def _dress(self) -> None:
        self.ghost.tint(GHOST_RGB, share=0.75)
        self.hidden_parts.tint(PALE_RGB, share=0.4)
        self.path.paint_with((*GHOST_RGB, 1.0))
        self.shadow_path.paint_with((*SHADOW_RGB, 1.0))
        self.labels.paint_with((0.0, 0.0, 0.0, 0.75))
        self.grid.paint_with((0.0, 0.0, 0.0, 0.13))
        self.cell.receive_shadows()
        self.arm.cast_shadow(self._cell.floor_z_m + 0.002)
        self.parts.cast_shadow(self._cell.tray.centre_in_base_m[2] + 0.002)

    def _stand(self) -> None:
        """The state before any message: arm at home, no parts, no plan."""
        self.grid.show_segments(grid_segments(self._cell))
        self.labels.show_segments(tote_labels(self._cell))
        self.workspace.show_segments(box_segments(self._cell.workspace))
        self._place_arm([joint.home_rad for joint in self._cell.robot.joints], self._cell.robot.gripper.width_max_m)
        self._place_parts(self._shown)
        self._draw_plan(None)
        self._draw_shadow(())

    def _place_arm(self, q_rad: tuple[float, ...] | list[float], width_m: float) -> None:
        frames = self._links.frames(q_rad, width_m=width_m)
        self.arm.place(frames)
        self._flange_in_base = frames[self._links.joints] @ self._links.flange_in_last_joint
        tip = self._links.gripper(frames)[:3, 3]
        foot = np.array([tip[0], tip[1], self._cell.floor_z_m + 0.003])
        drop = np.array([tip, foot], dtype=np.float32)
        self.drop.show_segments(np.concatenate([drop, ring_segments(foot, radius_m=0.012)]))
        self.frusta.show_segments(self._frusta())

    def _frusta(self) -> NDArray[np.float32]:
        if not self._cell.cameras:
            return no_segments()
        return np.concatenate(
            [
                frustum_segments(
                    camera,
                    parent_in_base=self._flange_in_base if camera.on_flange else np.eye(4),
                    floor_z_m=self._cell.floor_z_m,
                )
                for camera in self._cell.cameras
            ]
        )

    def _place_parts(self, state: TwinState) -> None:
        if state.belief is None:
            self._memory.forget()
        else:
            self._memory.follow(state.belief)
        self.parts.place(self._memory.frames(hidden=False))
        self.hidden_parts.place(self._memory.frames(hidden=True))

    def _mark_target(self, name: str) -> None:
        frame = self._memory.place_of(name)
        part = next((part for part in self._cell.parts if part.name == name), None)
        if frame is None or part is None:
            self.mark.show_segments(no_segments())
            return
        foot = frame[:3, 3] - np.array([0.0, 0.0, 0.5 * part.size_m[2] - 0.004])
        radius_m = 0.5 * float(np.hypot(part.size_m[0], part.size_m[1])) + 0.012
        rings = [ring_segments(foot, radius_m=radius) for radius in (radius_m, radius_m + 0.003)]
        self.mark.show_segments(np.concatenate(rings))

    def _draw_plan(self, plan: Plan | None) -> None:
        frames = self._plan_frames(plan)
        if not frames:
            self.path.show_segments(no_segments())
            self.ghost.place(np.stack([_NO_FRAME] * 3))
            return
        assert plan is not None
        width_m = plan.gripper_width_m[-1] if plan.gripper_width_m else self._cell.robot.gripper.width_max_m
        self.path.show_segments(path_segments(np.array([frame[:3, 3] for frame in frames])))
        self.ghost.place(self._links.hand_frames(frames[-1], width_m=width_m))

    def _draw_shadow(self, poses: tuple[Pose, ...]) -> None:
        points = np.array([pose.position_m for pose in poses])
        self.shadow_path.show_segments(path_segments(points) if len(poses) > 1 else no_segments())

    def _plan_frames(self, plan: Plan | None) -> list[Matrix]:
        """Gripper poses of every step, whichever way the plan gives them."""
        if plan is None:
            return []
        if plan.gripper_in_base:
            return [matrix_of(pose) for pose in plan.gripper_in_base]
        return [self._links.gripper(self._links.frames(q_rad, width_m=0.0)) for q_rad in plan.joints_rad]
