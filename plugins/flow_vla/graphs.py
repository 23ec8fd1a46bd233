"""The networks as ONNX files: read with distrust before ONNX Runtime sees them, refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
from google.protobuf.message import DecodeError

from plugins.flow_vla.condition import SIZE
from plugins.flow_vla.engine import SAMPLES
from plugins.flow_vla.eyes import CELLS, KINDS, SIDE_PX, TURNS
from plugins.flow_vla.flow import ACTION
from plugins.flow_vla.model import Card, ModelRefused, read_checked
from plugins.flow_vla.slots import ASKED

CAMERAS = ("overhead", "wrist")
NAMES = (*(f"see_{camera}" for camera in CAMERAS), *(f"turn_{camera}" for camera in CAMERAS), "act")
"""Of the graphs of one model; a card can name no other file."""

_PICTURE = (1, 3, SIDE_PX, SIDE_PX)
INPUTS: dict[str, dict[str, tuple[int, ...]]] = {
    "see": {"picture": _PICTURE, "asked": (1, ASKED)},
    "turn": {"picture": _PICTURE, "frame": (1, 2, 3)},
    "act": {"condition": (1, SIZE), "noise": (SAMPLES, ACTION)},
}
OUTPUTS: dict[str, dict[str, tuple[int, ...]]] = {
    "see": {
        "heat": (1, CELLS * CELLS + 1),
        "kinds": (1, KINDS, CELLS, CELLS),
        "offset": (1, 2, CELLS, CELLS),
        "height": (1, CELLS, CELLS),
        "room": (1, CELLS, CELLS),
    },
    "turn": {"shares": (1, TURNS)},
    "act": {"chunks": (SAMPLES, ACTION), "finished": (1, 1)},
}
"""All are f32."""

DOMAINS = ("", "ai.onnx")
"""ONNX's own operators; whatever else a file asks for is somebody's own code."""


def load_graphs(folder: Path, card: Card) -> dict[str, bytes]:
    """The content of every graph, checked. Raises `ModelRefused`."""
    if strange := sorted(set(card.graphs) ^ set(NAMES)):
        word = "missing" if strange[0] in NAMES else "not known"
        raise ModelRefused(f"{folder}: the card's graph {strange[0]!r} is {word}, there are {', '.join(NAMES)}")
    return {name: _checked(folder / f"{name}.onnx", name, card.graphs[name]) for name in NAMES}


def _checked(file: Path, name: str, sha256: str) -> bytes:
    content = read_checked(file, sha256)
    try:
        model = onnx.load_model_from_string(content)
        _check_own_operators(file, model)
        _check_nothing_elsewhere(file, model.graph)
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as trouble:
        raise ModelRefused(f"{file}: no ONNX file: {trouble}") from trouble
    kind = name.partition("_")[0]
    _check_ports(file, "input", model.graph.input, INPUTS[kind])
    _check_ports(file, "output", model.graph.output, OUTPUTS[kind])
    return content


def _check_own_operators(file: Path, model: onnx.ModelProto) -> None:
    if strange := sorted({node.domain for node in model.graph.node} - set(DOMAINS)):
        raise ModelRefused(f"{file}: operators of {strange[0]!r}, only ONNX's own are used")
    if len(model.functions):
        raise ModelRefused(f"{file}: brings the operator {model.functions[0].name!r} along, only ONNX's own are used")


def _check_nothing_elsewhere(file: Path, graph: onnx.GraphProto) -> None:
    """Neither numbers that lie in other files, nor graphs within the graph."""
    for tensor in graph.initializer:
        _check_inside(file, tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or len(attribute.graphs):
                raise ModelRefused(f"{file}: {node.op_type} holds a graph of its own, must be flat")
            if attribute.HasField("t"):
                _check_inside(file, attribute.t)
    if len(graph.sparse_initializer):
        raise ModelRefused(f"{file}: sparse numbers are not used")


def _check_inside(file: Path, tensor: onnx.TensorProto) -> None:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or len(tensor.external_data):
        raise ModelRefused(f"{file}: the numbers of {tensor.name!r} lie in another file, must be inside")
    if tensor.data_type == onnx.TensorProto.FLOAT and not np.isfinite(onnx.numpy_helper.to_array(tensor)).all():
        raise ModelRefused(f"{file}: {tensor.name} holds numbers that are not finite")


def _check_ports(file: Path, what: str, ports: object, wanted: dict[str, tuple[int, ...]]) -> None:
    found = {port.name: port.type.tensor_type for port in ports}  # type: ignore[attr-defined]  # a protobuf list
    if list(found) != list(wanted):
        raise ModelRefused(f"{file}: {what}s are {', '.join(found)}, must be {', '.join(wanted)}")
    for name, shape in wanted.items():
        sides = tuple(side.dim_value for side in found[name].shape.dim)
        if sides != shape or found[name].elem_type != onnx.TensorProto.FLOAT:
            raise ModelRefused(f"{file}: {what} {name} is not f32{list(shape)}")
