"""`celltwin evaluate`: a policy's success on seeds it has never seen, one instruction a run, in lock-step."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from runtime.mistakes import UserMistake, quoted
from runtime.plugin_host.manifest import CARD
from twin_app.assembly.examination.figures import figures_of
from twin_app.assembly.examination.ledger import Ledger
from twin_app.assembly.examination.narration import Narrator
from twin_app.assembly.examination.paper import TABLES
from twin_app.assembly.examination.tables import ablation, robustness
from twin_app.assembly.figures import show, show_rows
from twin_app.assembly.progress import stay_child_of
from twin_app.assembly.served_policies import check_servers, kept_choices, serves_one_client
from twin_app.assembly.setup import CellSetup, absolute_scene, read_plugins
from twin_app.model.seeds import parse_seeds
from twin_app.model.trained import ablation_models

PROCESSES = 2


def run(arguments: argparse.Namespace) -> int:
    """Examine and print one set of figures, or a table for a suite that is one."""
    stay_child_of(arguments.child_of)
    seeds = parse_seeds(arguments.seeds)
    setup = _setup_of(arguments)
    processes = _processes(arguments, setup)
    model = _model(arguments, setup)
    check_servers(setup)
    ledger = Ledger(Path(arguments.keep) if arguments.keep else None)
    about = {
        "policy": setup.policy,
        "fallback": setup.fallback,
        "model": str(model or ""),
        "suite": arguments.suite,
        "seeds": arguments.seeds,
        "scene": arguments.scene,
        "variations": list(setup.variations),
    }
    began_s = time.perf_counter()
    if arguments.suite in TABLES:
        rows = _table(arguments, setup, seeds, ledger, processes=processes, model=model)
        if arguments.json:
            print(json.dumps({**about, "rows": rows, "wall_s": _since(began_s)}))
        else:
            show_rows(rows, as_json=False)
        return 0
    results = ledger.examine(
        setup,
        seeds,
        suite=arguments.suite,
        processes=processes,
        progress=partial(_narrator(arguments).hear, ""),
        model=model,
    )
    figures = {**about, **figures_of(results), "wall_s": _since(began_s)}
    show(figures, as_json=arguments.json)
    return 0


def _setup_of(arguments: argparse.Namespace) -> CellSetup:
    """As the words say. Raises `UserMistake` for policies that there are not, or one that would relieve itself."""
    choices = kept_choices()
    setup = CellSetup(
        scene=absolute_scene(arguments.scene),
        policy=arguments.policy,
        fallback=arguments.fallback or "",
        mismatch=arguments.mismatch,
        variations=tuple(arguments.vary),
        servers={name: one for name, one in choices.items() if name in (arguments.policy, arguments.fallback)},
    )
    if setup.fallback == setup.policy:
        raise UserMistake(
            f"policy {quoted(setup.policy)} cannot stand in for itself", remedy="choose another --fallback"
        )
    read_plugins(replace(setup, servers=choices))  # all of the file, also what this examination does not ask
    return setup


def _processes(arguments: argparse.Namespace, setup: CellSetup) -> int:
    """How many are to work side by side. Raises `UserMistake` for more than a server has clients."""
    registry = read_plugins(setup)
    alone = [name for name in (setup.policy, setup.fallback) if name and serves_one_client(registry, name)]
    if not alone:
        return arguments.processes or PROCESSES
    if (arguments.processes or 1) > 1:
        raise UserMistake(
            f"--processes {arguments.processes}: the server of policy {alone[0]} has one client at a time",
            remedy="--processes 1",
        )
    return 1


def _model(arguments: argparse.Namespace, setup: CellSetup) -> Path | None:
    """Folder of other weights than the policy's own. Raises `UserMistake` where there are none, or none are used."""
    if not arguments.model:
        return None
    if arguments.suite == "ablation":
        raise UserMistake("--model: an ablation compares the policy with --models", remedy="choose another --suite")
    if read_plugins(setup).manifest(setup.policy).model is None:
        raise UserMistake(f"--model: policy {setup.policy} has no weights", remedy="choose another --policy")
    folder = Path(arguments.model).absolute()
    if not (folder / CARD).is_file():
        raise UserMistake(f"--model: there is no {CARD} in {folder}", remedy="name a folder that `celltwin train` made")
    return folder


def _table(
    arguments: argparse.Namespace,
    setup: CellSetup,
    seeds: range,
    ledger: Ledger,
    *,
    processes: int,
    model: Path | None,
) -> list[dict[str, Any]]:
    listen = _narrator(arguments)
    if arguments.suite == "robustness":
        return robustness(setup, seeds, model=model, processes=processes, ledger=ledger, listen=listen)
    if read_plugins(setup).manifest(setup.policy).ablations is None:
        raise UserMistake(
            f"--suite ablation: policy {setup.policy} has no parts that could be left out",
            remedy="choose a policy that is trained, e.g. flow_vla",
        )
    models = ablation_models(arguments.models or "", policy=setup.policy)
    return ablation(setup, seeds, models=models, processes=processes, ledger=ledger, listen=listen)


def _narrator(arguments: argparse.Namespace) -> Narrator:
    return Narrator(arguments.progress, silent=arguments.json and not sys.stderr.isatty())


def _since(began_s: float) -> float:
    return round(time.perf_counter() - began_s, 1)
