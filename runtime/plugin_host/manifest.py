"""What a plugin says of itself: `plugin.toml`, read and validated without importing the plugin."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from runtime.plugin_host.model_card import model_version
from runtime.plugin_host.servers import ServerSettings

PLUGIN_API = 1
"""Raised when a port that plugins implement changes in a way that older plugins would not survive."""

CARD = "card.json"
"""In every folder of weights."""

_RANGES = (("load_s", 1.0, 3600.0), ("hang_s", 0.1, 60.0), ("memory_mib", 64.0, 1048576.0))
"""Limits of a policy's own limits, so that a slip of the pen does not switch one off."""

NAME = re.compile(r"(?!none$)[a-z][a-z0-9_]{0,39}")
A_NAME = "a-z, 0-9 and _, a letter first, at most 40, and not none, which stands for no policy at all"


class ManifestError(ValueError):
    """A manifest that cannot be used; the text names file, key, value and what is allowed."""


class PolicyManifest(Struct, frozen=True):
    """One policy that a plugin offers."""

    name: str
    label: str
    """For people."""

    version: str
    """Of its weights, as their card says; of the plugin where it has none."""

    plugin: str
    """Name of the plugin, which is also its folder's."""

    file: Path
    """The Python file that is imported on first use."""

    factory: str
    """Callable in that file: a `runtime.ports.PolicyFactory`."""

    summary: str = ""
    what: str = ""
    """What it is, for its card; empty: the summary says it."""

    weaknesses: tuple[str, ...] = ()
    """What it is known to do badly or not at all, for its card: a sentence each."""

    card: Path | None = None
    """The card of its model, a JSON file that its training writes; None: it has none."""

    trainer: tuple[Path, str] | None = None
    """File and callable that train it: a `runtime.plugin_host.workshop.Trainer`; None: there is nothing to train."""

    ablations: tuple[Path, str] | None = None
    """Likewise, of the alternatives that its parts are compared with."""

    recipe: Path | None = None
    """The training configuration that made it."""

    model: Path | None = None
    """The folder of its weights; None: it has none, or its factory knows."""

    compressor: tuple[Path, str] | None = None
    """File and callable that makes variants: a `runtime.plugin_host.workshop.Compressor`."""

    compression: Path | None = None
    """The configuration of that."""

    server: ServerSettings | None = None
    """Where it runs, when that is not here."""

    isolated: bool = False
    """Runs in a process of its own, also while it drives; others do so only in shadow."""

    load_s: float = 120.0
    """To import, build and warm it; an isolated one is given up after that."""

    hang_s: float = 2.0
    """An inference that takes longer has hung: its process is killed."""

    memory_mib: float = 2048.0
    """What its process may hold; beyond it is killed."""


class ServerManifest(Struct, frozen=True):
    """A protocol that a plugin can serve our own policies over."""

    protocol: str
    plugin: str
    file: Path
    factory: str
    """Callable in that file: a `runtime.policy_servers.serving.ServerFactory`."""

    port: int
    """What such servers usually listen on."""

    mapping: Path


class PluginManifest(Struct, frozen=True):
    """A whole `plugin.toml`."""

    name: str
    version: str
    summary: str
    folder: Path
    policies: tuple[PolicyManifest, ...]
    servers: tuple[ServerManifest, ...] = ()


class _PluginTable(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str
    api: int
    summary: str = ""


class _PolicyServerTable(Struct, frozen=True, forbid_unknown_fields=True):
    protocol: str
    address: str
    mapping: str


class _ServerTable(Struct, frozen=True, forbid_unknown_fields=True):
    protocol: str
    port: int
    mapping: str
    file: str = "server.py"
    factory: str = "serve"


class _PolicyTable(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    label: str
    factory: str
    file: str = "policy.py"
    summary: str = ""
    what: str = ""
    weaknesses: tuple[str, ...] = ()
    card: str = ""
    trainer: str = ""
    """`file.py:callable`, as is the next."""

    ablations: str = ""
    recipe: str = ""
    model: str = ""
    compressor: str = ""
    """`file.py:callable`."""

    compression: str = ""
    server: _PolicyServerTable | None = None
    isolated: bool = False
    load_s: float = 120.0
    hang_s: float = 2.0
    memory_mib: float = 2048.0


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    plugin: _PluginTable
    policy: tuple[_PolicyTable, ...] = ()
    server: tuple[_ServerTable, ...] = ()


def read_manifest(path: Path) -> PluginManifest:
    """Read and check one `plugin.toml`; raises `ManifestError`."""
    try:
        document = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Document)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as trouble:
        raise ManifestError(f"{path}: {trouble}") from trouble
    plugin = document.plugin
    _require(path, plugin.api == PLUGIN_API, f"plugin.api: {plugin.api}, this program offers {PLUGIN_API}")
    _require(path, plugin.name == path.parent.name, f"plugin.name: {plugin.name!r} is not its folder's name")
    names = [entry.name for entry in document.policy]
    for name in [plugin.name, *names]:
        _require(path, NAME.fullmatch(name) is not None, f"name: {name!r}, allowed are {A_NAME}")
    _require(path, len(set(names)) == len(names), f"policy.name: given twice in {names}")
    policies = tuple(_policy(path, plugin, entry) for entry in document.policy)
    servers = tuple(_server(path, plugin, entry) for entry in document.server)
    return PluginManifest(plugin.name, plugin.version, plugin.summary, path.parent, policies, servers)


def _policy(path: Path, plugin: _PluginTable, entry: _PolicyTable) -> PolicyManifest:
    _require(path, entry.factory.isidentifier(), f"policy.factory: {entry.factory!r} is no Python name")
    server = None
    if entry.server is not None:
        mapping = _file(path, "policy.server.mapping", entry.server.mapping)
        server = ServerSettings(entry.server.protocol, entry.server.address, mapping)
    for key, lowest, highest in _RANGES:
        value = getattr(entry, key)
        _require(path, lowest <= value <= highest, f"policy.{key}: {value:g}, allowed are {lowest:g} to {highest:g}")
    card = _place(path, "policy.card", entry.card) if entry.card else None
    return PolicyManifest(
        name=entry.name,
        label=entry.label,
        version=model_version(card, otherwise=plugin.version),
        plugin=plugin.name,
        file=_file(path, "policy.file", entry.file),
        factory=entry.factory,
        summary=entry.summary,
        what=entry.what,
        weaknesses=entry.weaknesses,
        card=card,
        server=server,
        isolated=entry.isolated,
        load_s=entry.load_s,
        hang_s=entry.hang_s,
        memory_mib=entry.memory_mib,
        trainer=_callable(path, "policy.trainer", entry.trainer),
        ablations=_callable(path, "policy.ablations", entry.ablations),
        recipe=_file(path, "policy.recipe", entry.recipe) if entry.recipe else None,
        model=_file(path, "policy.model", f"{entry.model}/{CARD}").parent if entry.model else None,
        compressor=_callable(path, "policy.compressor", entry.compressor),
        compression=_file(path, "policy.compression", entry.compression) if entry.compression else None,
    )


def _server(path: Path, plugin: _PluginTable, entry: _ServerTable) -> ServerManifest:
    file = _file(path, "server.file", entry.file)
    mapping = _file(path, "server.mapping", entry.mapping)
    _require(path, entry.factory.isidentifier(), f"server.factory: {entry.factory!r} is no Python name")
    _require(path, 0 < entry.port < 65536, f"server.port: {entry.port}, must be within 1…65535")
    return ServerManifest(entry.protocol, plugin.name, file, entry.factory, entry.port, mapping)


def _callable(path: Path, key: str, words: str) -> tuple[Path, str] | None:
    """File and name of what `file.py:callable` says; None for nothing."""
    if not words:
        return None
    name, _, function = words.partition(":")
    _require(path, function.isidentifier(), f"{key}: {words!r}, must be `file.py:callable`")
    return _file(path, key, name), function


def _file(path: Path, key: str, name: str) -> Path:
    """A file of this plugin."""
    file = _place(path, key, name)
    _require(path, file.is_file(), f"{key}: {name!r} is no file of this plugin")
    return file


def _place(path: Path, key: str, name: str) -> Path:
    """A place in this plugin's folder, where a file may come to be."""
    file = (path.parent / name).resolve()
    _require(path, file.is_relative_to(path.parent.resolve()), f"{key}: {name!r} is outside of this plugin")
    return file


def _require(path: Path, holds: bool, trouble: str) -> None:  # noqa: FBT001 - an assertion reads best this way
    if not holds:
        raise ManifestError(f"{path}: {trouble}")
