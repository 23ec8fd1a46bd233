"""The tables of the format and their columns, in Arrow."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.compute  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from runtime.datasets.form import INTERVENTION, DatasetForm
from runtime.datasets.refusals import UnreadableDataset, check_regular

pa: Any = pyarrow  # compiled, without type information
parquet: Any = pyarrow.parquet
_compute: Any = pyarrow.compute

Table = Any
"""pyarrow.Table."""

_TASK = "task"


def frame_columns(
    columns: Mapping[str, NDArray[np.float32]], intervention: NDArray[np.bool_]
) -> dict[str, Any]:  # Arrow arrays
    """The columns that an episode brings along: fixed lists of float32, a plain number where there is one a frame."""
    arrays = {name: _floats(values) for name, values in columns.items()}
    return {**arrays, INTERVENTION: pa.array(intervention)}


def index_columns(
    *, fps: int, length: int, episode_index: int, first_index: int, task_index: int
) -> dict[str, NDArray[np.generic]]:
    """The columns that follow from an episode's place in the dataset."""
    frames = np.arange(length, dtype=np.int64)
    return {
        "timestamp": (frames / fps).astype(np.float32),
        "frame_index": frames,
        "episode_index": np.full(length, episode_index, dtype=np.int64),
        "index": first_index + frames,
        "task_index": np.full(length, task_index, dtype=np.int64),
    }


def task_table(tasks: Sequence[str]) -> Table:
    """Task strings as the index of a data frame, as pandas marks it, and their numbers."""
    table = pa.table({"task_index": pa.array(range(len(tasks)), pa.int64()), _TASK: pa.array(tasks, pa.string())})
    return table.replace_schema_metadata({"pandas": json.dumps(_PANDAS_INDEX)})


def task_names(table: Table) -> list[str]:
    """Task strings by number; raises ValueError or KeyError for a table that is none of tasks."""
    numbers = table.column("task_index").to_pylist()
    texts = [field.name for field in table.schema if pa.types.is_string(field.type) or _is_large(field.type)]
    if len(texts) != 1 or sorted(numbers) != list(range(len(numbers))):
        raise ValueError(f"task_index {numbers[:10]}")
    by_number = dict(zip(numbers, table.column(texts[0]).to_pylist(), strict=True))
    return [by_number[number] for number in range(len(numbers))]


def floats_of(column: Any, *, width: int) -> NDArray[np.float32]:  # a chunked array of Arrow
    """f32[n, width] of a column of lists or, with a width of 1, of plain numbers.

    Raises ValueError for lists of another length or missing numbers.
    """
    if column.null_count:
        raise ValueError("numbers are missing")
    if pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type):
        lengths = set(_compute.unique(_compute.list_value_length(column)).to_pylist())
        if lengths - {width}:
            raise ValueError(f"lists of {sorted(lengths)} numbers, not of {width}")
        column = pa.chunked_array([chunk.flatten() for chunk in column.chunks], column.type.value_type)
        if column.null_count:
            raise ValueError("numbers are missing")
    return np.asarray(column.to_numpy(), dtype=np.float32).reshape(-1, width)


def read_table(file: Path, columns: Sequence[str] | None = None) -> Table:
    """A whole Parquet file; raises `UnreadableDataset`."""
    with told_when_damaged(file), parquet.ParquetFile(file) as opened:
        return opened.read(columns=None if columns is None else list(columns))


@contextmanager
def told_when_damaged(file: Path) -> Generator[None]:
    """Turn what Arrow raises on a missing or damaged file into `UnreadableDataset`."""
    check_regular(file)
    try:
        yield
    except FileNotFoundError as trouble:
        raise UnreadableDataset(file, field="file", value="missing", limit="the dataset needs it") from trouble
    except (OSError, ValueError, KeyError) as trouble:  # Arrow's errors are ValueErrors, of a column also KeyErrors
        what = str(trouble).splitlines()[0] if str(trouble) else type(trouble).__name__
        raise UnreadableDataset(file, field="content", value="damaged", limit=what) from trouble


def write_table(file: Path, table: Table) -> None:
    """One Parquet file; its folder must exist."""
    parquet.write_table(table, file, compression="snappy")


def form_types(form: DatasetForm) -> dict[str, Any]:  # Arrow types
    """What each column of the frame table must be."""
    floats = {name: _float_type(width) for name, width in form.widths().items()}
    numbers = dict.fromkeys(("frame_index", "episode_index", "index", "task_index"), pa.int64())
    return {**floats, INTERVENTION: pa.bool_(), "timestamp": pa.float32(), **numbers}


def same_type(found: Any, wanted: Any) -> bool:
    """Whether a column is what it must be; lists of any length stand for lists of a fixed one."""
    if pa.types.is_fixed_size_list(wanted) and pa.types.is_list(found):
        return bool(found.value_type == wanted.value_type)
    if pa.types.is_fixed_size_list(wanted) and pa.types.is_fixed_size_list(found):
        return bool(found.value_type == wanted.value_type and found.list_size == wanted.list_size)
    return bool(found == wanted)


def _floats(values: NDArray[np.float32]) -> Any:
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    width = values.shape[1]
    return flat if width == 1 else pa.FixedSizeListArray.from_arrays(flat, width)


def _float_type(width: int) -> Any:
    return pa.float32() if width == 1 else pa.list_(pa.float32(), width)


def _is_large(kind: Any) -> bool:
    return bool(pa.types.is_large_string(kind))


_PANDAS_INDEX = {
    "index_columns": [_TASK],
    "column_indexes": [],
    "columns": [
        {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
         "metadata": None},
        {"name": _TASK, "field_name": _TASK, "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
    ],
    "creator": {"library": "pyarrow", "version": pyarrow.__version__},
    "pandas_version": "2.2.0",
}  # fmt: skip
"""What pandas looks for in a Parquet file to find the index again."""
