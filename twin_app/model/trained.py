"""Where trainings lie, and the models without one part that a table of ablations examines."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

from runtime.mistakes import UserMistake, quoted


def training_folder(policy: str) -> Path:
    """Where a training is kept unless another place is named."""
    return user_data_path("celltwin") / "training" / policy


def ablation_models(text: str, *, policy: str) -> list[Path]:
    """Folders of the models below a folder, by name; empty text: below where `celltwin train` puts them.

    Raises `UserMistake` where there is none.
    """
    folder = Path(text) if text else training_folder(policy) / "ablations"
    remedy = f"make them with: celltwin train {policy} --ablations, or name another folder of models"
    try:
        models = sorted(card.parent for card in folder.glob("*/card.json")) if folder.is_dir() else None
    except (OSError, ValueError) as trouble:
        raise UserMistake(f"models {quoted(text)} cannot be looked at: {trouble}") from trouble
    if models is None:
        raise UserMistake(f"models: there is no folder {folder}", remedy=remedy)
    if not models:
        raise UserMistake(f"models: no model in any folder of {folder}", remedy=remedy)
    return models
