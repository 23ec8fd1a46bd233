"""The twin in a real window: what is drawn, what moves, what survives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from runtime.messages.camera import Detection, SceneBelief
from runtime.messages.geometry import Pose
from runtime.messages.plan import Plan
from runtime.messages.state import RobotState
from tests.support.posed_cell import OUT_OF_THE_WAY, PosedCell, pose_cell
from twin_app.scene import TwinState, TwinView
from twin_app.scene.canvas import Canvas
from twin_app.scene.program import Program
from twin_app.theme.tokens import DARK

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def posed() -> PosedCell:
    return pose_cell()


@pytest.fixture(scope="module", autouse=True)
def driver(qapp: QApplication, posed: PosedCell) -> None:
    """Loads the OpenGL driver, which keeps its events for the whole run, before stock is taken."""
    view = TwinView()
    view.show_cell(posed.cell, posed.mesh_folder)
    view.show()
    QTest.qWaitForWindowExposed(view)
    pixels(view)
    view.close()
    view.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def view(qtbot: QtBot, posed: PosedCell) -> TwinView:
    view = TwinView()
    qtbot.addWidget(view)
    view.resize(640, 420)
    view.show_cell(posed.cell, posed.mesh_folder)
    view.show()
    qtbot.waitExposed(view)
    assert view.trouble == ""
    return view


def robot_at(q_rad: tuple[float, ...], *, width_m: float = 0.08) -> RobotState:
    nothing = (0.0,) * len(q_rad)
    pose = Pose((0.0, 0.0, 0.0))
    return RobotState(0, 0, q_rad, nothing, nothing, nothing, q_rad, pose, width_m, 0.0, width_m, nothing, nothing, 0)


def belief_in(posed: PosedCell, *, without: str = "", occluded: bool = False) -> SceneBelief:
    poses = posed.poses(seed=1)[-len(posed.cell.parts) :]
    detections: list[Detection] = []
    for kind, (x, y, z, *turn) in zip(posed.cell.parts, poses.tolist(), strict=True):
        pose = Pose((x, y, z + 0.5 * kind.size_m[2]), (turn[0], turn[1], turn[2], turn[3]))
        detections.append(Detection(kind.name, pose, (0.0, 0.0), 80.0, 1.0, "tray"))
    return SceneBelief(0, tuple(d for d in detections if d.part != without), occluded)


def plan_to(*points: tuple[float, float, float]) -> Plan:
    down = (1.0, 0.0, 0.0, 0.0)
    poses = tuple(Pose(point, down) for point in points)
    return Plan(1, "p", "1", 1, 1, 0, 0, 10, 0.1, len(poses), poses, (), (0.04,) * len(poses), 30.0, 0.9, ())


def pixels(view: TwinView) -> np.ndarray:
    """u8[height, width, 3] of what the OpenGL widget draws now."""
    assert view.canvas is not None
    image = view.canvas.picture()  # 32 bits; Qt's own conversions start threads that outlive the test
    assert image.depth() == 32
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    little_endian = image.format() in (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied)
    return rows[..., 2::-1].copy() if little_endian else rows[..., :3].copy()


def changed(before: np.ndarray, after: np.ndarray) -> int:
    return int((np.abs(before.astype(int) - after).max(axis=2) > 12).sum())


def test_the_cell_is_drawn_before_any_message_has_come(view: TwinView) -> None:
    picture = pixels(view)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 200


def test_the_arm_moves_with_the_measured_joints_and_not_without_news(view: TwinView) -> None:
    robot = robot_at(OUT_OF_THE_WAY)
    view.show_state(TwinState(robot=robot))
    first = pixels(view)
    view.show_state(TwinState(robot=robot))
    assert changed(first, pixels(view)) == 0
    view.show_state(TwinState(robot=robot_at((0.8, *OUT_OF_THE_WAY[1:]))))
    assert changed(first, pixels(view)) > 3000


def test_parts_appear_where_they_are_believed_and_turn_pale_when_hidden(view: TwinView, posed: PosedCell) -> None:
    def redness() -> int:
        picture = pixels(view).astype(int)
        return int(((picture[..., 0] - picture[..., 1:].max(axis=2)) > 90).sum())

    robot = robot_at(OUT_OF_THE_WAY)
    assert redness() == 0
    view.show_state(TwinState(robot=robot, belief=belief_in(posed)))
    there = redness()
    assert there > 80
    view.show_state(TwinState(robot=robot, belief=belief_in(posed, without="red cube", occluded=True)))
    hidden = pixels(view)
    assert redness() < there
    view.show_state(TwinState(robot=robot, belief=belief_in(posed, without="red cube")))
    assert redness() == 0
    assert changed(hidden, pixels(view)) > 80


def test_the_plan_is_a_ghost_that_goes_with_the_plan_and_with_its_button(view: TwinView, qtbot: QtBot) -> None:
    robot = robot_at(OUT_OF_THE_WAY)
    view.show_state(TwinState(robot=robot))
    without = pixels(view)
    view.show_state(TwinState(robot=robot, plan=plan_to((0.5, 0.0, 0.4), (0.5, 0.1, 0.3), (0.5, 0.2, 0.2))))
    assert changed(without, pixels(view)) > 500
    button = next(button for button in view.findChildren(QToolButton) if button.text() == "Plan")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert changed(without, pixels(view)) == 0
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    view.show_state(TwinState(robot=robot))
    assert changed(without, pixels(view)) == 0


def test_an_old_picture_is_pale(view: TwinView, posed: PosedCell) -> None:
    def saturation() -> float:
        picture = pixels(view).astype(int)
        return float((picture.max(axis=2) - picture.min(axis=2)).max())

    state = {"robot": robot_at(OUT_OF_THE_WAY), "belief": belief_in(posed)}
    view.show_state(TwinState(**state))
    vivid = saturation()
    view.show_state(TwinState(**state, fresh=False))
    assert saturation() < 0.7 * vivid


def test_the_target_is_marked(view: TwinView, posed: PosedCell) -> None:
    belief = belief_in(posed)
    robot = robot_at(OUT_OF_THE_WAY)
    view.show_state(TwinState(robot=robot, belief=belief))
    before = pixels(view)
    view.show_state(TwinState(robot=robot, belief=belief, target="red cube"))
    assert 10 < changed(before, pixels(view)) < 2000


def test_a_named_view_turns_the_picture_and_the_mouse_turns_it_too(view: TwinView, qtbot: QtBot) -> None:
    first = pixels(view)
    button = next(button for button in view.findChildren(QPushButton) if button.text() == "Top")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    top = pixels(view)
    assert changed(first, top) > 10_000
    canvas = view.canvas
    assert canvas is not None
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(canvas, QPoint(260, 150))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(260, 150))
    assert changed(top, pixels(view)) > 3000


def test_a_drag_over_the_whole_width_turns_by_half_to_one_turn(view: TwinView, qtbot: QtBot) -> None:
    canvas = view.canvas
    assert canvas is not None
    before_deg = canvas.opts["azimuth"]
    drag(canvas, qtbot, QPoint(1, 200), QPoint(canvas.width() - 1, 200))
    assert 180.0 <= abs(canvas.opts["azimuth"] - before_deg) <= 360.0


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
def test_no_drag_takes_the_eye_below_the_table(
    view: TwinView, posed: PosedCell, qtbot: QtBot, button: Qt.MouseButton
) -> None:
    canvas = view.canvas
    assert canvas is not None
    for _ in range(8):
        drag(canvas, qtbot, QPoint(200, canvas.height() - 1), QPoint(200, 1), button=button)
        drag(canvas, qtbot, QPoint(200, canvas.height() - 1), QPoint(200, 1))
        assert canvas.cameraPosition().z() > posed.cell.floor_z_m


def test_the_theme_changes_the_ground(view: TwinView) -> None:
    light = pixels(view)[2, 2].mean()
    view.show_theme(DARK)
    assert pixels(view)[2, 2].mean() < 0.4 * light


def test_without_meshes_capsules_stand_in_and_the_view_says_so(qtbot: QtBot, posed: PosedCell, tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        view = TwinView()
        qtbot.addWidget(view)
        view.resize(640, 420)
        view.show_cell(posed.cell, folder)
        view.show()
        qtbot.waitExposed(view)
        assert "capsules" in view.remark
        assert len(np.unique(pixels(view).reshape(-1, 3), axis=0)) > 200


def test_the_picture_survives_being_moved_to_another_window(view: TwinView, qtbot: QtBot, posed: PosedCell) -> None:
    view.show_state(TwinState(robot=robot_at(OUT_OF_THE_WAY), belief=belief_in(posed)))
    before = pixels(view)
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(view)
    window.resize(view.size())
    window.show()
    qtbot.waitExposed(window)
    after = pixels(view)
    assert after.shape == before.shape
    assert changed(before, after) < 200
    view.setParent(None)


def test_another_cell_replaces_the_first(view: TwinView, posed: PosedCell, qtbot: QtBot) -> None:
    del qtbot
    before = pixels(view)
    view.show_cell(posed.cell, None)
    assert changed(before, pixels(view)) > 1000


def test_the_window_shows_the_newest_picture_also_after_it_was_hidden(view: TwinView, qtbot: QtBot) -> None:
    canvas = view.canvas
    assert canvas is not None
    view.show_state(TwinState(robot=robot_at(OUT_OF_THE_WAY)))
    qtbot.waitUntil(lambda: on_screen(view) == canvas.picture())
    before = on_screen(view)
    view.hide()
    drawn = canvas.pictures
    view.show_state(TwinState(robot=robot_at((0.8, *OUT_OF_THE_WAY[1:]))))
    QTest.qWait(50)
    assert canvas.pictures == drawn, "nobody looks"
    view.show()
    qtbot.waitUntil(lambda: on_screen(view) == canvas.picture())
    assert on_screen(view) != before


def test_an_opengl_that_fails_under_way_leaves_a_sentence(
    qtbot: QtBot, posed: PosedCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_program: Program) -> None:
        raise RuntimeError("no such shader")

    monkeypatch.setattr(Program, "build", refuse)
    view = TwinView()
    qtbot.addWidget(view)
    view.show_cell(posed.cell, posed.mesh_folder)
    view.show()
    qtbot.waitUntil(lambda: "no such shader" in view.trouble)
    assert view.canvas is None


def drag(
    canvas: Canvas,
    qtbot: QtBot,
    begin: QPoint,
    end: QPoint,
    *,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
) -> None:
    qtbot.mousePress(canvas, button, pos=begin)
    for step in range(1, 5):
        place = QPointF(begin + (end - begin) * step / 4)
        nothing = Qt.KeyboardModifier.NoModifier
        moved = QMouseEvent(QEvent.Type.MouseMove, place, canvas.mapToGlobal(place), button, button, nothing)
        QApplication.sendEvent(canvas, moved)
    qtbot.mouseRelease(canvas, button, pos=end)


def on_screen(view: TwinView) -> QImage:
    """What the canvas last painted into its window."""
    canvas = view.canvas
    assert canvas is not None
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    canvas.render(image)
    return image
