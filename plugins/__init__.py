"""The program's own policies and adapters: each folder is a plugin, found by its plugin.toml, imported on first use."""
