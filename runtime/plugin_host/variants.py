"""Variants of policies: folders of weights that a plugin's own code runs, listed beside it. Data, never code."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from runtime.messages.codec import NOT_DECODED
from runtime.messages.lines import a_line, is_line
from runtime.mistakes import quoted
from runtime.plugin_host.manifest import A_NAME, CARD, NAME, PolicyManifest
from runtime.plugin_host.model_card import model_version

VARIANT = "variant.json"
LISTED_AS = "variants/"
"""Before its name in a list of plugins that are not used: none of these is called so."""

MANIFEST_BYTES_MAX = 1 << 20
LABEL_LETTERS = 80
SUMMARY_LETTERS = 400
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
"""A file's name that leads nowhere else."""


class VariantTrouble(ValueError):
    """A variant that cannot be used; the text names file, key, value and what is allowed."""


class VariantManifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What `variant.json` says."""

    name: str
    """Of the variant, as a policy's; also its folder's."""

    policy: str
    """The policy whose code runs it."""

    label: str
    summary: str
    files: dict[str, str]
    """sha256 of every file of the model, by name."""


class FoundVariant(Struct, frozen=True):
    """A variant and its folder."""

    manifest: VariantManifest
    folder: Path

    def missing(self) -> str:
        """What speaks against using it, as far as a look at the folder tells; empty when nothing does."""
        lost = sorted(name for name in self.manifest.files if not (self.folder / name).is_file())
        return f"{self.folder}: {', '.join(lost)} missing; {self.remedy}" if lost else ""

    def changed(self) -> str:
        """The same, with every file read."""
        if trouble := self.missing():
            return trouble
        for name, sha256 in sorted(self.manifest.files.items()):
            digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            if digest != sha256:
                return f"{self.folder / name}: sha256 is {digest[:12]}…, was {sha256[:12]}…; {self.remedy}"
        return ""

    @property
    def remedy(self) -> str:
        """How to come by it again."""
        return f"`celltwin compress --policy {self.manifest.policy}` makes it anew"

    def beside(self, policy: PolicyManifest) -> PolicyManifest:
        """As a policy of its own."""
        card = self.folder / CARD if CARD in self.manifest.files else None
        return msgspec.structs.replace(
            policy,
            name=self.manifest.name,
            version=model_version(card, otherwise=policy.version),
            label=self.manifest.label,
            summary=self.manifest.summary,
            model=self.folder,
            card=card,
            trainer=None,
            ablations=None,
            recipe=None,
            compressor=None,
            compression=None,
        )


def find_variants(folder: Path) -> tuple[list[FoundVariant], dict[str, str]]:
    """Every `<folder>/<name>/variant.json`; those that cannot be used with their reasons, by name."""
    found: list[FoundVariant] = []
    troubles: dict[str, str] = {}
    for file in sorted(folder.glob(f"*/{VARIANT}")):
        try:
            found.append(read_variant(file))
        except VariantTrouble as trouble:
            troubles[f"{LISTED_AS}{file.parent.name}"] = str(trouble)
    return found, troubles


def read_variant(file: Path) -> FoundVariant:
    """Read and check one; raises `VariantTrouble`."""
    try:
        if file.stat().st_size > MANIFEST_BYTES_MAX:
            raise VariantTrouble(f"{file}: {file.stat().st_size} bytes, at most {MANIFEST_BYTES_MAX}")
        manifest = msgspec.json.decode(file.read_bytes(), type=VariantManifest)
    except (OSError, *NOT_DECODED) as trouble:
        raise VariantTrouble(f"{file}: {trouble}") from trouble
    if manifest.name != file.parent.name or NAME.fullmatch(manifest.name) is None:
        limit = f"its folder's: {A_NAME}"
        raise VariantTrouble(f"{file}: name is {quoted(manifest.name)}, must be {limit}")
    if strange := sorted(name for name in manifest.files if _PLAIN.fullmatch(name) is None):
        raise VariantTrouble(f"{file}: files names {strange[0]!r}, must be a plain name in this folder")
    for key, most in (("label", LABEL_LETTERS), ("summary", SUMMARY_LETTERS)):
        words = getattr(manifest, key)
        if not is_line(words, most):
            raise VariantTrouble(f"{file}: {key} is {quoted(words)}, must be {a_line(most)}")
    return FoundVariant(manifest, file.parent)


def register_variant(folder: Path, model: Path, *, name: str, policy: str, label: str, summary: str) -> Path:
    """Copy a model to where variants are found; returns its new folder. One of the same name is replaced whole."""
    place, partial, old = (folder / words for words in (name, f".{name}.partial", f".{name}.old"))
    if old.exists() and not place.exists():
        os.replace(old, place)  # an earlier one was ended between the two renamings below
    for rest in (partial, old):
        shutil.rmtree(rest, ignore_errors=True)
    shutil.copytree(model, partial)
    manifest = VariantManifest(name, policy, label, summary, hashes_of(model))
    (partial / VARIANT).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    if place.exists():
        os.replace(place, old)
    os.replace(partial, place)
    shutil.rmtree(old, ignore_errors=True)
    return place


def hashes_of(model: Path) -> dict[str, str]:
    """sha256 of every file of a model, by name."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(model.iterdir())
        if file.is_file() and file.name != VARIANT
    }


def offered(
    variants: list[FoundVariant], policies: Mapping[str, PolicyManifest]
) -> tuple[list[PolicyManifest], dict[str, str]]:
    """Variants as policies beside those they are made from; those that cannot be, with their reasons, by name."""
    found: list[PolicyManifest] = []
    troubles: dict[str, str] = {}
    for variant in variants:
        name, base = variant.manifest.name, variant.manifest.policy
        if name in policies:
            troubles[f"{LISTED_AS}{name}"] = f"{variant.folder}: a policy of a plugin is called {name!r} already"
        elif base not in policies:
            troubles[f"{LISTED_AS}{name}"] = (
                f"{variant.folder}: is a variant of the policy {base!r}, which there is not"
            )
        elif policies[base].model is None:
            troubles[f"{LISTED_AS}{name}"] = (
                f"{variant.folder}: is a variant of the policy {base!r}, which has no weights"
            )
        else:
            found.append(variant.beside(policies[base]))
    return found, troubles
