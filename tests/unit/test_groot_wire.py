"""GR00T's bytes in three dialects, and how the dialect is found out."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import msgpack
import numpy as np
import pytest

from plugins.groot.dialects import Dialect, pack, packed_config, unpack
from plugins.groot.modalities import config_mismatches, read_modalities
from runtime.policy_servers.exchange import LookRefused, ServerTrouble
from runtime.policy_servers.mapping import read_mapping
from tests.support.policy_servers import mapping_path


def packed(value: object) -> bytes:
    """msgpack without any dialect."""
    frame = msgpack.packb(value)
    assert frame is not None
    return frame


ARRAY = np.array([[1.0, 2.0]], dtype="<f4")
NPY = (
    b"\x93NUMPY\x01\x00"
    + struct.pack("<H", 118)
    + (
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".ljust(117)
        + b"\n"
        + bytes.fromhex("0000803f00000040")
    )
)
"""The array as an .npy file, by hand from NumPy's format description: 128 bytes of header."""

GOLDEN_NPY = bytes.fromhex("82b1") + b"__ndarray_class__" + bytes.fromhex("c3a6") + b"as_npy" + b"\xc4\x88" + NPY
GOLDEN_ND = (
    bytes.fromhex("85c4026e64c3c40474797065a3") + b"<f4" + bytes.fromhex("c4046b696e64c400c4057368617065920102")
    + bytes.fromhex("c40464617461c408") + bytes.fromhex("0000803f00000040")
)  # fmt: skip
"""{b"nd": True, b"type": "<f4", b"kind": b"", b"shape": [1, 2], b"data": …}."""


@pytest.mark.parametrize(
    ("dialect", "golden"), [(Dialect.D1, GOLDEN_NPY), (Dialect.D2, GOLDEN_NPY), (Dialect.D3, GOLDEN_ND)]
)
def test_an_array_has_the_bytes_of_its_dialect(dialect: Dialect, golden: bytes) -> None:
    assert pack(ARRAY, dialect) == golden


@pytest.mark.parametrize("golden", [GOLDEN_NPY, GOLDEN_ND])
def test_arrays_of_every_dialect_are_read(golden: bytes) -> None:
    assert np.array_equal(unpack(golden), ARRAY)


def test_a_ping_has_the_bytes_of_nvidias_client() -> None:
    assert pack({"endpoint": "ping"}, Dialect.D2) == b"\x81\xa8endpoint\xa4ping"


CONFIG = {"delta_indices": [0], "modality_keys": ["image"]}
CONFIGS: dict[Dialect, Any] = {
    Dialect.D1: {"__ModalityConfig_class__": True, "as_json": json.dumps(CONFIG)},
    Dialect.D2: {"__ModalityConfig_class__": True, "as_json": CONFIG},
    Dialect.D3: {"__ModalityConfig__": True, "as_json": CONFIG},
}


@pytest.mark.parametrize("dialect", Dialect)
def test_the_marker_of_a_configuration_names_the_dialect(dialect: Dialect) -> None:
    reply = unpack(packed({"video": CONFIGS[dialect]}))
    found, modalities = read_modalities(reply)
    assert found is dialect
    assert modalities["video"].modality_keys == ("image",)
    assert packed_config(CONFIG, dialect) == CONFIGS[dialect]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        "hello",
        {"video": 1},
        {"video": {"as_json": {}}},
        {"video": {"__ModalityConfig_class__": True, "as_json": "{"}},
        {"video": {"__ModalityConfig_class__": True, "as_json": json.dumps({**CONFIG, "more": [[]] * 40_000})}},
        {"video": {"__ModalityConfig__": True, "as_json": {"delta_indices": "x", "modality_keys": []}}},
        {"video": CONFIGS[Dialect.D1], "state": CONFIGS[Dialect.D3]},
    ],
)
def test_another_dialect_is_refused_by_name(reply: object) -> None:
    with pytest.raises(ServerTrouble, match="dialect|modality"):
        read_modalities(reply)


def hostile_npy(descr: str, shape: str, data: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data
    return packed({"__ndarray_class__": True, "as_npy": content})


def pickled_npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return packed({"__ndarray_class__": True, "as_npy": stream.getvalue()})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pickled_npy(), "dtype |O"),
        (packed({b"nd": True, b"type": "|O", b"kind": b"O", b"shape": [1], b"data": b"x"}), "kind"),
        (packed({"nd": 1, "type": "|O", "kind": "O", "shape": [1], "data": b"x"}), "kind"),
        (packed({b"nd": True, b"type": "<f4", b"kind": b"V", b"shape": [1], b"data": b"1234"}), "kind"),
        (packed({b"nd": True, b"type": "<f4", b"kind": b"", b"shape": [3], b"data": b"1234"}), "needs 12"),
        (hostile_npy("'<f4'", "(1000000000000,)"), "sides must be"),
        (hostile_npy("'<f4'", "(1000, 1000, 1000)"), "at most"),
        (hostile_npy("[('a', '<f4')]", "(1,)", b"1234"), "dtype"),
        (hostile_npy("'<f4'", "(2,)", b"1234"), "needs 8 bytes, 4 came"),
        (packed({"__ndarray_class__": True, "as_npy": b"no npy"}), "no .npy file"),
        (packed({"__ndarray_class__": True, "as_npy": "text"}), "must be bytes"),
        (b"\xc1", "no msgpack"),
        (packed([[]] * 4097), "4097 exceeds max_array_len(4096)"),
        (packed([[[]] * 4096] * 13), "more than 50000 values"),
        (packed([[{"x": 1}] * 4096] * 13), "more than 50000 values"),
        (b"x" * (16 * 1024 * 1024 + 1), "at most"),
    ],
)
def test_hostile_frames_are_refused_by_name(frame: bytes, said: str) -> None:
    with pytest.raises(ServerTrouble) as refusal:
        unpack(frame)
    assert said in str(refusal.value)


def test_the_raw_error_frame_is_understood() -> None:
    with pytest.raises(LookRefused, match="without a word"):
        unpack(b"ERROR")


def modalities(**changes: Any) -> dict[str, Any]:
    whole = {
        "video": {"delta_indices": [-15, 0], "modality_keys": ["exterior_image_1_left", "wrist_image_left"]},
        "state": {"delta_indices": [0], "modality_keys": ["eef_9d", "gripper_position", "joint_position"]},
        "action": {
            "delta_indices": list(range(32)),
            "modality_keys": ["eef_9d", "gripper_position", "joint_position"],
            "action_configs": [
                {"rep": "RELATIVE", "type": "EEF", "format": "XYZ_ROT6D", "state_key": None},
                {"rep": "ABSOLUTE", "type": "NON_EEF", "format": "DEFAULT", "state_key": None},
                {"rep": "RELATIVE", "type": "NON_EEF", "format": "DEFAULT", "state_key": None},
            ],
        },
        "language": {"delta_indices": [0], "modality_keys": ["annotation.language.language_instruction"]},
    }
    for name, change in changes.items():
        whole[name] = {**whole[name], **change}
    return {name: {"__ModalityConfig__": True, "as_json": content} for name, content in whole.items()}


def test_the_droid_mapping_fits_the_droid_server() -> None:
    _, found = read_modalities(modalities())
    assert config_mismatches(found, read_mapping(mapping_path("groot", "droid"))) == ()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"video": {"modality_keys": ["exterior_image_1_left"]}}, "video wrist_image_left"),
        ({"video": {"modality_keys": ["exterior_image_1_left", "wrist_image_left", "third"]}}, "video third"),
        ({"video": {"delta_indices": [0]}}, "video exterior_image_1_left"),
        ({"state": {"modality_keys": ["eef_9d", "gripper_position"]}}, "state joint_position"),
        ({"state": {"delta_indices": [-1, 0]}}, "state"),
        ({"language": {"modality_keys": ["task"]}}, "language task"),
        ({"action": {"delta_indices": [0, 1]}}, "action horizon"),
        ({"action": {"modality_keys": ["eef_9d"], "action_configs": None}}, "action joint_position"),
    ],
)
def test_whatever_does_not_fit_is_listed_with_its_key(changes: dict[str, Any], key: str) -> None:
    _, found = read_modalities(modalities(**changes))
    mismatches = config_mismatches(found, read_mapping(mapping_path("groot", "droid")))
    assert key in {mismatch.key for mismatch in mismatches}


@pytest.mark.parametrize(("rep", "kind", "expected"), [("DELTA", "NON_EEF", "deltas"), ("ABSOLUTE", "EEF", "a pose")])
def test_an_action_in_another_space_is_listed(rep: str, kind: str, expected: str) -> None:
    configs = [
        {"rep": "RELATIVE", "type": "EEF", "format": "XYZ_ROT6D"},
        {"rep": "ABSOLUTE", "type": "NON_EEF", "format": "DEFAULT"},
        {"rep": rep, "type": kind, "format": "DEFAULT"},
    ]
    _, found = read_modalities(modalities(action={"action_configs": configs}))
    (mismatch,) = config_mismatches(found, read_mapping(mapping_path("groot", "droid")))
    assert (mismatch.key, mismatch.expected) == ("action joint_position", expected)
