"""`celltwin compress`: smaller and quicker variants of a policy, measured, drawn, and ready to be swapped to."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from runtime.keeping import alone, kept_whole, told_when_unkept
from runtime.mistakes import UserMistake
from runtime.plugin_host import PolicyManifest
from runtime.plugin_host.manifest import CARD
from runtime.plugin_host.variants import register_variant
from runtime.plugin_host.workshop import Variant
from twin_app.assembly.compression.pace import Pace, measure_pace
from twin_app.assembly.compression.table import Row, draw_table, row_of
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.examination.session import Result
from twin_app.assembly.figures import circumstances, show_rows
from twin_app.assembly.origin import origin_of
from twin_app.assembly.practice.workshop import PolicyWorkshop
from twin_app.assembly.progress import Progress
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins, variants_folder
from twin_app.model.seeds import parse_seeds


def run(arguments: argparse.Namespace) -> int:
    """Make, measure, examine, register and draw."""
    seeds, looks = parse_seeds(arguments.seeds), parse_seeds(arguments.looks)
    setup = CellSetup(scene=absolute_scene(arguments.scene), policy=arguments.policy)
    registry = read_plugins(setup)
    manifest = registry.manifest(arguments.policy)
    compressor = registry.load_compressor(arguments.policy)
    model = _model(arguments, manifest)
    config = Path(arguments.config) if arguments.config else manifest.compression
    if config is None:
        raise UserMistake(f"policy {manifest.name} has no configuration for it", remedy="give one with --config")
    folder = _claimed(arguments, model, config)
    elsewhere = "wait until it has ended, or name another --out"
    with alone(folder, "compression", remedy=elsewhere), Progress() as progress:
        workshop = PolicyWorkshop(folder, manifest.name, setup.scene, arguments.processes, listen=progress.tell)
        variants = compressor(config, workshop, model=model, wanted=_names(arguments.variants))
        models = {_full(manifest.name, variant): variant.model for variant in variants}
        paces = measure_pace(
            setup, models, looks, progress=lambda done, total: progress.tell("latency and agreement", done, total)
        )
        ledger = Ledger(folder / "results")
        rows: list[Row] = []
        for variant in variants:
            name = _full(manifest.name, variant)

            def show(result: Result, done: int, total: int, name: str = name) -> None:
                del result
                progress.tell(f"examining {name}", done, total)

            found = ledger.examine(
                setup, seeds, suite="nominal", processes=arguments.processes, progress=show, model=variant.model
            )
            rows.append(row_of(name, variant.model, paces[name], found))
            _register(manifest, variant, rows[-1], config)
    _write(folder, rows, paces, setup)
    show_rows([msgspec.to_builtins(row) for row in rows], as_json=arguments.json)
    if not arguments.json:
        print(f"picture: {folder / 'compress.png'}\nfor --policy and in the console: {', '.join(models)}")
    return 0


def _full(policy: str, variant: Variant) -> str:
    return f"{policy}_{variant.name}"


def _names(text: str | None) -> tuple[str, ...]:
    names = tuple(word.strip() for word in (text or "").split(",") if word.strip())
    if text is not None and not names:
        raise UserMistake(f"--variants {text}: no name in it", remedy="leave it out for all of them")
    return names


def _model(arguments: argparse.Namespace, manifest: PolicyManifest) -> Path:
    model = Path(arguments.model).absolute() if arguments.model else manifest.model
    if model is None:
        raise UserMistake(f"policy {manifest.name} has no weights of its own", remedy="give a folder with --model")
    if not (model / CARD).is_file():
        raise UserMistake(f"{model}: no {CARD} there", remedy="--model is a folder as `celltwin train` writes it")
    return model


def _claimed(arguments: argparse.Namespace, model: Path, config: Path) -> Path:
    """A folder for this model made with this configuration by this program; another one of any gets its own."""
    base = Path(arguments.out) if arguments.out else user_data_path("celltwin") / "compression" / arguments.policy
    try:
        words = config.read_bytes()
        origin = origin_of(absolute_scene(arguments.scene))
        about = (model / CARD).read_bytes() + words + json.dumps(origin).encode()
        folder = base.absolute() / hashlib.sha256(about).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "compression.toml").write_bytes(words)
    except OSError as trouble:
        raise UserMistake(f"{trouble.filename}: {trouble.strerror}") from trouble
    return folder


def _register(manifest: PolicyManifest, variant: Variant, row: Row, config: Path) -> None:
    """Where every start of a cell finds it."""
    own = "" if manifest.compression == config else f" Made with {config.name} of one's own."
    with told_when_unkept(variants_folder() / row.variant):
        register_variant(
            variants_folder(),
            variant.model,
            name=row.variant,
            policy=manifest.name,
            label=variant.label,
            summary=f"{variant.summary}{own} {row.p50_ms:g} ms, {row.succeeded} of {row.n} seeds.",
        )


def _write(folder: Path, rows: list[Row], paces: dict[str, Pace], setup: CellSetup) -> None:
    """The figures again as a file, with what belongs to them, and the picture."""
    figures = {
        "rows": msgspec.to_builtins(rows),
        "looks": max(pace.looks for pace in paces.values()),
        **circumstances(scene=setup.scene, seed=setup.seed),
    }
    with kept_whole(folder / "compress.json") as partial:
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1))
    with kept_whole(folder / "compress.png") as partial:
        draw_table(rows, partial)
