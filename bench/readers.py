"""Texts for a reader who has seen neither code nor docs: findings, errors and pages, drawn by a seed.

`python bench/readers.py --sweeps FOLDER --out texts.md` writes 30 findings, 24 errors, the README and five pages of the
docs, each with what a person would have before it. The findings come from sweeps in FOLDER and from the demo's book.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

SEED = 17
FINDINGS, ERRORS, PAGES, MOST_OF_A_CHECK = 30, 24, 5, 6
ROOT = Path(__file__).parent.parent
SWEEPS = {
    "optuna": "minimize:value",
    "mlflow": "minimize:val_loss",
    "cv_results": "maximize:mean_test_score",
    "prefix": "minimize:loss",
    "failed": "minimize:loss",
    "lists": "minimize:loss",
    "edge": "minimize:loss",
    "absent": "minimize:loss",
    "seeds": "maximize:accuracy",
    "lr": "minimize:loss",
    "direction": "minimize:val_accuracy",
    "german": "minimize:verlust",
}
GOOD = {
    "goal": "Which learning rate is best?",
    "objective": "minimize:valid/error",
    "number": 8,
    "nuisance": 'lr = { low = 1e-4, high = 1e-1, scale = "log" }',
    "more": "",
}
HEAD = re.compile(r"\S+ (?:note|warning|problem)\s+([A-Z]+\d*)")
TRAIN = """
def train(trial):
    for step in range(1, 6):
        trial.report(step, {"valid/error": trial.config["lr"] / step})
"""
# The edits make one mistake each in a round's file; then the command that meets it.
MISTAKES: list[tuple[dict[str, object], str]] = [
    ({"nuisance": 'lr = { low = 0.0, high = 1e-1, scale = "log" }'}, "run round.toml --book b.db"),
    ({"nuisance": "lr = { low = 1e-1, high = 1e-4 }"}, "run round.toml --book b.db"),
    ({"nuisance": "lr = { choice = [0.1, 0.1] }"}, "run round.toml --book b.db"),
    ({"nuisance": "lr = [1e-4, 1e-1]"}, "run round.toml --book b.db"),
    ({"objective": "smallest:valid/error"}, "run round.toml --book b.db"),
    ({"objective": "minimize:error"}, "run round.toml --book b.db"),
    ({"number": 0}, "run round.toml --book b.db"),
    ({"number": -3}, "try round.toml"),
    ({"goal": ""}, "run round.toml --book b.db"),
    ({"more": "[scientific]\nlr = { choice = [0.1] }"}, "run round.toml --book b.db"),
    ({"more": "[scientific]\noptimizer = { choice = ['sgd'] }"}, "run round.toml --book b.db"),
    ({"more": "[conditions]\nmomentum = { optimizer = 'sgd' }"}, "run round.toml --book b.db"),
    ({"more": "[fixed]\nlr = 0.1"}, "run round.toml --book b.db"),
    ({"more": "objective = 'minimize:valid/error'"}, "run round.toml --book b.db"),
    ({"more": "[tries]\nlr = 3"}, "run round.toml --book b.db"),
    ({"more": "colour = 'red'"}, "run round.toml --book b.db"),
    ({"nuisance": "rate = { low = 1e-4, high = 1e-1 }"}, "run round.toml --book b.db"),
    ({"nuisance": "lr = { low = 1e-4, high = 1e-1"}, "run round.toml --book b.db"),
    ({}, "run round.toml --book missing/b.db"),
    ({}, "run round.toml --book b.db --workers 0"),
    ({}, "run round.toml --book b.db --train train.py:fit"),
    ({}, "run round.toml --book b.db --train nowhere.py:train"),
    ({}, "try rounds.toml"),
    ({}, "findings --book b.db"),
    ({}, "findings 9 --book demo.db"),
    ({}, "findings 2 --book demo.db --objective valid/error"),
    ({}, "findings 2 --book demo.db --objective minimize:valid/loss"),
    ({}, "findings 2 --book demo.db --objective minimize:valid/error --reduce mean"),
    ({}, "decide 9 --book demo.db"),
    ({}, "decide 1 --book demo.db"),
    ({}, "launch 4 --book demo.db"),
    ({}, "launch --book empty.db"),
    ({}, "show 4.999 --book demo.db"),
    ({}, "logs 4.1 --book demo.db"),
    ({}, "pause 4 --book demo.db"),
    ({}, "cancel 4.1 --book demo.db"),
    ({}, "priority 4.1 --book demo.db"),
    ({}, "replay 7 --book demo.db"),
    ({}, "unseal 4 --book demo.db"),
    ({}, "restore nothing.tar --book new.db"),
    ({}, "copy demo.db demo.db"),
    ({}, "export --book demo.db"),
    ({}, "protocol 9 --book demo.db"),
    ({}, "procedure batch_sizes round.toml --book b.db"),
    ({}, "optimizers adamx"),
    ({}, "init digit"),
    ({}, "audit sweep.csv"),
    ({}, "audit sweep.csv --objective loss"),
    ({}, "audit sweep.csv --objective minimize:accuracy"),
    ({}, "audit sweep.csv --objective minimize:loss --scientific optimizer"),
    ({}, "audit sweep.csv --objective minimize:loss --space round.toml"),
    ({}, "audit sweep.csv --objective minimize:loss --curves sweep.csv"),
    ({}, "audit demo.db --objective minimize:loss"),
    ({}, "audit words.csv --objective minimize:loss"),
    ({}, "audit lonely.csv --objective minimize:loss"),
    ({}, "status --book sweep.csv"),
]


def round_file(edits: dict[str, object]) -> str:
    has = {**GOOD, **edits}
    return (
        f'goal = "{has["goal"]}"\ntrials = {has["number"]}\ntrain = "train.py:train"\n'
        f"max_train_steps = 5\n{has['more']}\n[nuisance]\n{has['nuisance']}\n\n"
        f'[book]\nname = "first"\nobjective = "{has["objective"]}"\n'
    )


def said(program: str, words: list[str], folder: Path) -> tuple[int, str]:
    """Exit status and everything printed by one command, run in the folder."""
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100", "OMP_NUM_THREADS": "1"},
    )
    return done.returncode, (done.stderr + done.stdout).strip()


def workplace(folder: Path) -> None:
    """The files that the mistaken commands name."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = ROOT / "src/tunebook/cli/assets/digits.db.gz"
    (folder / "demo.db").write_bytes(gzip.decompress(stored.read_bytes()))
    (folder / "train.py").write_text(TRAIN)
    rows = [f"{0.01 * (i + 1):.3f},{i % 3},{1 / (i + 1):.4f}" for i in range(24)]
    (folder / "sweep.csv").write_text("lr,layers,loss\n" + "\n".join(rows) + "\n")
    (folder / "words.csv").write_text("lr,loss\n0.1,good\n0.2,bad\n0.3,good\n")
    (folder / "lonely.csv").write_text("lr,loss\n0.1,0.5\n")


def errors(program: str, folder: Path) -> list[tuple[str, str]]:
    """(what was done, what was printed) of each mistake that is refused."""
    told = []
    for edits, command in MISTAKES:
        (folder / "b.db").unlink(missing_ok=True)
        (folder / "round.toml").write_text(round_file(edits))
        status, text = said(program, command.split(), folder)
        if status != 0:
            file = f"round.toml:\n{round_file(edits)}\n" if edits else ""
            told.append((f"{file}$ tunebook {command}", text))
    return told


def findings(program: str, sweeps: Path, folder: Path) -> list[tuple[str, str, str]]:
    """(check, what was asked, the finding as printed) of each finding that is no pass."""
    told = []
    commands = {f"findings {n} --book demo.db": f"round {n} of a book" for n in (1, 2, 3, 4)}
    for name, objective in SWEEPS.items():
        if (sweeps / f"{name}.csv").exists():
            file = sweeps / f"{name}.csv"
            commands[f"audit {file} --objective {objective}"] = f"a sweep, {name}.csv"
    for command, about in commands.items():
        status, text = said(program, command.split(), folder)
        blocks = [b for b in re.split(r"\n\s*\n", text) if HEAD.match(b)]
        if status not in (0, 3) or not blocks:
            print(f"{about}: {status} {text[-300:]}", file=sys.stderr)
        told += [(HEAD.match(b)[1], about, b) for b in blocks]  # type: ignore[index]
    return told


def few_of_each(
    told: list[tuple[str, str, str]], rng: random.Random
) -> list[tuple[str, str, str]]:
    counts: Counter[str] = Counter()
    kept = []
    for one in rng.sample(told, len(told)):
        if one[2] in {k[2] for k in kept}:
            continue
        if counts[one[0]] < MOST_OF_A_CHECK and len(kept) < FINDINGS:
            counts[one[0]] += 1
            kept.append(one)
    return kept


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--program", default=str(Path(sys.executable).parent / "tunebook"))
    words.add_argument("--sweeps", type=Path, required=True)
    words.add_argument("--out", type=Path, required=True)
    words.add_argument("--seed", type=int, default=SEED)
    given = words.parse_args()
    rng = random.Random(given.seed)
    folder = given.out.resolve().parent / "workplace"
    workplace(folder)
    drawn = few_of_each(findings(given.program, given.sweeps, folder), rng)
    wrong = errors(given.program, folder)
    wrong = rng.sample(wrong, min(ERRORS, len(wrong)))
    pages = rng.sample(sorted(p.name for p in (ROOT / "docs").glob("*.md")), PAGES)
    parts = [f"# Texts of seed {given.seed}\n\n## Findings\n"]
    parts += [
        f"### {i}. {about} ({check})\n\n{text}\n"
        for i, (check, about, text) in enumerate(drawn, 1)
    ]
    parts += ["\n## Errors\n"]
    parts += [
        f"### {i}.\n\n```\n{done}\n```\n\n```\n{text}\n```\n"
        for i, (done, text) in enumerate(wrong, FINDINGS + 1)
    ]
    parts += [
        "\n## Pages\n\n55. README.md\n",
        *(f"{i}. docs/{page}\n" for i, page in enumerate(pages, 56)),
    ]
    given.out.write_text("\n".join(parts))
    print(f"{len(drawn)} findings, {len(wrong)} errors, pages {', '.join(pages)}: {given.out}")


if __name__ == "__main__":
    main()
