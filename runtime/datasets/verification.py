"""Whether every number and picture of a dataset can be read and is what was written."""

from __future__ import annotations

from collections.abc import Callable

from runtime.datasets.fingerprint import content_hash
from runtime.datasets.layout import ORIGIN
from runtime.datasets.reader import DatasetReader
from runtime.datasets.refusals import UnreadableDataset


def verify_dataset(dataset: DatasetReader, told: Callable[[int], None] = lambda done: None) -> str:
    """Read and decode everything; returns the content hash, raises `UnreadableDataset`.

    `told` hears after each episode how many are done.
    """
    dataset.stats  # noqa: B018 - read when first asked for
    for done, _ in enumerate(dataset, start=1):
        told(done)
    found = content_hash(dataset)
    if dataset.origin is not None and dataset.origin.content_sha256 != found:
        field, limit = "content_sha256", f"the content has {found}"
        raise UnreadableDataset(dataset.folder / ORIGIN, field=field, value=dataset.origin.content_sha256, limit=limit)
    return found
