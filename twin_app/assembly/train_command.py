"""`celltwin train`: a policy from nothing to a model with its card."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.keeping import alone, kept_whole
from runtime.mistakes import UserMistake
from twin_app.assembly.curves import draw_curves
from twin_app.assembly.practice.workshop import CURVES, PolicyWorkshop
from twin_app.assembly.progress import Progress, stay_child_of
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins
from twin_app.model.trained import training_folder


def run(arguments: argparse.Namespace) -> int:
    """Train and say where the model is."""
    stay_child_of(arguments.child_of)
    registry = read_plugins(CellSetup(policy=arguments.policy))
    trainer = registry.load_trainer(arguments.policy, ablations=arguments.ablations)
    recipe = registry.manifest(arguments.policy).recipe if arguments.config is None else Path(arguments.config)
    if recipe is None:
        raise UserMistake(f"policy {arguments.policy} has no configuration of its own", remedy="give one with --config")
    folder = Path(arguments.out) if arguments.out else training_folder(arguments.policy)
    _claim(folder, recipe)
    picture = folder / "curves.png"
    elsewhere = "wait until it has ended, or name another --out"
    with alone(folder, "training", remedy=elsewhere), Progress(arguments.progress) as progress:
        workshop = PolicyWorkshop(
            folder, arguments.policy, absolute_scene(arguments.scene), arguments.processes, listen=progress.tell
        )
        model = trainer(recipe, workshop)
    draw_curves(folder / CURVES, picture)
    print(f"model: {model}\ncurves: {picture}")
    which = f"--suite ablation --models {model}" if arguments.ablations else f"--model {model}"
    print(f"figures: celltwin evaluate --policy {arguments.policy} {which} --seeds 200000:200100")
    return 0


def _claim(folder: Path, recipe: Path) -> None:
    """The folder belongs to one configuration once anything was made with it. Raises `UserMistake` for another one."""
    try:
        words = recipe.read_text(encoding="utf-8")
        kept = folder / "recipe.toml"
        if kept.exists():
            if kept.read_text(encoding="utf-8") == words:
                return
            if any(entry != kept for entry in folder.iterdir()):
                raise UserMistake(
                    f"{folder} holds a training with another configuration", remedy="choose another --out"
                )
    except UnicodeDecodeError as trouble:
        raise UserMistake(f"{recipe}: {trouble}", remedy="a training configuration is TOML in UTF-8") from trouble
    except OSError as trouble:
        remedy = "--config wants a training configuration that can be read, --out a folder that can be written"
        raise UserMistake(f"{trouble.filename}: {trouble.strerror}", remedy=remedy) from trouble
    with kept_whole(kept) as partial:
        folder.mkdir(parents=True, exist_ok=True)
        partial.write_text(words, encoding="utf-8")
