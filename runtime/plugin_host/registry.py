"""Which plugins there are, what they offer, and which of them are locked away because they failed."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from msgspec import Struct

from runtime.messages.cell import CellDescription
from runtime.mistakes import UserMistake
from runtime.plugin_host.manifest import ManifestError, PluginManifest, PolicyManifest, ServerManifest, read_manifest
from runtime.plugin_host.servers import ServerChoice, ServerSettings, checked_names, chosen
from runtime.plugin_host.variants import FoundVariant, find_variants, offered
from runtime.plugin_host.workshop import Compressor, Trainer
from runtime.ports import Policy


class PolicyUnavailable(UserMistake):
    """A policy that cannot be loaded; the text is the reason, for a person."""


class PluginTrouble(Struct, frozen=True):
    """A plugin that is not used, and why."""

    plugin: str
    reason: str


class Registry:
    """Every plugin found, by name. One that fails is quarantined: its reason stays, its code is not called again."""

    def __init__(
        self,
        plugins: Iterable[PluginManifest],
        troubles: Iterable[PluginTrouble] = (),
        *,
        choices: Mapping[str, ServerChoice] | None = None,
        variants: Iterable[FoundVariant] = (),
    ) -> None:
        """Sort the policies by name; one that two plugins offer belongs to the first of them.

        `choices`: where a person says that the servers of policies are, by policy; `variants` stand beside the
        policies they are made from.
        """
        self._policies: dict[str, PolicyManifest] = {}
        self._servers: dict[str, ServerManifest] = {}
        self._choices = dict(choices or {})
        self._quarantine: dict[str, str] = {trouble.plugin: trouble.reason for trouble in troubles}
        self._policy_quarantine: dict[str, str] = {}
        for plugin in plugins:
            for policy in plugin.policies:
                if policy.name in self._policies:
                    first = self._policies[policy.name].plugin
                    self._quarantine[plugin.name] = f"offers the policy {policy.name!r}, as {first} does already"
                else:
                    self._policies[policy.name] = policy
            for server in plugin.servers:
                self._servers.setdefault(server.protocol, server)
        self._add_variants(list(variants))
        checked_names(self._choices, {name: policy.server for name, policy in self._policies.items()})

    def _add_variants(self, variants: list[FoundVariant]) -> None:
        """One whose files are gone is listed and locked away."""
        manifests, troubles = offered(variants, self._policies)
        self._policies |= {manifest.name: manifest for manifest in manifests}
        self._quarantine |= troubles
        self._variants = {manifest.name for manifest in manifests}
        for variant in variants:
            if variant.manifest.name in self._variants and (trouble := variant.missing()):
                self.quarantine_policy(variant.manifest.name, trouble)

    def servers(self) -> tuple[ServerManifest, ...]:
        """Every protocol that a policy can be served over."""
        return tuple(self._servers[protocol] for protocol in sorted(self._servers))

    def load_server(self, protocol: str) -> Any:  # a ServerFactory of the layer above
        """The factory of this protocol's server; raises `PolicyUnavailable`."""
        if protocol not in self._servers:
            raise PolicyUnavailable(f"no protocol is called {protocol!r}; there are {', '.join(sorted(self._servers))}")
        server = self._servers[protocol]
        try:
            return getattr(_import(server.file), server.factory)
        except Exception as trouble:
            raise PolicyUnavailable(f"plugin {server.plugin}: {type(trouble).__name__}: {trouble}") from trouble

    def server_settings(self, name: str) -> ServerSettings | None:
        """Where this policy's server is, a person's choice included; None for one that runs here."""
        manifest = self.manifest(name)
        if manifest.server is None:
            return None
        return chosen(manifest.server, self._choices.get(name), plugin_folder=manifest.file.parent)

    def policies(self) -> tuple[PolicyManifest, ...]:
        """Every policy that was found, quarantined ones included."""
        return tuple(self._policies[name] for name in sorted(self._policies))

    def troubles(self) -> tuple[PluginTrouble, ...]:
        """Plugins that are not used, with their reasons."""
        return tuple(PluginTrouble(name, reason) for name, reason in sorted(self._quarantine.items()))

    def manifest(self, name: str) -> PolicyManifest:
        """The policy of this name; raises `PolicyUnavailable`."""
        if name not in self._policies:
            raise PolicyUnavailable(f"no policy is called {name!r}; there are {', '.join(sorted(self._policies))}")
        return self._policies[name]

    def obstacle(self, name: str) -> str:
        """Why this policy cannot be loaded, in words; empty when nothing speaks against it."""
        if name not in self._policies:
            return f"no policy is called {name!r}"
        return self._quarantine.get(self._policies[name].plugin, "") or self._policy_quarantine.get(name, "")

    def quarantine(self, plugin: str, reason: str) -> None:
        """Lock a plugin away; the first reason stays."""
        self._quarantine.setdefault(plugin, reason)

    def release(self, plugin: str) -> None:
        """Give a plugin another chance."""
        self._quarantine.pop(plugin, None)

    def quarantine_policy(self, name: str, reason: str) -> None:
        """Lock one policy away that failed at work; others of its plugin may be driving. The first reason stays."""
        self._policy_quarantine.setdefault(name, reason)

    def release_policy(self, name: str) -> None:
        """Give a policy another chance, and its plugin with it."""
        self._policy_quarantine.pop(name, None)
        if name in self._policies:
            self.release(self._policies[name].plugin)

    def load_policy(self, name: str, cell: CellDescription, *, model: Path | None = None) -> Policy:
        """Import and build a policy; raises `PolicyUnavailable` and quarantines the plugin when its code fails.

        `model`: another folder of weights than the policy's own, for one that has weights.
        """
        manifest = self.manifest(name)
        if obstacle := self.obstacle(name):
            what = f"plugin {manifest.plugin}" if manifest.plugin in self._quarantine else f"policy {name}"
            raise PolicyUnavailable(f"{what} is quarantined: {obstacle}")
        try:
            module = _import(manifest.file)
            factory = cast("Callable[..., Policy]", getattr(module, manifest.factory))
            settings = self.server_settings(name)
            weights = model or manifest.model
            with_model = {} if weights is None else {"model": weights}
            return factory(cell, **with_model) if settings is None else factory(cell, settings)
        except UserMistake as mistake:  # a wrong address or mapping: not the plugin's fault
            raise PolicyUnavailable(f"policy {name}: {mistake.what}", remedy=mistake.remedy) from mistake
        except (Exception, SystemExit) as trouble:  # a plugin may fail in any way; it must not take the cell with it
            reason = f"{type(trouble).__name__}: {trouble}{_place(trouble, manifest.file.parent)}"
            if name in self._variants:  # data: the plugin's own policies have shown nothing wrong
                self.quarantine_policy(name, reason)
                raise PolicyUnavailable(f"policy {name} failed to load: {reason}") from trouble
            self.quarantine(manifest.plugin, reason)
            raise PolicyUnavailable(f"plugin {manifest.plugin} failed to load: {reason}") from trouble

    def load_trainer(self, name: str, *, ablations: bool = False) -> Trainer:
        """What trains this policy, or the alternatives to its parts; raises `PolicyUnavailable`."""
        manifest = self.manifest(name)
        if ablations:
            return cast("Trainer", _found(name, "has no alternatives to train", "ablations", manifest.ablations))
        return cast("Trainer", _found(name, "is not trained", "trainer", manifest.trainer))

    def load_compressor(self, name: str) -> Compressor:
        """What makes variants of this policy; raises `PolicyUnavailable`."""
        return cast("Compressor", _found(name, "is not compressed", "compressor", self.manifest(name).compressor))


def _found(name: str, lacks: str, key: str, place: tuple[Path, str] | None) -> Any:  # the caller knows its type
    if place is None:
        raise PolicyUnavailable(f"policy {name} {lacks}", remedy=f"one that is has `{key}` in its manifest")
    return getattr(_import(place[0]), place[1])


def _place(trouble: BaseException, folder: Path) -> str:
    """The innermost line of the plugin's own that a failure went through, in words."""
    own = [frame for frame in traceback.extract_tb(trouble.__traceback__) if Path(frame.filename).parent == folder]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


def discover(
    *folders: Path, choices: Mapping[str, ServerChoice] | None = None, variants: Path | None = None
) -> Registry:
    """Read every `<folder>/<plugin>/plugin.toml`; a broken one is listed with its reason, the others stay usable.

    `choices`: where a person says that the servers of policies are. Raises `UserMistake` for one that has none.
    `variants`: the folder of variants, which need not be there.
    """
    plugins: list[PluginManifest] = []
    troubles: list[PluginTrouble] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*/plugin.toml"))):
        try:
            plugins.append(read_manifest(path))
        except ManifestError as trouble:
            troubles.append(PluginTrouble(path.parent.name, str(trouble)))
    found, broken = find_variants(variants) if variants is not None else ([], {})
    troubles += [PluginTrouble(name, reason) for name, reason in broken.items()]
    return Registry(plugins, troubles, choices=choices, variants=found)


_IMPORTING = threading.RLock()
"""What loads in another thread finds a plugin's file executed to its end, or not at all."""


def _import(file: Path) -> ModuleType:
    """Import a plugin's file under a package name of its own, so that its files find one another relatively."""
    with _IMPORTING:
        return _imported(file)


def _imported(file: Path) -> ModuleType:
    digest = hashlib.blake2s(str(file.parent).encode(), digest_size=4).hexdigest()
    package = f"celltwin_plugin_{file.parent.name}_{digest}"
    if package not in sys.modules:
        holder = ModuleType(package)
        holder.__path__ = [str(file.parent)]
        sys.modules[package] = holder
    name = f"{package}.{file.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
