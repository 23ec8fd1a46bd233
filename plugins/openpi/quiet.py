"""A log that nobody reads: what goes wrong on a connection is raised and told once, in words."""

from __future__ import annotations

import logging

SILENT = logging.getLogger("celltwin.openpi")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
