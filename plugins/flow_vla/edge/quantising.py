"""Eight bits instead of thirty-two: weights and activations of the eyes, their ranges measured on pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from plugins.flow_vla.onnx_runtime import quantization, shape_inference
from plugins.flow_vla.slots import ASKED
from plugins.flow_vla.training.labels import CAMERAS
from plugins.flow_vla.training.shards import Shards
from plugins.flow_vla.training.turning import pixels_of
from plugins.flow_vla.turns import frame_of

OPERATORS = ["Conv", "Relu", "Add", "Resize"]
ANSWERS = ("looks", "kinds", "offset", "height", "room")
"""The layers that say something stay exact: a fiftieth of the work, and the last thing that is done to a number."""

PICTURES = 96


def quantise(graphs: Mapping[str, bytes], shards: Shards) -> dict[str, bytes]:
    """Eyes and close looks in eight bits; a graph of another name stays as it is. `shards`: of calibration seeds."""
    found = dict(graphs)
    for camera in CAMERAS:
        examples = list(_examples(shards, camera))
        for kind, inputs in (("see", ("picture", "asked")), ("turn", ("picture", "frame"))):
            shown = [{name: example[name] for name in inputs} for example in examples]
            found[f"{kind}_{camera}"] = _quantised(graphs[f"{kind}_{camera}"], shown)
    return found


class _Examples(quantization.CalibrationDataReader):
    """What the graph is shown while its ranges are measured."""

    def __init__(self, examples: list[dict[str, NDArray[Any]]]) -> None:
        self._left = iter(examples)

    def get_next(self) -> dict[str, NDArray[Any]] | None:  # type: ignore[override]  # None ends it, as its own docs say
        """The next one."""
        return next(self._left, None)


def _quantised(graph: bytes, examples: list[dict[str, NDArray[Any]]]) -> bytes:
    """Unsigned activations, signed weights with a scale for each channel: the way that AVX-512 VNNI multiplies."""
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared, done = (Path(folder) / name for name in ("plain.onnx", "prepared.onnx", "done.onnx"))
        plain.write_bytes(graph)
        shape_inference.quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(prepared),
            str(done),
            _Examples(examples),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            op_types_to_quantize=OPERATORS,
            nodes_to_exclude=_exact_nodes(onnx.load_model(str(prepared))),
        )
        return done.read_bytes()


def _exact_nodes(model: onnx.ModelProto) -> list[str]:
    return [
        node.name
        for node in model.graph.node
        if any(f".{name}.weight" in tensor for tensor in node.input for name in ANSWERS)
    ]


def _examples(shards: Shards, camera: str) -> Iterator[dict[str, NDArray[Any]]]:
    batch = shards.batch(np.arange(min(PICTURES, len(shards))), camera)
    pixels = pixels_of(batch).numpy()
    for row, picture in enumerate(batch.pictures.numpy()):
        there = np.flatnonzero(batch.cells[row].numpy() >= 0)
        part = int(there[0]) if len(there) else 0
        column, line = pixels[row, part].tolist()
        frame = frame_of((column, line), max(4.0, float(batch.sides[row, part])))
        yield {"picture": picture[None], "asked": np.zeros((1, ASKED), np.float32), "frame": frame[None]}
