"""ONNX Runtime on one core behind the seam of the networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from plugins.flow_vla.engine import Seen, as_picture
from plugins.flow_vla.model import ModelRefused
from plugins.flow_vla.onnx_runtime import onnxruntime, state

_ERRORS_ONLY = 3
_REFUSALS = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NotImplemented,
    state.RuntimeException,
)


class OnnxEngine:
    """Graphs as `graphs.py` has them. Raises `ModelRefused` for one that ONNX Runtime cannot run."""

    def __init__(self, graphs: Mapping[str, bytes]) -> None:
        self._sessions = {name: _session(name, content) for name, content in graphs.items()}
        self._pictures: dict[str, NDArray[np.float32]] = {}

    def see(self, camera: str, image: NDArray[np.uint8], asked: NDArray[np.float32]) -> Seen:
        """See `Engine`."""
        picture = self._pictures[camera] = as_picture(image)
        heat, kinds, offset, height, room = self._run(f"see_{camera}", {"picture": picture, "asked": asked[None]})
        return Seen(heat[0], kinds[0], offset[0], height[0], room[0].reshape(-1))

    def turn(self, camera: str, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Engine`."""
        return self._run(f"turn_{camera}", {"picture": self._pictures[camera], "frame": frame[None]})[0][0]

    def draw(self, condition: NDArray[np.float32], noise: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """See `Engine`."""
        chunks, finished = self._run("act", {"condition": condition[None], "noise": noise})
        return chunks, float(finished[0, 0])

    def _run(self, name: str, inputs: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        return cast("list[NDArray[np.float32]]", self._sessions[name].run(None, inputs))


def _session(name: str, content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _REFUSALS as trouble:
        raise ModelRefused(f"graph {name}: ONNX Runtime cannot run it: {trouble}") from trouble
