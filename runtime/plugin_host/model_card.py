"""What a folder of weights says of itself, as far as this program looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from runtime.messages.codec import NOT_DECODED
from runtime.messages.lines import is_line

MOST_BYTES = 1_000_000
VERSION_LETTERS = 40


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
    except NOT_DECODED as trouble:
        raise ValueError(f"no model card: {trouble}") from trouble


def model_version(card: Path | None, *, otherwise: str) -> str:
    """The version of the weights, which is the policy's; `otherwise` where there are none or their card is broken."""
    if card is None:
        return otherwise
    try:
        version = read_model_card(card).version
    except (OSError, ValueError):
        return otherwise
    return version if is_line(version, VERSION_LETTERS) else otherwise
