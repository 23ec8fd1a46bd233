"""Plugins: described in data, found in a folder, imported on first use, quarantined when they fail."""

from runtime.plugin_host.manifest import ManifestError, PolicyManifest
from runtime.plugin_host.registry import PluginTrouble, PolicyUnavailable, Registry, discover

__all__ = ["ManifestError", "PluginTrouble", "PolicyManifest", "PolicyUnavailable", "Registry", "discover"]
