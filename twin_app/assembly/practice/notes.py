"""A lesson as an episode of a dataset: what was seen and measured, and what the teacher would have done."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.datasets import CameraForm, DatasetForm, Episode, Extra
from runtime.messages.cell import CellDescription
from runtime.picking.funnel import HandState, Path
from runtime.picking.mover import HORIZON, STEP_PERIOD_S
from twin_app.assembly.practice.lesson import Lesson
from twin_app.assembly.practice.teacher import Shown

FPS = round(1.0 / STEP_PERIOD_S)
HAND = ("x_m", "y_m", "z_m", "yaw_rad")
SPEED = ("vx_m_s", "vy_m_s", "vz_m_s", "turn_rad_s")
STEP = (*HAND, "width_m")
CHUNK, LEAD, DONE = "teacher.chunk", "teacher.lead", "teacher.done"
"""Columns: the advised chunk, the hand when it begins to act, and whether the task is done; all in the base frame."""


def form_of(cell: CellDescription, *, about: dict[str, str]) -> DatasetForm:
    """Columns and cameras of lessons in this cell."""
    joints = [f"joint_{number}" for number in range(1, len(cell.robot.joints) + 1)]
    return DatasetForm(
        fps=FPS,
        robot_type=cell.robot.name,
        state=(*(f"{name}_rad" for name in joints), *(f"{name}_rad_s" for name in joints), "gripper_m", "gripper_n"),
        action=STEP,
        cameras=tuple(CameraForm(camera.name, camera.width_px, camera.height_px) for camera in cell.cameras),
        extras=(
            Extra(CHUNK, tuple(f"{name}_{step}" for step in range(1, HORIZON + 1) for name in STEP)),
            Extra(LEAD, (*HAND, *SPEED)),
            Extra(DONE),
        ),
        about=about,
    )


def episode_of(lesson: Lesson) -> Episode:
    """Every look of the lesson, one frame each."""
    shown = lesson.shown
    chunks = np.array([_chunk(one) for one in shown], dtype=np.float32)
    names = shown[0].observation.views
    return Episode(
        task=lesson.instruction,
        state=np.array([_state(one) for one in shown], dtype=np.float32),
        action=np.ascontiguousarray(chunks[:, : len(STEP)]),
        images={name: np.stack([one.observation.views[name].picture.image for one in shown]) for name in names},
        intervention=np.array([not one.learner_drives and lesson.manner.learner_share > 0.0 for one in shown]),
        extras={
            CHUNK: chunks,
            LEAD: np.array([_lead(one.hand) for one in shown], dtype=np.float32),
            DONE: np.array([[float(one.advice.done)] for one in shown], dtype=np.float32),
        },
    )


def _state(shown: Shown) -> NDArray[np.float64]:
    seen = shown.observation
    return np.concatenate((seen.q_rad, seen.dq_rad_s, (seen.gripper_width_m, seen.gripper_force_n)))


def _lead(hand: HandState) -> tuple[float, ...]:
    return (*_place(hand), hand.vx_m_s, hand.vy_m_s, hand.vz_m_s, hand.turn_rad_s)


def _chunk(shown: Shown) -> list[float]:
    return [
        value
        for step, width_m in enumerate(shown.widths_m, start=1)
        for value in (*_place(_at(shown.path, step)), width_m)
    ]


def _at(path: Path, step: int) -> HandState:
    return path.at(step * STEP_PERIOD_S)


def _place(hand: HandState) -> tuple[float, float, float, float]:
    return hand.x_m, hand.y_m, hand.z_m, hand.yaw_rad
