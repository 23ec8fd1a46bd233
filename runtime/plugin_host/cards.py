"""A policy's card, from its manifest and the card of its model: read without importing the plugin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import msgspec

from runtime.messages.card import CardSection, Examination, PolicyCard
from runtime.plugin_host.manifest import PolicyManifest
from runtime.plugin_host.model_card import ModelCard, read_model_card

MOST_LETTERS = 400
"""Of one value."""

_HASH = re.compile(r"[0-9a-f]{64}")
_SECONDS = "seconds "
_HEAD = ("architecture", "version", "sha256")


class _Figures(msgspec.Struct, frozen=True):
    """A fact that is an examination."""

    n: int
    verdicts: dict[str, int]
    interval95: tuple[float, float]
    ece: float | None = None
    auroc: float | None = None
    auroc_early: float | None = None
    reliability: tuple[tuple[float, float, int], ...] = ()


def read_card(manifest: PolicyManifest) -> PolicyCard:
    """The card. Never raises for a model's card that is missing or broken: `trouble` says so in words."""
    card = PolicyCard(
        policy=manifest.name,
        label=manifest.label,
        version=manifest.version,
        what=manifest.what or manifest.summary,
        weaknesses=manifest.weaknesses,
        trained=manifest.trainer is not None,
    )
    if manifest.card is None:
        return card
    try:
        model = read_model_card(manifest.card)
        examinations = tuple(_examination(name, fact) for name, fact in model.facts.items() if _is_examination(fact))
        sections = _sections(model, manifest.card.parent)
    except (OSError, ValueError, RecursionError) as trouble:
        words = trouble.strerror if isinstance(trouble, OSError) else str(trouble)
        return msgspec.structs.replace(card, trouble=f"{manifest.card.name}: {words}")
    return msgspec.structs.replace(
        card,
        weaknesses=(*manifest.weaknesses, *_measured_weaknesses(examinations)),
        examinations=examinations,
        sections=sections,
    )


def _is_examination(fact: Any) -> bool:
    return isinstance(fact, dict) and {"n", "verdicts", "interval95"} <= fact.keys()


def _examination(name: str, fact: Any) -> Examination:
    try:
        found = msgspec.convert(fact, _Figures, strict=False)
    except msgspec.ValidationError as trouble:
        raise ValueError(f"{name}: {trouble}") from trouble
    verdicts = tuple(sorted(found.verdicts.items(), key=lambda entry: (entry[0] != "succeeded", -entry[1])))
    return Examination(
        name, found.n, verdicts, found.interval95, found.ece, found.auroc, found.reliability, found.auroc_early
    )


def _measured_weaknesses(examinations: tuple[Examination, ...]) -> tuple[str, ...]:
    """What its own examinations say against it."""
    if not examinations:
        return ("No figures: it was not examined on seeds that taught it nothing.",)
    found: list[str] = []
    for one in examinations:
        failures = [f"{count} {verdict.replace('_', ' ')}" for verdict, count in one.verdicts if verdict != "succeeded"]
        if failures:
            found.append(f"{one.name.capitalize()}, of {one.runs} runs: {', '.join(failures)}.")
    return tuple(found)


def _sections(model: ModelCard, folder: Path) -> tuple[CardSection, ...]:
    """The facts by what they are about, in the order in which they were written down."""
    plain: dict[str, list[tuple[str, str]]] = {"Model": _head(model, folder), "Data": [], "Time and memory": []}
    nested: list[CardSection] = []
    for name, fact in model.facts.items():
        if _is_examination(fact):
            continue
        if isinstance(fact, dict):
            table = cast("dict[str, Any]", fact)
            nested.append(CardSection(name.capitalize(), tuple((key, _words(value)) for key, value in table.items())))
        elif isinstance(fact, str) and _HASH.fullmatch(fact):
            plain["Data"].append((name, f"sha256 {fact}"))
        elif name.startswith(_SECONDS):
            plain["Time and memory"].append((name.removeprefix(_SECONDS), f"{_words(fact)} s"))
        elif "MiB" in name:
            plain["Time and memory"].append((name, _words(fact)))
        else:
            plain["Model"].append((name, _words(fact)))
    own = [CardSection(title, tuple(rows)) for title, rows in plain.items() if rows]
    return (*own[:1], *nested, *own[1:])


def _head(model: ModelCard, folder: Path) -> list[tuple[str, str]]:
    rows = [(name, getattr(model, name)) for name in _HEAD if getattr(model, name)]
    weights = sorted(folder.glob("*.safetensors"))
    return [*rows, *((file.name, f"{file.stat().st_size / 1e6:.1f} MB") for file in weights)]


def _words(value: Any) -> str:
    """One value as text; a table inside becomes `name value, name value`."""
    if isinstance(value, dict):
        text = ", ".join(f"{key} {_words(inner)}" for key, inner in cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        text = ", ".join(_words(inner) for inner in cast("list[Any]", value))
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = "—" if value is None else str(value)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
