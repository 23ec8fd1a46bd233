"""`celltwin train`: a policy from nothing to a model with its card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from runtime.keeping import alone, kept_whole, told_when_damaged
from runtime.mistakes import UserMistake
from twin_app.assembly.curves import draw_curves
from twin_app.assembly.origin import origin_of
from twin_app.assembly.practice.workshop import CURVES, PolicyWorkshop
from twin_app.assembly.progress import Progress, stay_child_of
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins
from twin_app.model.trained import training_folder

DEFAULT_SCENE = "tray"
_ELSEWHERE = "choose another --out, or remove the folder to begin anew"


def run(arguments: argparse.Namespace) -> int:
    """Train and say where the model is."""
    stay_child_of(arguments.child_of)
    registry = read_plugins(CellSetup(policy=arguments.policy))
    trainer = registry.load_trainer(arguments.policy, ablations=arguments.ablations)
    recipe = registry.manifest(arguments.policy).recipe if arguments.config is None else Path(arguments.config)
    if recipe is None:
        raise UserMistake(f"policy {arguments.policy} has no configuration of its own", remedy="give one with --config")
    folder = Path(arguments.out) if arguments.out else training_folder(arguments.policy)
    scene = absolute_scene(arguments.scene)
    _claim(folder, recipe, scene)
    picture = folder / "curves.png"
    elsewhere = "wait until it has ended, or name another --out"
    with alone(folder, "training", remedy=elsewhere), Progress(arguments.progress) as progress:
        workshop = PolicyWorkshop(folder, arguments.policy, scene, arguments.processes, listen=progress.tell)
        model = trainer(recipe, workshop)
    draw_curves(folder / CURVES, picture)
    print(f"model: {model}\ncurves: {picture}")
    which = f"--suite ablation --models {model}" if arguments.ablations else f"--model {model}"
    where = "" if arguments.scene == DEFAULT_SCENE else f"--scene {arguments.scene} "
    print(f"figures: celltwin evaluate --policy {arguments.policy} {which} {where}--seeds 200000:200100")
    return 0


def _claim(folder: Path, recipe: Path, scene: str) -> None:
    """The folder belongs to one configuration, scene and program once anything was made with them.

    Raises `UserMistake` where it belongs to others.
    """
    kept, kept_origin = folder / "recipe.toml", folder / "origin.json"
    try:
        words, origin = recipe.read_text(encoding="utf-8"), origin_of(scene)
        if kept.exists():
            another = _difference(origin, kept_origin) if kept.read_text(encoding="utf-8") == words else "configuration"
            if not another:
                return
            if any(entry not in (kept, kept_origin) for entry in folder.iterdir()):
                raise UserMistake(f"{folder} holds a training with another {another}", remedy=_ELSEWHERE)
    except UnicodeDecodeError as trouble:
        raise UserMistake(f"{recipe}: {trouble}", remedy="a training configuration is TOML in UTF-8") from trouble
    except OSError as trouble:
        remedy = "--config wants a training configuration that can be read, --out a folder that can be written"
        raise UserMistake(f"{trouble.filename}: {trouble.strerror}", remedy=remedy) from trouble
    for file, content in ((kept_origin, json.dumps(origin, indent=1)), (kept, words)):
        with kept_whole(file) as partial:
            folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(content, encoding="utf-8")


def _difference(origin: dict[str, str], file: Path) -> str:
    """What of the origin is not as it was kept, in words; empty where all is."""
    with told_when_damaged(file):
        before = dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}
    name = next((name for name in (*origin, *before) if before.get(name) != origin.get(name)), "")
    return name and f"{name}: {before.get(name, 'not noted')}, now it is {origin.get(name, 'none')}"
