"""Reports to read: the demo's rounds, published sweeps, sweeps as people have them, random tables."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
from whole_studies import FAMILIES, study

import tunebook as tb
from consistency.rules import Report
from tunebook.domain.design import Objective, Role
from tunebook.domain.space import Branch, Choice, Float, Scale
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.examination.examine import examine

PUBLISHED = {
    "algoperf/ogbg": ("maximize:validation/mean_average_precision", ["submission"]),
    "algoperf/wmt": ("maximize:validation/bleu", ["submission"]),
    "deepobs/cifar10_3c3d": ("maximize:test_accuracy", ["optimizer"]),
    "deepobs/fmnist_2c2d": ("maximize:test_accuracy", []),
    "deepobs/mnist_vae": ("minimize:test_loss", ["optimizer"]),
    "deepobs/quadratic_deep": ("minimize:test_loss", ["optimizer"]),
    "nanogpt/track3": ("minimize:val_loss", ["record"]),
    "opda/convnext": ("maximize:top_1", []),
    "opda/deberta-base": ("maximize:matched", []),
    "taskset/imdb-patch128-lstm128-avg-bs64": ("minimize:valid_loss", []),
    "taskset/imdb-patch32-gru64-avg-bs128": ("minimize:valid_loss", []),
}
QUICK_PUBLISHED = ("deepobs/cifar10_3c3d", "deepobs/mnist_vae", "nanogpt/track3")

SWEEPS = {
    "absent": "minimize:loss", "arm": "minimize:loss", "blank": "minimize:loss",
    "cv_results": "maximize:mean_test_score", "direction": "minimize:val_accuracy",
    "edge": "minimize:loss", "failed": "minimize:loss", "german": "minimize:verlust",
    "index": "minimize:loss", "keras": "maximize:val_accuracy", "lists": "minimize:loss",
    "lossname": "minimize:value", "lr": "minimize:loss", "mlflow": "minimize:val_loss",
    "number": "minimize:value", "optuna": "minimize:value", "percent": "maximize:val_acc",
    "prefix": "minimize:loss", "seed": "minimize:loss", "seeds": "maximize:accuracy",
    "todo": "minimize:loss", "enum": "minimize:loss",
}  # fmt: skip


def demo_book(folder: Path) -> tb.Book:
    """The packaged book of the demo, unpacked into a folder."""
    packed = files("tunebook.cli") / "assets" / "digits.db.gz"
    book = folder / "digits.db"
    with packed.open("rb") as compressed, gzip.open(compressed) as rows, book.open("wb") as out:
        shutil.copyfileobj(rows, out)
    return tb.Book(str(book))


def round_report(of: object) -> Report:
    """A round of a book with what its checks say."""
    own, carried = of._tables_of(None)
    return Report(table=own, examination=of.examination(), carried=carried)


def published_report(folder: Path, name: str) -> Report:
    objective, scientific = PUBLISHED[name]
    table = TrialTable.from_csv(
        folder / f"{name}-trials.csv.gz",
        folder / f"{name}-curves.csv.gz",
        objective=objective,
        scientific=scientific,
    )
    return report_of(table)


def report_of(table: TrialTable) -> Report:
    return Report(table=table, examination=examine(table))


def families(seed: int, trials: int) -> Iterator[tuple[str, TrialTable]]:
    """A round of each family of simulated studies."""
    for name, rng in zip(FAMILIES, np.random.default_rng(seed).spawn(len(FAMILIES)), strict=True):
        yield name, study(rng, trials, FAMILIES[name])


METRICS = ("minimize:valid/error", "maximize:valid/accuracy", "minimize:loss", "maximize:reward")
SIZES = (1, 2, 3, 5, 8, 12, 16, 22, 30, 48)


def odd_table(rng: np.random.Generator) -> TrialTable:
    """A small round of any shape: few trials, choices alone, ties, failures, short curves."""
    n = int(rng.choice(SIZES))
    objective = METRICS[int(rng.integers(len(METRICS)))]
    axes = _axes(rng)
    units = rng.random((n, max(len(axes), 1)))
    if rng.random() < 0.15:
        units = np.round(units * 3) / 3
    config = [
        {
            name: axis.from_unit(float(u))
            for (name, axis), u in zip(axes.items(), row, strict=False)
        }
        for row in units
    ]
    level = _levels(rng, units, objective)
    failed = rng.random(n) < rng.choice([0.0, 0.0, 0.2, 0.6])
    failed |= (units[:, 0] > 0.7) & (rng.random() < 0.2)
    steps, curves = int(rng.choice([1, 5, 20, 200])), {}
    metric = objective.partition(":")[2]
    if rng.random() < 0.8:
        curves = _curves(rng, level, failed, steps, metric, objective)
        level = _reduced(curves[metric], level, objective)
    value = np.where(failed, np.nan, level)
    return TrialTable(
        objective=_objective(objective),
        name=tuple(f"1.{i}" for i in range(n)),
        study=("",) * n,
        config=tuple(config),
        seed=tuple(int(s) for s in rng.integers(0, rng.choice([2, 10**6]), n)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=rng.uniform(1, 2, n),
        value=value,
        curves=curves,
        branches={"": Branch(conditions={}, axes=axes)},
        roles=dict.fromkeys(axes, Role.NUISANCE),
        max_train_steps=steps,
        training_objective="train/loss" if "train/loss" in curves else "",
    )


def _objective(text: str) -> Objective:
    way, _, metric = text.partition(":")
    return (tb.minimize if way == "minimize" else tb.maximize)(metric)


def _axes(rng: np.random.Generator) -> dict[str, Float | Choice]:
    axes: dict[str, Float | Choice] = {}
    for i in range(int(rng.integers(0, 5))):
        kind = rng.integers(3)
        if kind == 0:
            axes[f"activation_{i}"] = Choice(("relu", "gelu", "tanh")[: int(rng.integers(2, 4))])
        elif kind == 1:
            axes[f"rate_{i}"] = Float(low=1e-4, high=1.0, scale=Scale.LOG)
        else:
            axes[f"dropout_{i}"] = Float(low=0.0, high=0.5)
    return axes


def _levels(rng: np.random.Generator, units: np.ndarray, objective: str) -> np.ndarray:
    strength = rng.choice([0.0, 1.0], units.shape[1])
    optimum = rng.uniform(-0.3, 1.3, units.shape[1])
    bowl = ((units - optimum) ** 2 * strength).sum(axis=1)
    bowl = bowl + rng.choice([0.0, 0.02, 0.3]) * rng.normal(size=len(units))
    if rng.random() < 0.15:
        bowl = np.round(bowl, 1)
    loss = np.clip(0.05 + 0.2 * np.abs(bowl), 0, 1)
    return 1 - loss if objective.startswith("maximize") else loss


def _curves(
    rng: np.random.Generator, level: np.ndarray, failed: np.ndarray, steps: int, metric: str,
    objective: str,
) -> dict[str, Curves]:  # fmt: skip
    count = int(rng.choice([1, 3, 10, 20, 40]))
    shape = rng.choice(["level", "falling", "rising again", "still falling"])
    at = np.unique(np.linspace(0, steps - 1, min(count, steps)).astype(int))
    t = (at + 1) / steps
    fall = {
        "level": np.zeros(len(t)), "falling": np.exp(-12 * t),
        "rising again": (t - 0.3) ** 2, "still falling": 1 - t,
    }[str(shape)]  # fmt: skip
    sign = -1 if objective.startswith("maximize") else 1
    noise = rng.choice([0.0, 0.001, 0.02])
    rows, train = [], []
    for own, broken in zip(level, failed, strict=True):
        points = max(1, len(at) // 2) if broken else len(at)
        raw = own + sign * 0.3 * fall + noise * rng.normal(size=len(at))
        rows.append((at[:points], np.clip(raw, 0, 1)[:points]))
        train.append((at[:points], (np.exp(-4 * t) + 0.01)[:points]))
    curves = {metric: Curves.pack(rows)}
    if rng.random() < 0.5:
        curves["train/loss"] = Curves.pack(train)
    return curves


def _reduced(curves: Curves, level: np.ndarray, objective: str) -> np.ndarray:
    best = np.max if objective.startswith("maximize") else np.min
    return np.array([float(best(curves.of(i)[1])) for i in range(len(level))])
