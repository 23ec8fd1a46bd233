"""Shared-memory blocks: what is written is read, whole, from any process, whatever happens to the writer."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runtime.link.array_block import ArrayBlock
from runtime.link.plant_blocks import CommandBlock, StateBlock
from runtime.link.session import SessionFolder
from runtime.link.shared import BlockTrouble, SharedBytes
from runtime.messages.joint import JointCommand, PlantState

_JOINTS = 7
_WORD = st.integers(-(2**63), 2**63 - 1)
_NUMBER = st.floats(allow_nan=False)
_VECTOR = arrays(np.float64, _JOINTS, elements=_NUMBER)

_WRITER = """
import sys
from pathlib import Path
from runtime.link.shared import SharedBytes
size = int(sys.argv[2])
block = SharedBytes.attach(Path(sys.argv[1]), size=size, layout="test")
value = 0
block.write(bytes(size))
print("ready", flush=True)
while True:
    value = (value + 1) % 256
    block.write(bytes([value]) * size)
"""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SessionFolder]:
    folder = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path)
    yield folder
    folder.close()


@pytest.fixture(scope="module")
def shared_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionFolder]:
    folder = SessionFolder.create("cell", now_wall_ns=1, root=tmp_path_factory.mktemp("s"))
    yield folder
    folder.close()


def test_a_new_block_holds_nothing(session: SessionFolder) -> None:
    block = StateBlock.create(session, joints=_JOINTS)
    assert block.count == 0
    assert block.read() is None
    block.close()


@settings(max_examples=60)
@given(words=st.tuples(*[_WORD] * 7), width=_NUMBER, force=_NUMBER, vectors=st.tuples(*[_VECTOR] * 5))
def test_a_plant_state_arrives_as_it_was_written(
    shared_session: SessionFolder,
    words: tuple[int, ...],
    width: float,
    force: float,
    vectors: tuple[np.ndarray, ...],
) -> None:
    tick, stamp, flags, missed, total, sequence, stop = words
    q, dq, torque, winding, housing = vectors
    sent = PlantState(tick, stamp, q, dq, torque, width, force, winding, housing, flags, missed, total, sequence, stop)
    writer = StateBlock.create(shared_session, joints=_JOINTS)
    reader = StateBlock.attach(shared_session, joints=_JOINTS)
    writer.write(sent)
    got = reader.read()
    assert got is not None
    for name in PlantState.__slots__:
        np.testing.assert_array_equal(getattr(got, name), getattr(sent, name), err_msg=name)
    writer.close()
    reader.close()


@settings(max_examples=60)
@given(
    words=st.tuples(*[_WORD] * 3),
    brakes=st.tuples(st.booleans(), st.booleans()),
    pair=st.tuples(_NUMBER, _NUMBER),
    torque=_VECTOR,
)
def test_a_joint_command_arrives_as_it_was_written(
    shared_session: SessionFolder,
    words: tuple[int, ...],
    brakes: tuple[bool, bool],
    pair: tuple[float, float],
    torque: np.ndarray,
) -> None:
    sequence, stamp, verdict = words
    sent = JointCommand(sequence, stamp, torque, *pair, brake=brakes[0], stopping=brakes[1], verdict=verdict)
    writer = CommandBlock.create(shared_session, joints=_JOINTS)
    reader = CommandBlock.attach(shared_session, joints=_JOINTS)
    writer.write(sent)
    got = reader.read()
    assert got is not None
    assert type(got.brake) is bool
    assert type(got.stopping) is bool
    for name in JointCommand.__slots__:
        np.testing.assert_array_equal(getattr(got, name), getattr(sent, name), err_msg=name)
    writer.close()
    reader.close()


def test_what_was_read_does_not_change_with_the_next_write(session: SessionFolder) -> None:
    block = ArrayBlock.create(session, "truth", shape=(3, 4))
    block.write(np.zeros((3, 4)), stamp_ns=0)
    kept = block.read()
    for value in range(1, 6):
        block.write(np.full((3, 4), float(value)), stamp_ns=value)
    assert kept is not None
    assert kept.stamp_ns == 0
    assert not kept.values.any()
    kept.values[0, 0] = 1.0  # and it belongs to the reader
    newest = block.read()
    assert newest is not None
    assert newest.stamp_ns == 5
    assert block.count == 6
    block.close()


def test_a_writer_that_comes_again_goes_on_counting(session: SessionFolder) -> None:
    block = ArrayBlock.create(session, "truth", shape=(2,))
    block.write(np.zeros(2), stamp_ns=1)
    again = ArrayBlock.attach(session, "truth", shape=(2,))
    again.write(np.ones(2), stamp_ns=2)
    assert block.count == 2
    for one in (block, again):
        one.close()


def test_an_array_of_another_shape_is_refused(session: SessionFolder) -> None:
    block = ArrayBlock.create(session, "truth", shape=(2, 3))
    with pytest.raises(ValueError, match=r"shape \(3, 2\)"):
        block.write(np.zeros((3, 2)), stamp_ns=0)
    with pytest.raises(BlockTrouble, match="layout differs"):
        ArrayBlock.attach(session, "truth", shape=(3, 2))
    with pytest.raises(BlockTrouble, match="size differs"):
        ArrayBlock.attach(session, "truth", shape=(30, 2))
    block.close()


def test_a_command_with_the_wrong_number_of_joints_is_refused(session: SessionFolder) -> None:
    block = CommandBlock.create(session, joints=_JOINTS)
    command = JointCommand(1, 1, np.zeros(6), 0.0, 0.0, brake=False, stopping=False, verdict=0)
    with pytest.raises(ValueError, match="broadcast"):
        block.write(command)
    assert block.count == 0
    block.close()


def test_a_block_that_is_missing_is_named(session: SessionFolder) -> None:
    with pytest.raises(BlockTrouble, match="plant-state"):
        StateBlock.attach(session, joints=_JOINTS)


def test_a_reader_never_sees_a_torn_value_while_another_process_writes_at_full_speed(session: SessionFolder) -> None:
    size = 4096
    path = session.block("torn")
    block = SharedBytes.create(path, size=size, layout="test")
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path), str(size)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"ready\n"
    seen: set[int] = set()
    reads = 0
    while reads < 20_000 or len(seen) < 3:  # the other process may have to wait for its turn
        content = block.read()
        assert content is not None
        assert content.count(content[0]) == size
        seen.add(content[0])
        reads += 1
    writer.kill()
    writer.communicate()
    last = block.read()  # the writer died wherever it was
    assert last is not None
    assert last.count(last[0]) == size
    block.close()


@pytest.mark.parametrize("spoilt", ["number", "checksum", "content"])
def test_an_unfinished_newest_slot_is_not_read_but_the_one_before(session: SessionFolder, spoilt: str) -> None:
    path = session.block("cut")
    block = SharedBytes.create(path, size=100, layout="test")
    block.write(b"a" * 100)
    block.write(b"b" * 100)
    stride = (16 + 100 + 63) // 64 * 64
    where = {"number": 0, "checksum": 8, "content": 16 + 50}[spoilt]
    with path.open("r+b") as file:
        file.seek(64 + 2 * stride + where)
        file.write(b"\xff")
    assert block.read() == b"a" * 100
    block.close()


def test_a_block_in_which_nothing_is_whole_is_read_as_nothing(session: SessionFolder) -> None:
    path = session.block("junk")
    block = SharedBytes.create(path, size=8, layout="test")
    with path.open("r+b") as file:
        file.seek(16)
        file.write(struct.pack("=Q", 9))
    assert block.read() is None
    block.close()


@settings(max_examples=50)
@given(junk=st.binary(min_size=0, max_size=400))
def test_junk_in_the_file_never_raises_and_never_reads_as_a_value(shared_session: SessionFolder, junk: bytes) -> None:
    path = shared_session.block("fuzz")
    block = SharedBytes.create(path, size=32, layout="test")
    descriptor = os.open(path, os.O_RDWR)
    os.pwrite(descriptor, junk[: 64 + 4 * 64 - 16], 16)
    os.close(descriptor)
    content = block.read()
    assert content is None or len(content) == 32
    block.close()


def test_a_block_knows_that_the_session_was_made_anew(session: SessionFolder) -> None:
    block = SharedBytes.create(session.block("one"), size=8, layout="test")
    assert block.is_current()
    with SharedBytes.create(session.block("one"), size=8, layout="test"):
        assert not block.is_current()
    block.close()
