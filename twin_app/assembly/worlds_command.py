"""`celltwin worlds`: which scenes and variations there are, and pictures of a variation at its strengths."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from sim_worlds.scenes import Scene, load_scene, scene_names
from sim_worlds.variation import CATALOGUE, STRENGTHS, parse_variations, variation_names
from sim_worlds.variation.words import rows_of
from twin_app.assembly.contact_sheet import check_sheet, draw_sheet, write_sheet
from twin_app.assembly.setup import CellSetup, absolute_scene

SEEDS_OF_ONE = 4
"""Rows of a sheet that shows one variation."""


def run(arguments: argparse.Namespace) -> int:
    """List, or draw."""
    wished = tuple(one.name for one in parse_variations(arguments.vary)) or variation_names()
    if arguments.picture:
        path = Path(arguments.picture)
        check_sheet(path)
        count = SEEDS_OF_ONE if len(wished) == 1 else 1
        seeds = range(arguments.seed, arguments.seed + count)
        setup = CellSetup(scene=absolute_scene(arguments.scene), mismatch="low")
        write_sheet(draw_sheet(setup, names=wished, seeds=seeds), path)
        print(f"{path}: {', '.join(wished)} on {arguments.scene}, from seed {arguments.seed}")
        return 0
    if arguments.json:
        print(json.dumps(_listed(wished)))
        return 0
    _print_scenes()
    _print_variations(wished)
    return 0


def _listed(wished: tuple[str, ...]) -> dict[str, Any]:
    scenes = [{"name": name, "title": load_scene(name).title} for name in scene_names()]
    variations = [
        {
            "name": kind.name,
            "sentence": kind.sentence,
            "parameters": {
                parameter.name: {word: list(parameter.span(at)) for word, at in STRENGTHS.items()}
                for parameter in kind.parameters
            },
        }
        for kind in CATALOGUE
        if kind.name in wished
    ]
    return {"scenes": scenes, "variations": variations}


def _print_scenes() -> None:
    print("Scenes (celltwin run --scene NAME, or the path of a TOML file)\n")
    for name in scene_names():
        print(f"  {name:<10} {_words(load_scene(name))}")


def _words(scene: Scene) -> str:
    cell = scene.description
    belt = "" if scene.belt is None else f", a belt at {abs(scene.belt.speed_m_s) * 1000.0:g} mm/s"
    return f"{scene.title}: arm {cell.robot.name}, {len(cell.parts)} parts, {len(cell.totes)} totes{belt}"


def _print_variations(wished: tuple[str, ...]) -> None:
    print("\nVariations (celltwin run --vary NAME[:STRENGTH], drawn from --seed; --picture FILE.png shows them)")
    for kind in CATALOGUE:
        if kind.name not in wished:
            continue
        print(f"\n  {kind.name}: {kind.sentence}")
        rows = [("", "", *STRENGTHS), *rows_of(kind)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            print("    " + "  ".join(f"{word:<{width}}" for word, width in zip(row, widths, strict=True)).rstrip())
