"""ONNX Runtime with its reports home switched off: whoever needs it takes it from here.

Its official builds keep a device identifier and a data base of events in the user's cache folder and send them to
their maker; the variable is the way that its Privacy.md names, and counts only before the library is first imported.
"""

from __future__ import annotations

import os
from importlib import import_module

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime import quantization
from onnxruntime.quantization import shape_inference

state = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
"""Machine code with the exceptions; type checkers cannot look into it."""

__all__ = ["onnxruntime", "quantization", "shape_inference", "state"]
