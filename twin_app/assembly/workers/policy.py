"""A policy's own process: started by the planner, asked by it, killed by it or with it."""

from __future__ import annotations

from pathlib import Path

from runtime.messages.cell import CellDescription
from runtime.ports import Policy
from twin_app.assembly.setup import CellSetup


def run(folder: Path, setup: CellSetup, name: str, planner_pid: str, line: str, board: str) -> int:
    """Build this policy and answer for it. `line` and `board` are inherited descriptors."""
    del folder
    from runtime.system2.isolation.serving import keep_small, serve
    from twin_app.assembly.setup import read_plugins, read_scene

    registry = read_plugins(setup)
    if not keep_small(planner_pid=int(planner_pid), memory_mib=registry.manifest(name).memory_mib):
        return 0

    def build() -> Policy:
        import cv2

        cv2.setNumThreads(1)
        cell: CellDescription = read_scene(setup).cell
        return registry.load_policy(name, cell)

    return serve(build, line_descriptor=int(line), board_descriptor=int(board))
