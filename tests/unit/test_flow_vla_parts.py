"""The learned policy's parts that are no networks, and what its reader makes of sentences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from plugins.flow_vla.calibration import SIGNAL_NAMES, Calibration, conformal_limit, fit
from plugins.flow_vla.chunks import decode, encode
from plugins.flow_vla.condition import nearest_turn
from plugins.flow_vla.flow import HORIZON
from plugins.flow_vla.geometry import base_turn, cell_of, image_turn, pixel_of
from plugins.flow_vla.mind import Mind
from plugins.flow_vla.policy import MODEL
from plugins.flow_vla.reader import Reader
from plugins.flow_vla.ready import Ready, load_ready
from plugins.flow_vla.sight import outermost
from plugins.flow_vla.training.assurance import calibrate
from plugins.flow_vla.turns import pieces
from plugins.flow_vla.words import WORDS
from runtime.kinematics import Arm
from runtime.messages.geometry import Pose
from runtime.perception import ViewGeometry
from runtime.picking.following import Waypoint
from runtime.picking.funnel import HandState, wrap
from runtime.plugin_host.workshop import Trial
from sim_worlds.robots import load_robot
from tests.support.pick_cell import pick_cell

NUMBER = st.floats(-0.5, 0.5)


@pytest.fixture(scope="module")
def shipped() -> Ready:
    return load_ready(MODEL)


@pytest.fixture(scope="module")
def reader(shipped: Ready) -> Reader:
    return shipped.reader


@given(
    NUMBER,
    NUMBER,
    st.floats(-3.0, 3.0),
    st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=8, max_size=8),
    st.booleans(),
)
def test_a_chunk_comes_back_as_it_was_put_in(
    x_m: float,
    y_m: float,
    yaw_rad: float,
    offsets: list[tuple[float, float, float]],
    relative: bool,  # noqa: FBT001
) -> None:
    hand = HandState(x_m, y_m, 0.2, yaw_rad)
    wanted = [Waypoint(x_m + dx, y_m + dy, 0.2 + dz, wrap(yaw_rad + dx)) for dx, dy, dz in offsets]
    widths_m = [0.01 * step for step in range(HORIZON)]
    found, opened_m = decode(hand, encode(hand, wanted, widths_m, relative=relative), relative=relative)
    for one, other in zip(wanted, found, strict=True):
        assert math.dist((one.x_m, one.y_m, one.z_m), (other.x_m, other.y_m, other.z_m)) < 1e-4
        assert abs(wrap(one.yaw_rad - other.yaw_rad)) < 1e-4
    assert opened_m == pytest.approx(widths_m, abs=1e-6)


@given(st.floats(0.0, 127.99), st.floats(0.0, 127.99))
def test_a_pixel_has_one_cell(column: float, row: float) -> None:
    found = cell_of((column, row))
    assert found is not None
    assert pixel_of(*found) == pytest.approx((column, row))


def test_outside_the_picture_is_no_cell() -> None:
    assert cell_of((-0.1, 5.0)) is None
    assert cell_of((5.0, 128.0)) is None


@pytest.mark.parametrize("yaw_rad", [-2.0, -0.3, 0.0, 0.7, 1.5])
def test_a_turn_is_the_same_from_the_picture_and_back(yaw_rad: float) -> None:
    cell = pick_cell(load_robot("panda"))
    overhead = next(camera for camera in cell.cameras if not camera.on_flange)
    view = ViewGeometry(overhead, overhead.camera_in_parent)
    assert wrap(base_turn(view, image_turn(view, yaw_rad)) - yaw_rad) == pytest.approx(0.0, abs=1e-9)
    tilted = ViewGeometry(overhead, Pose((0.5, 0.1, 0.3), (math.cos(0.4), math.sin(0.4), 0.0, 0.0)))
    assert wrap(base_turn(tilted, image_turn(tilted, yaw_rad)) - yaw_rad) == pytest.approx(0.0, abs=1e-9)


def test_a_close_look_is_taken_where_it_is_wanted() -> None:
    picture = torch.zeros(1, 3, 128, 128)
    picture[:, 0, 40:44, 80:84] = 1.0
    piece = pieces(picture, torch.tensor([[82.0, 42.0]]), torch.tensor([32.0]))[0, 0]
    row, column = np.argwhere(piece.numpy() > 0.9).mean(axis=0)
    assert (row, column) == pytest.approx((15.5, 15.5), abs=0.6)


@pytest.mark.parametrize(
    ("text", "colour", "shape", "tote"),
    [
        ("put the red cube in the left tote", "red", "cube", "left"),
        ("the blue one to the right", "blue", "", "right"),
        ("Could you move the turquoise flat box into the left bin please", "cyan", "flat box", "left"),
    ],
)
def test_the_reader_reads(reader: Reader, text: str, colour: str, shape: str, tote: str) -> None:
    reading = reader.read(text)
    assert (reading.colour, reading.shape, reading.tote, reading.sense) == (colour, shape, tote, "do")


@pytest.mark.parametrize(
    "text",
    ["", "   ", "make me a coffee", "把红色的方块放到左边", "\x00\x01"],
)
def test_what_is_no_instruction_is_nonsense(reader: Reader, text: str) -> None:
    assert reader.read(text).sense == "nonsense"


@pytest.mark.parametrize("text", ["x" * 10_000, "put the red cube left " * 500, "the red cube left" + " but" * WORDS])
def test_what_is_too_long_to_be_read_whole_is_not_read_in_part(reader: Reader, text: str) -> None:
    assert reader.read(text).sense == "long"


@pytest.mark.parametrize(
    ("text", "seen", "words"),
    [
        ("put the scarlet block into the left bin", "", "put the red cube in the left tote"),
        ("the golden one goes to the right", "", "put the yellow part in the right tote"),
        ("the golden one goes to the right", "yellow cylinder", "put the yellow cylinder in the right tote"),
        ("put the rightmost cube in the left tote", "", "put the rightmost cube in the left tote"),
        ("put the rightmost cube in the left tote", "green cube", "put the green cube in the left tote"),
        ("sing a song", "", ""),
        ("do not put the red cube in the left tote", "", ""),
    ],
)
def test_what_was_read_and_seen_is_told_in_plain_words(shipped: Ready, text: str, seen: str, words: str) -> None:
    cell = pick_cell(load_robot("panda"))
    mind = Mind(cell, model=shipped, instruction=text, arm=Arm(cell.robot), watch=HandState(0.3, 0.0, 0.4, 0.0))
    mind.target = seen
    assert mind.plain_words == words


def test_a_calibration_finds_the_signal_that_tells_success() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(4000, 11))
    succeeded = random.uniform(size=4000) < 1.0 / (1.0 + np.exp(-(1.0 - 2.0 * vectors[:, 2])))
    calibration = fit(vectors, succeeded)
    assert calibration.weight[2] == pytest.approx(-2.0, abs=0.25)
    assert max(abs(weight) for index, weight in enumerate(calibration.weight) if index != 2) < 0.15
    told = np.array([calibration.confidence(vector) for vector in vectors])
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        inside = (told >= low) & (told < high)
        assert told[inside].mean() == pytest.approx(succeeded[inside].mean(), abs=0.06)


@pytest.mark.parametrize("rare", [0.01, 0.03])
def test_a_calibration_does_not_run_away_from_rare_failures_with_heavy_tails(rare: float) -> None:
    random = np.random.default_rng(1)
    failed = random.uniform(size=20_000) < rare
    vectors = random.normal(size=(len(failed), 11))
    for signal, scale, worse in ((0, 0.05, 6.0), (9, 3.0, 7.0)):
        vectors[:, signal] = random.exponential(np.where(failed, worse * scale, scale))
    vectors[:, 2] = 3.0 * vectors[:, 0] + 0.1 * random.normal(size=len(failed))
    calibration = fit(vectors, ~failed, ridge=len(failed) / 500.0)
    assert max(abs(weight) for weight in calibration.weight) < 5.0
    assert calibration.weight[0] < -0.5
    assert calibration.weight[9] < -0.5
    told = np.array([calibration.confidence(vector) for vector in vectors])
    assert told.mean() == pytest.approx(1.0 - rare, abs=0.003)
    assert told[failed].mean() < told[~failed].mean() - 0.1


def test_a_calibration_says_nothing_beyond_0_and_1_whatever_is_measured() -> None:
    for bias, told in ((-500.0, 0.0), (500.0, 1.0)):
        calibration = Calibration(bias=bias, weight=(math.copysign(500.0, bias),) * len(SIGNAL_NAMES))
        assert calibration.confidence(np.full(len(SIGNAL_NAMES), 1e300)) == pytest.approx(told, abs=1e-9)
    with pytest.raises(ValueError, match="weight and bias reach 1000, must be at most 500"):
        Calibration(bias=-1000.0)


def test_a_conformal_limit_is_undercut_by_so_many_successes_at_most() -> None:
    scores = [0.01 * number for number in range(1, 101)]
    limit = conformal_limit(scores, alpha=0.05)
    assert sum(score < limit for score in scores) <= 5
    assert conformal_limit(scores[:5], alpha=0.05) == 0.0


def test_the_limit_is_found_by_fits_that_have_not_seen_the_run() -> None:
    random = np.random.default_rng(4)

    def trial(*, succeeded: bool) -> Trial:
        vectors = random.normal(1.0 if succeeded else -1.0, 1.0, size=(5, len(SIGNAL_NAMES)))
        return Trial(1, succeeded, "", (), tuple(map(tuple, vectors.tolist())))

    def lowest(calibration: Calibration, one: Trial) -> float:
        return min(calibration.confidence(np.array(vector)) for vector in one.signals)

    trials = [trial(succeeded=number % 3 > 0) for number in range(60)]
    calibration, facts = calibrate(trials, alpha=0.05)
    own = conformal_limit([lowest(calibration, one) for one in trials if one.succeeded], alpha=0.05)
    assert 0.0 < calibration.limit < own  # its own fit would have flattered it
    assert facts["looks"] == 300


def test_a_place_word_picks_the_outermost_of_what_fits_and_lies_in_the_tray() -> None:
    heat = np.full(1025, -20.0, dtype=np.float32)
    heat[[40, 41, 500, 900]] = 5.0, 4.0, 4.5, 5.0
    along = np.linspace(-3.0, 3.0, 1024)
    along[[40, 500, 900]] = 0.40, 0.54, 1.2
    in_tray = np.abs(along) < 1.0
    assert outermost(heat, along, in_tray=in_tray).argmax() == 500
    assert outermost(heat, -along, in_tray=in_tray).argmax() == 40


def test_the_outermost_one_is_found_where_all_that_fit_lie_on_the_other_side() -> None:
    heat = np.full(1025, -20.0, dtype=np.float32)
    heat[[40, 500]] = 5.0, 5.0
    along = np.linspace(-1.0, 1.0, 1024)
    along[[40, 500]] = -0.7, -0.4
    found = outermost(heat, along, in_tray=np.ones(1024, dtype=bool))
    assert found.argmax() == 500
    assert found[500] - found[1024] > 10.0


def test_a_place_word_does_not_make_something_of_nothing() -> None:
    heat = np.full(1025, -20.0, dtype=np.float32)
    heat[1024] = 5.0
    assert outermost(heat, np.linspace(-1.0, 1.0, 1024), in_tray=np.ones(1024, dtype=bool)).argmax() == 1024


def test_the_hand_does_not_wind_its_last_joint_up_for_a_slightly_shorter_turn() -> None:
    turns = (math.radians(57.0), math.radians(147.0))
    assert math.degrees(nearest_turn(turns, math.radians(-80.0), reachable=anything)) == pytest.approx(47.0)
    assert math.degrees(nearest_turn(turns, 0.0, reachable=anything)) == pytest.approx(-33.0)
    assert nearest_turn((), 1.0, reachable=anything) == 0.0


def test_the_hand_is_not_told_to_turn_where_the_arm_cannot_follow() -> None:
    turns, hand = (math.radians(-111.0),), math.radians(-57.0)
    assert math.degrees(nearest_turn(turns, hand, reachable=anything)) == pytest.approx(-54.0)
    turn = nearest_turn(turns, hand, reachable=lambda yaw_rad: yaw_rad > math.radians(-100.0))
    assert math.degrees(turn) == pytest.approx(126.0)
    nowhere = nearest_turn(turns, hand, reachable=lambda yaw_rad: False)
    assert math.degrees(nowhere) == pytest.approx(-54.0)


def anything(yaw_rad: float) -> bool:
    return True
