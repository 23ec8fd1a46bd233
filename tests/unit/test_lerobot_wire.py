"""LeRobot's bytes: real pickles are read, ours are what its ends read, and no pickle can make anything happen."""

from __future__ import annotations

import collections
import os
import pickle
import sys
import types
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from plugins.lerobot_async import messages
from plugins.lerobot_async.messages import Piece, TransferState
from plugins.lerobot_async.pickle_reader import HELPERS, Named, load
from plugins.lerobot_async.pickle_writer import Record, Tensor, dump
from runtime.policy_servers.exchange import ServerTrouble
from tests.support import lerobot_pickles as golden

# ── protobuf ─────────────────────────────────────────────────────────────────────────────────────


def test_messages_have_the_bytes_of_the_protocol_file() -> None:
    assert messages.payload_message(b"abc") == b"\x0a\x03abc"
    assert messages.payload_message(b"") == b""
    assert messages.payload_message(bytes(300))[:3] == b"\x0a\xac\x02"
    assert messages.piece_message(Piece(TransferState.END, b"xy")) == b"\x08\x03\x12\x02xy"
    assert messages.piece_message(Piece(TransferState.UNKNOWN, b"")) == b""


def test_fields_that_a_newer_end_adds_are_read_over() -> None:
    newer = b"\x18\x05" + b"\x0a\x03abc" + b"\x22\x02zz" + b"\x2d\x00\x00\x00\x00" + b"\x31" + bytes(8)
    assert messages.payload_of(newer) == b"abc"


@pytest.mark.parametrize(
    ("size", "states"), [(0, "E"), (1, "E"), (2 << 20, "E"), ((2 << 20) + 1, "BE"), (5 << 20, "BME")]
)
def test_a_payload_travels_in_pieces_of_two_mebibytes(size: int, states: str) -> None:
    payload = os.urandom(size)
    sent = list(messages.pieces(payload))
    assert "".join(piece.state.name[0] for piece in sent) == states
    assert messages.joined(messages.piece_of(messages.piece_message(piece)) for piece in sent) == payload


@pytest.mark.parametrize("message", [b"\x0a\xff", b"\x0a\x05abc", b"\xff" * 20, b"\x0b", b"\x08\x09"])
def test_messages_that_are_none_are_refused(message: bytes) -> None:
    with pytest.raises(ServerTrouble):
        messages.piece_of(message)


def test_a_stream_without_an_end_or_without_an_end_in_size_is_refused() -> None:
    with pytest.raises(ServerTrouble, match="without an end"):
        messages.joined([Piece(TransferState.BEGIN, b"x")])
    with pytest.raises(ServerTrouble, match="refused"):
        messages.joined(Piece(TransferState.MIDDLE, bytes(1 << 20)) for _ in range(100))


# ── real pickles ─────────────────────────────────────────────────────────────────────────────────


def test_actions_as_torch_pickles_them_are_read() -> None:
    first, second = load(golden.ACTIONS)
    assert (first.kind, first.fields["timestamp"], first.fields["timestep"]) == ("TimedAction", 10.0, 7)
    assert first.fields["action"].tolist() == [1.0, 2.0, 3.0]
    assert second.fields["action"].tolist() == [4.0, 5.0, 6.0]
    assert second.fields["action"].dtype == np.float32


def test_whole_numbers_come_as_such_and_bfloat16_is_refused_by_name() -> None:
    assert load(golden.WHOLE_NUMBERS)[0].fields["action"].dtype == np.int64
    with pytest.raises(ServerTrouble, match="torch.BFloat16Storage"):
        load(golden.BFLOAT16)


@pytest.mark.parametrize("pickled", [golden.OBSERVATION, golden.OBSERVATION_PROTOCOL_5])
def test_an_observation_as_a_real_client_pickles_it_is_read(pickled: bytes) -> None:
    observation = load(pickled)
    assert (observation.kind, observation.fields["must_go"]) == ("TimedObservation", True)
    front = observation.fields["observation"]["front"]
    assert (front.shape, front.dtype) == ((2, 2, 3), np.uint8)
    assert front.reshape(-1).tolist() == list(range(12))


def test_scalars_and_vectors_of_numpy_are_read() -> None:
    raw = load(golden.OBSERVATION).fields["observation"]
    assert (raw["joint_1.pos"], raw["task"], raw["s"]) == (0.5, "pick", 1.5)
    assert raw["arr"].tolist() == [0.0, 1.0, 2.0]


# ── ours, read by Python's own pickle ────────────────────────────────────────────────────────────


@dataclass
class TimedObservation:
    timestamp: float
    timestep: int
    observation: dict[str, Any]
    must_go: bool = False


@pytest.fixture
def lerobot_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module under LeRobot's name, so that plain pickle finds the class."""
    for name in ("lerobot", "lerobot.async_inference", HELPERS):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules[HELPERS].__dict__["TimedObservation"] = TimedObservation


@pytest.mark.usefixtures("lerobot_module")
def test_an_observation_of_ours_is_what_plain_pickle_makes_of_it() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    raw = {
        "joint_1.pos": -0.25,
        "wrist": picture,
        "task": "pick the ü",
        "n": 2**70,
        "deep": {"a": [True, None, (1, 2)]},
    }
    came = pickle.loads(
        dump(Record("TimedObservation", {"timestamp": 1.5, "timestep": 3, "observation": raw, "must_go": True}))
    )
    assert isinstance(came, TimedObservation)
    assert (came.timestamp, came.timestep, came.must_go) == (1.5, 3, True)
    assert np.array_equal(came.observation.pop("wrist"), picture)
    raw.pop("wrist")
    assert came.observation == raw


def test_what_we_write_we_read() -> None:
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    chunk = [
        Record("TimedAction", {"timestamp": 1.0, "timestep": 4 + n, "action": Tensor(row)})
        for n, row in enumerate(rows)
    ]
    back = load(dump(chunk))
    assert [action.fields["timestep"] for action in back] == [4, 5]
    assert np.array_equal(np.stack([action.fields["action"] for action in back]), rows)


def test_what_cannot_be_sent_is_not() -> None:
    for value in (object(), {1, 2}, np.array([object()]), Tensor(np.array([1], dtype=np.int8))):
        with pytest.raises(TypeError, match="cannot be sent"):
            dump(value)


# ── hostile pickles ──────────────────────────────────────────────────────────────────────────────


class Bomb:
    """Unpickled plainly, it would leave a mark."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def forged(module: str, name: str, arguments: bytes = b")") -> bytes:
    """A pickle that calls module.name, by hand."""
    return b"\x80\x04" + b"".join(
        b"\x8c" + bytes([len(word)]) + word.encode() for word in (module, name)
    ) + b"\x93" + arguments + b"R."  # fmt: skip


MARK: list[str] = []

FORBIDDEN = [
    pickle.dumps(Bomb(os.system, "true")),
    pickle.dumps(Bomb(eval, "MARK.append('run')")),
    forged("builtins", "getattr"),
    pickle.dumps(collections.Counter("ab")),
    pickle.dumps(slice(1)),
    forged("lerobot.async_inference.helpers", "os"),
    forged("lerobot.async_inference.helpers", "TimedData"),
    forged("lerobot.async_inference.helpers.os", "system"),
    forged("torch._utils", "_rebuild_tensor"),
    forged("torch", "load"),
    forged("numpy", "load"),
    forged("numpy.testing._private.utils", "runstring"),
    b"c__builtin__\neval\n(S'1'\ntR.",
    b"cposix\nsystem\n(S'true'\ntR.",
    b"\x80\x04(\x8c\x05posix\x8c\x06system\x93.",
    b"\x80\x02Pout-of-band\n.",
    b"\x80\x02K\x01Q.",
    b"\x80\x02\x82\x01.",
]


@pytest.mark.parametrize("pickled", FORBIDDEN, ids=range(len(FORBIDDEN)))
def test_a_pickle_that_names_anything_else_is_refused_and_nothing_runs(
    pickled: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "system", lambda command: MARK.append(command))
    with pytest.raises(ServerTrouble, match="refused|no pickle of this protocol"):
        load(pickled)
    assert MARK == []


def test_the_forbidden_name_is_told() -> None:
    with pytest.raises(ServerTrouble, match=r"it names posix\.system"):
        load(pickle.dumps(Bomb(os.system, "true")))


def tensor(
    *, storage: bytes | None = None, offset: int = 0, size: tuple[int, ...] = (3,), stride: tuple[int, ...] = (1,)
) -> bytes:
    """A tensor pickle with one claim changed, from parts that our own writer makes."""
    good = dump(Tensor(np.array([1, 2, 3], dtype=np.float32)))
    start = dump(3)[2:-1]
    wrong = good.replace(b"(" + start + b"t(" + dump(1)[2:-1] + b"t", _whole(size) + _whole(stride))
    wrong = wrong.replace(b"R" + dump(0)[2:-1] + _whole(size), b"R" + dump(offset)[2:-1] + _whole(size))
    return wrong if storage is None else wrong.replace(b"FloatStorage", storage)


def _whole(numbers: tuple[int, ...]) -> bytes:
    return dump(numbers)[2:-1]


def test_an_unchanged_tensor_is_read() -> None:
    assert load(tensor()).tolist() == [1.0, 2.0, 3.0]
    assert load(tensor(size=(2,), stride=(2,))).tolist() == [1.0, 3.0]
    assert load(tensor(offset=1, size=(2,))).tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": (4,)}, "beyond its storage"),
        ({"offset": 1}, "beyond its storage"),
        ({"offset": -1, "size": (1,)}, "makes no sense"),
        ({"stride": (2,)}, "beyond its storage"),
        ({"stride": (-1,)}, "makes no sense"),
        ({"size": (3, 1)}, "makes no sense"),
        ({"size": (10**9, 10**9), "stride": (0, 0)}, "beyond its storage"),
        ({"storage": b"LongStorages"}, "it names torch.LongStorages"),
    ],
)
def test_a_tensor_that_claims_more_than_it_holds_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ServerTrouble) as refusal:
        load(tensor(**changes))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "pickled",
    [
        pickle.dumps(np.array([object()], dtype=object)),
        pickle.dumps(np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])),
        pickle.dumps(np.array([1 + 2j])),
        pickle.dumps(np.array(["text"])),
        pickle.dumps({1, 2}),
        pickle.dumps(complex(1, 2)),
        dump({"x": 1})[:-3],
        b"",
        b"\x80\x04" + b"]" * 3000 + b"a" * 2999 + b".",
        dump([1] * 5)[:-1] + b"a.",
        bytes(17 << 20),
    ],
    ids=range(11),
)
def test_values_that_are_not_plain_are_refused(pickled: bytes) -> None:
    with pytest.raises(ServerTrouble):
        load(pickled)


def test_a_record_cannot_be_told_to_be_something_else() -> None:
    marked = dump(Record("TimedAction", {"fields": 1, "kind": "x", "__class__": "y"}))
    record = load(marked)
    assert isinstance(record, Named)
    assert record.kind == "TimedAction"
    assert record.fields == {"fields": 1, "kind": "x", "__class__": "y"}


# ── pickles that ask for too much ────────────────────────────────────────────────────────────────


def lists_of_lists(*, depth: int, width: int) -> bytes:
    """A list of so many times the same list of so many times the same list …: width**depth values in a few bytes."""
    program = b"\x80\x04](" + b"K\x01" * width + b"eq\x00"
    for level in range(1, depth):
        program += b"](" + bytes((ord("h"), level - 1)) * width + b"e" + bytes((ord("q"), level))
    return program + b"."


@pytest.mark.parametrize(
    ("pickled", "said"),
    [
        (b"\x80\x04Nr\x00\x00\x00\x10.", "it keeps value 268435456 after 2 steps"),
        (b"\x80\x04Np268435456\n.", "it keeps value 268435456 after 2 steps"),
        (lists_of_lists(depth=9, width=90), "it describes more than 50000 values"),
        (b"\x80\x04](" + b"N" * 60_000 + b"e.", "it takes more than 50000 steps"),
    ],
    ids=["memo", "memo in text", "lists of lists", "long"],
)
def test_a_pickle_that_asks_for_too_much_is_refused_before_it_has_got_it(pickled: bytes, said: str) -> None:
    with pytest.raises(ServerTrouble, match=said):
        load(pickled)


def same_tensor(times: int) -> bytes:
    """A list of tensors of 4 MiB that all have the storage of the first."""
    whole = dump(Tensor(np.zeros(1 << 20, dtype=np.float32)))[2:-1]
    begins, ends = whole.index(dump("torch.storage")[2:-1]), whole.index(b"R" + dump(0)[2:-1]) + 1
    storage = whole[begins:ends]
    again = whole.replace(storage, b"h\x00")
    first, again = whole.replace(storage, storage + b"q\x00"), whole.replace(storage, b"h\x00")
    return b"\x80\x04](" + first + again * (times - 1) + b"e."


def test_one_storage_cannot_become_any_number_of_tensors() -> None:
    assert [array.shape for array in load(same_tensor(3))] == [(1 << 20,)] * 3
    with pytest.raises(ServerTrouble, match="its arrays take more than"):
        load(same_tensor(9))
