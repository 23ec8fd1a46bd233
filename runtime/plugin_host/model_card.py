"""What a folder of weights says of itself, as far as this program looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

MOST_BYTES = 1_000_000


class ModelCard(msgspec.Struct, frozen=True):
    """A model's own card; everything else in it is its plugin's affair."""

    architecture: str = ""
    version: str = ""
    sha256: str = ""
    facts: dict[str, Any] = {}


def read_model_card(file: Path) -> ModelCard:
    """Raises `OSError` or `ValueError`."""
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{size} bytes, at most {MOST_BYTES} are read")
    try:
        return msgspec.json.decode(file.read_bytes(), type=ModelCard)
    except msgspec.MsgspecError as trouble:
        raise ValueError(f"no model card: {trouble}") from trouble


def model_version(card: Path | None, *, otherwise: str) -> str:
    """The version of the weights, which is the policy's; `otherwise` where there are none or their card is broken."""
    if card is None:
        return otherwise
    try:
        return read_model_card(card).version or otherwise
    except (OSError, ValueError, msgspec.MsgspecError):
        return otherwise
