"""Steps to a target against batch size: two workloads, plain SGD and momentum (A3 A4 F1 to F4).

    make bench-batch-size

Each cell is one run of the procedure batch-size on a book of its own; books stay in build/, and a
run that was stopped goes on. docs/batch_size.md is written from what the procedure says.
"""

from __future__ import annotations

import argparse
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import tunebook as tb
from batch_size_by_hand import section
from batch_size_training import EXAMPLES, TARGETS, squared_norms
from noise_scale import noise_scale
from tunebook.charts.render import to_png
from tunebook.domain.finding import NotApplicable

SIZES = (2, 8, 32, 128, 512, 2048, 8192)
MOMENTA = {"SGD": 0.0, "momentum 0.9": 0.9}
RATES = (0.002, 6.0)
TRIALS, SEEDS = 14, 5
EPOCHS, LEAST_STEPS = {"teacher": 4, "text": 4}, 600
HERE = Path(__file__).parent
SHOWN = ("teacher", "SGD")
PICTURES = {
    "batch-size-budgets": "batch_size_budgets.png",
    "batch-size-choice": "batch_size_choice.png",
    "throughput": "batch_size_throughput.png",
}

HEAD = """# Batch size

`make bench-batch-size`: the procedure `batch-size` on two workloads and two optimizers, {trials} learning rates at each batch size (in a range that moves
if the best is at its edge), the fastest of each rerun with {seeds} new seeds. `teacher`: {examples:,} examples that a random network labelled,
a network of one hidden layer; `text`: the next character of Python's standard library from the eight before. Targets: held-out error of {targets}. Real
training, compiled by JAX {jax}, Python {python}, tunebook {tunebook}, 2 cores. Steps were timed for SGD, on a machine shared with other work, so their intervals
are wide. Momentum's rates are effective ones, learning rate / (1 - momentum).

| workload | optimizer | perfect scaling up to | slope up to there | perfect scaling up to, by the seeds used for tuning | no gain from | least steps | rate grows as batch size to the power |
|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cells whose name holds this")
    parser.add_argument("--books", type=Path, default=Path("build"))
    parser.add_argument("--page", type=Path, default=Path("docs/batch_size.md"))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    asked.books.mkdir(parents=True, exist_ok=True)
    rows, tables = "", ""
    for workload in TARGETS:
        for optimizer, momentum in MOMENTA.items():
            if asked.only not in f"{workload} {optimizer}":
                continue
            began = time.monotonic()
            said, through = play(workload, momentum, asked)
            rows += row(workload, optimizer, said)
            tables += table(workload, optimizer, momentum, said)
            tables += costs(said, through)
            if (workload, optimizer) == SHOWN:
                tables += draw(said, through, asked.page.parent)
            print(f"{workload} {optimizer}: {time.monotonic() - began:.0f} s", flush=True)
    tables += forecast() + section(asked.books / "by_hand_batch_size.json")
    page = HEAD.format(
        trials=TRIALS, seeds=SEEDS, examples=EXAMPLES, jax=version("jax"),
        targets=", ".join(f"{t:g} ({w})" for w, t in TARGETS.items()),
        python=platform.python_version(), tunebook=version("tunebook"),
    )  # fmt: skip
    asked.page.write_text(page + rows + tables)


def play(workload: str, momentum: float, asked: argparse.Namespace):
    """Run the procedure to its end, or go on with it."""
    book = tb.Book(
        asked.books / f"batch_size_{workload}_{momentum:g}.db",
        objective=tb.minimize("valid/error"),
        training_objective="train/loss",
    )
    with book:
        book.procedure(
            "batch-size",
            f"{HERE / 'batch_size_training.py'}:train",
            batch_sizes=SIZES,
            target=TARGETS[workload],
            learning_rates=tuple(r * (1 - momentum) for r in RATES),
            trials=TRIALS,
            seeds=SEEDS,
            least_steps=LEAST_STEPS,
            max_train_steps=EPOCHS[workload] * EXAMPLES // SIZES[0],
            fixed={
                "workload": workload,
                "momentum": momentum,
                "target": TARGETS[workload],
                "batch_size": SIZES[0],
                "learning_rate": RATES[0],
            },
            workers=asked.workers,
        )
        if momentum == 0:
            time_steps(book, workload, momentum)
        through = next((p for p in book.procedures if p.name == "throughput"), None)
        return book.procedure("batch-size", run=False), through


def time_steps(book, workload: str, momentum: float) -> None:
    """How long a step takes at each batch size, one training at a time."""
    book.procedure(
        "throughput",
        f"{HERE / 'batch_size_training.py'}:timed",
        smallest=SIZES[0],
        largest=2 * SIZES[-1],
        trial_s=2.0,
        max_train_steps=200_000,
        fixed={
            "workload": workload,
            "momentum": momentum,
            "target": TARGETS[workload],
            "batch_size": SIZES[0],
            "learning_rate": RATES[0],
        },
        workers=1,
    )


def costs(said, through) -> str:
    """What a step takes, and the choice of batch size; nothing where no step was timed."""
    if through is None:
        return ""
    text = "\n" + "\n\n".join(f"{f.check}: {f.sentence}" for f in through.findings) + "\n"
    found = {k: v for f in (*said.findings, *through.findings) for k, v in f.numbers.items()}
    chosen = any(f.check == "A4" and f.numbers for f in said.findings)
    if not chosen:
        return text
    text += "\n| batch size | seconds a step | seconds to the target | examples to the target |\n"
    text += "|---|---|---|---|\n"
    for size in SIZES:
        if f"seconds to the target at {size}" not in found:
            continue
        shown = [
            f"{found[f'{name} at {size}']}"
            for name in ("seconds a step", "seconds to the target", "examples to the target")
        ]
        text += f"| {size} | {' | '.join(shown)} |\n"
    return text


def draw(said, through, folder: Path) -> str:
    """The pictures of the page, which are written beside it."""
    text = ""
    for picture in (*said.pictures, *through.pictures):
        if picture.name in PICTURES:
            (folder / PICTURES[picture.name]).write_bytes(to_png(picture))
            text += f"\n![{picture.title}]({PICTURES[picture.name]})\n"
    return text


def forecast() -> str:
    """The gradient noise scale of each workload, beside which the bends are to be read."""
    text = "\n## The gradient noise scale\n\n"
    text += (
        "McCandlish et al. 2018 predict from gradients alone where the curve bends. Measured halfway to the target, from 200 gradients "
        "over 16 and over 4,096 examples:\n\n| workload | noise scale |\n|---|---|\n"
    )
    for workload in TARGETS:
        small, large = squared_norms(workload, 0.2, (16, 4096), 200)
        found = noise_scale(
            small, large, small_batch=16, large_batch=4096, rng=np.random.default_rng(0)
        )
        shown = f"not known: {found.reason}" if isinstance(found, NotApplicable) else str(found)
        text += f"| {workload} | {shown} |\n"
    return text


def row(workload: str, optimizer: str, said) -> str:
    numbers = {
        k: v for f in said.findings if f.check in ("F1", "F2") for k, v in f.numbers.items()
    }
    shown = [
        str(numbers.get(name, "-"))
        for name in (
            "perfect scaling up to", "slope in perfect scaling",
            "perfect scaling up to, on the seeds that tuned", "no fewer steps from", "least steps",
            "power",
        )
    ]  # fmt: skip
    return f"| {workload} | {optimizer} | {' | '.join(shown)} |\n"


def table(workload: str, optimizer: str, momentum: float, said) -> str:
    text = f"\n## {workload}, {optimizer}\n\n"
    text += "\n\n".join(f"{f.check}: {f.sentence}" for f in said.findings) + "\n"
    steps = next((p for p in said.pictures if p.name == "batch-size-steps"), None)
    rates = next((p for p in said.pictures if p.name == "batch-size-rates"), None)
    if steps is None or rates is None:
        return text
    seen: dict[int, list[float]] = {}
    points, tuned = steps.layer("points"), rates.layer("points")
    for size, count in zip(points.column("batch"), points.column("steps"), strict=True):
        seen.setdefault(size, []).append(count)
    best = dict(zip(tuned.column("batch"), tuned.column("rate"), strict=True))
    text += (
        "\n| batch size | steps of each new seed | best effective learning rate |\n|---|---|---|\n"
    )
    for size, counts in seen.items():
        listed = ", ".join(f"{int(c):,}" for c in sorted(counts))
        text += f"| {size} | {listed} | {best[size] / (1 - momentum):.3g} |\n"
    return text


if __name__ == "__main__":
    main()
