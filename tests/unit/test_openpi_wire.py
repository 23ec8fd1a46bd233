"""openpi's bytes: as its own client and server write them, and everything else refused."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.openpi.wire import pack, unpack
from runtime.policy_servers.exchange import ServerTrouble

GOLDEN = bytes.fromhex(
    "82"  # map of 2
    "a6" + b"prompt".hex() + "a4" + b"pick".hex() + "a5" + b"state".hex() + "84"  # an array is a map of 4, keys are bin
    "c40b" + b"__ndarray__".hex() + "c3"  # true
    "c404" + b"data".hex() + "c408" + "0000803f00000040"  # 1.0, 2.0
    "c405" + b"dtype".hex() + "a3" + b"<f4".hex() + "c405" + b"shape".hex() + "9102"  # [2]
)
"""{"prompt": "pick", "state": float32[1, 2]}, written down by hand from the msgpack specification."""


def test_a_look_has_the_bytes_of_openpis_client() -> None:
    assert pack({"prompt": "pick", "state": np.array([1.0, 2.0], dtype="<f4")}) == GOLDEN


def test_an_answer_in_openpis_bytes_is_read() -> None:
    message = unpack(GOLDEN)
    assert message["prompt"] == "pick"
    assert message["state"].tolist() == [1.0, 2.0]
    assert message["state"].dtype == np.float32


def test_a_scalar_comes_back_as_a_number() -> None:
    assert unpack(pack({"infer_ms": np.float32(2.5)})) == {"infer_ms": 2.5}


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2", "|u1", "<i8", "|b1", ">f4"])
def test_every_plain_dtype_goes_there_and_back(dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    back = unpack(pack({"x": array}))["x"]
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


def forged(*, dtype: str = "<f4", shape: str = "9102", data: str = "c408" + "0000803f00000040") -> bytes:
    """The golden array with one claim changed."""
    kind = f"{0xA0 + len(dtype):02x}" + dtype.encode().hex()
    array = "84" + "c40b" + b"__ndarray__".hex() + "c3" + "c404" + b"data".hex() + data
    return bytes.fromhex("81a178" + array + "c405" + b"dtype".hex() + kind + "c405" + b"shape".hex() + shape)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (forged(dtype="|O"), "dtype '|O'"),
        (forged(dtype="<c8"), "dtype '<c8'"),
        (forged(dtype="|V8"), "dtype '|V8'"),
        (forged(dtype="<f8"), "needs 16 bytes, 8 came"),
        (forged(shape="9103"), "needs 12 bytes, 8 came"),
        (forged(shape="91cd7fff"), "needs 131068 bytes"),
        (forged(shape="92cf000000ffffffffff02"), "sides must be within"),
        (forged(shape="91ff"), "sides must be within"),
        (forged(shape="a132"), "shape is a str"),
        (forged(data="a8" + "41" * 8), "without data"),
        (b"\xc1", "no msgpack"),
        (b"", "no msgpack"),
        (GOLDEN[:-3], "no msgpack"),
        (b"\x91\x01", "a list instead of a map"),
        (b"\x81\xc4\x01x\x01", "is no text"),
        (b"\x91" * 4000 + b"\xc0", "no msgpack"),
        (b"\xdd\x00\x00\x10\x01" + b"\x90" * 4097, "4097 exceeds max_array_len(4096)"),
        (b"\xdf\x00\x00\x10\x01" + b"\x01\x90" * 4097, "4097 exceeds max_map_len(4096)"),
        (b"\x81\xa1x\x9d" + (b"\xdc\x10\x00" + b"\x90" * 4096) * 13, "more than 50000 values"),
        (b"\x81\xa1x\x9d" + (b"\xdc\x10\x00" + b"\x81\xa1x\x01" * 4096) * 13, "more than 50000 values"),
    ],
)
def test_what_openpi_does_not_send_is_refused_by_name(frame: bytes, said: str) -> None:
    with pytest.raises(ServerTrouble, match="dialect|refused") as refusal:
        unpack(frame)
    assert said in str(refusal.value)


def test_objects_are_not_sent() -> None:
    with pytest.raises(TypeError, match="dtype object"):
        pack({"x": np.array([object()])})
