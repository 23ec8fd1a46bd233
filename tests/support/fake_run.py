"""Stands in for `celltwin train` and `celltwin evaluate`: writes what they write, at once or until it is ended.

`python fake_run.py evaluate --policy NAME … --keep FILE`, `python fake_run.py train NAME … --out FOLDER`. Policies:
`programmed` ends at once, `programmed_careful` goes on until it is told to end, `flow_vla` fails. A suite that is a
table has ten runs a row.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from runtime.link.parentage import end_with_parent
from twin_app.assembly.ending import Ended, ends_in_order
from twin_app.model.variations import STRENGTHS, VARIATIONS

TABLES = {
    "robustness": (
        "variation",
        ("none", *(f"{name}:{strength}" for name in VARIATIONS for strength in STRENGTHS)),
    ),
    "ablation": ("policy", ("whole", "no_corrections", "no_grounding_loss", "no_wrist_camera", "regression")),
}


def main() -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    evaluate, train = commands.add_parser("evaluate"), commands.add_parser("train")
    for name in ("--policy", "--suite", "--seeds", "--keep", "--fallback", "--models"):
        evaluate.add_argument(name)
    evaluate.add_argument("--vary", action="append", default=[])
    evaluate.add_argument("--json", action="store_true")
    train.add_argument("policy")
    train.add_argument("--out")
    train.add_argument("--config")
    for one in (evaluate, train):
        one.add_argument("--processes")
        one.add_argument("--progress")
        one.add_argument("--child-of", type=int)
    arguments = parser.parse_args()
    end_with_parent(parent_pid=arguments.child_of)
    try:
        with ends_in_order():
            return evaluated(arguments) if arguments.command == "evaluate" else trained(arguments)
    except Ended as ended:
        sys.stderr.write(f"celltwin: ended by {ended}\n")
        return 143


def evaluated(arguments: argparse.Namespace) -> int:
    if arguments.policy == "flow_vla":
        sys.stderr.write("celltwin: its weights have another hash\n  → train it again\n")
        return 2
    if arguments.suite in TABLES:
        return tabled(arguments, *TABLES[arguments.suite])
    kept = Path(arguments.keep)
    done = len(kept.read_text().splitlines()) if kept.exists() else 0
    tell(stage="evaluation", done=done, total=10, left_s=None)
    while done < 10:
        verdict = "missed_grasp" if done == 3 else "succeeded"
        with kept.open("a") as stream:
            stream.write(f"{verdict}\n")
        tell(seed=500000 + done, verdict=verdict, right=verdict == "succeeded", instruction="x")
        done += 1
        tell(stage="evaluation", done=done, total=10, left_s=2.0 * (10 - done))
        if done == 4 and arguments.policy == "programmed_careful":
            time.sleep(60.0)
    figures = {"policy": arguments.policy, "suite": "nominal", "n": 10, "succeeded": 9, "interval95": [0.6, 0.98]}
    sys.stdout.write(json.dumps({**figures, "ece": 0.031, "declined_rightly": 0.0, "declined_wrongly": 0.0}) + "\n")
    return 0


def tabled(arguments: argparse.Namespace, title: str, names: tuple[str, ...]) -> int:
    kept = Path(arguments.keep)
    done = len(kept.read_text().splitlines()) if kept.exists() else 0
    rows: list[dict[str, object]] = []
    for number, name in enumerate(names, start=1):
        tell(row=name, number=number, of=len(names))
        wrong = number % 4
        while done < 10 * number:
            verdict = "timeout" if done % 10 < wrong else "succeeded"
            with kept.open("a") as stream:
                stream.write(f"{verdict}\n")
            tell(row=name, seed=500000 + done % 10, verdict=verdict, right=verdict == "succeeded")
            done += 1
            tell(stage="runs", done=done, total=10 * len(names), left_s=2.0 * (10 * len(names) - done))
            if done == 24 and arguments.policy == "programmed_careful":
                time.sleep(60.0)
        low, high = 0.85 - 0.1 * wrong, 0.99 - 0.05 * wrong
        ends = {"n": 10, "succeeded": 10 - wrong, "timeout": wrong, "wrong_part": 0, "missed_grasp": 0, "declined": 0}
        rows.append({title: name, **ends, "interval95": [low, high], "ece": 0.02, "auroc": None, "auroc_early": None})
        tell(row=name, figures=rows[-1])
    about = {
        "policy": arguments.policy,
        "suite": arguments.suite,
        "variations": arguments.vary,
        "models": arguments.models or "",
    }
    sys.stdout.write(json.dumps({**about, "fallback": arguments.fallback or "", "rows": rows, "wall_s": 1.0}) + "\n")
    return 0


def trained(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "curves.jsonl").open("a") as stream:
        for step in range(1, 101, 10):
            line = {"stage": "acting", "step": step, "time": 1.0, "flow": 1.0 / step, "finished": 0.1 / step}
            stream.write(json.dumps(line) + "\n")
    tell(stage="acting", done=91, total=100, left_s=5.0)
    sys.stdout.write("model: /made/up/7-validation\n")
    return 0


def tell(**facts: object) -> None:
    sys.stderr.write(json.dumps(facts) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
