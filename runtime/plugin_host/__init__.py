"""Plugins: described in data, found in a folder, imported on first use, quarantined when they fail."""

from runtime.plugin_host.cards import read_card
from runtime.plugin_host.manifest import ManifestError, PolicyManifest, ServerManifest
from runtime.plugin_host.registry import PluginTrouble, PolicyUnavailable, Registry, discover
from runtime.plugin_host.servers import ServerChoice, ServerSettings, read_choices

__all__ = [
    "ManifestError",
    "PluginTrouble",
    "PolicyManifest",
    "PolicyUnavailable",
    "Registry",
    "ServerChoice",
    "ServerManifest",
    "ServerSettings",
    "discover",
    "read_card",
    "read_choices",
]
