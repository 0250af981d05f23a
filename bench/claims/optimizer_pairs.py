"""Published optimizers decided from the nine seeds that did not choose their learning rates.

python bench/claims/optimizer_pairs.py SHARED_DATA
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path

import numpy as np
from decisions import LEVEL, design, plan_of, through
from scipy import stats

from tunebook.deciding.comparison import Judgement, conclude
from tunebook.deciding.fragile_seeds import fragile
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.domain.design import Direction, Objective
from tunebook.domain.table import TrialTable

CHOSE = 42
"""The seed of the whole grid of learning rates."""
PROBLEMS = {
    "quadratic_deep": Objective("test_loss"),
    "mnist_vae": Objective("test_loss"),
    "fmnist_2c2d": Objective("test_accuracy", Direction.MAXIMIZE),
    "cifar10_3c3d": Objective("test_accuracy", Direction.MAXIMIZE),
}


class Arrived:
    """Reruns that were published, in the order of their seeds."""

    candidates = 1

    def __init__(self, own: np.ndarray, base: np.ndarray) -> None:
        self.values = (own, base)

    def upto(self, side: int, n: int) -> SideEvidence:
        name = "baseline" if side else "0"
        return SideEvidence(name=name, values=tuple(self.values[side][:n]))


def reruns(folder: Path, problem: str) -> tuple[Mapping[str, np.ndarray], str]:
    """Fresh seeds of each optimizer at its chosen learning rate, and the best of the grid."""
    asked = PROBLEMS[problem]
    way = "maximize" if asked.sign < 0 else "minimize"
    table = TrialTable.from_csv(
        folder / f"deepobs/{problem}-trials.csv.gz",
        folder / f"deepobs/{problem}-curves.csv.gz",
        objective=f"{way}:{asked.metric}",
        hyperparameters=("optimizer", "lr"),
        reduce="last",
    )
    found, grid = {}, {}
    for name in ("sgd", "momentum", "adam"):
        own = [i for i, c in enumerate(table.config) if c["optimizer"] == name]
        fresh = sorted((i for i in own if table.seed[i] != CHOSE), key=lambda i: table.seed[i])
        found[name] = table.value[fresh]
        grid[name] = np.nanmin([table.losses[i] for i in own if table.seed[i] == CHOSE])
    return found, min(grid, key=lambda n: grid[n])


def decided(own: np.ndarray, base: np.ndarray, asked: Objective) -> tuple[Judgement, int]:
    """The verdict on a change to `own`, seeds arriving one by one, and seeds a side it took."""
    question = Question(objective=asked)
    plan = plan_of(design(len(own), LEVEL), 1, LEVEL)
    readings = through(plan, Arrived(own, base), question)
    return conclude(list(readings.values()), question), readings["0"].side.reruns


def rows(folder: Path) -> Iterator[str]:
    for problem, asked in PROBLEMS.items():
        found, best = reruns(folder, problem)
        for a, b in permutations(found, 2):
            judged, took = decided(found[a], found[b], asked)
            gain = judged.gain["0"]
            p = stats.ttest_ind(
                asked.sign * found[b],
                asked.sign * found[a],
                equal_var=False,
                alternative="greater",
            ).pvalue
            notes = [
                f"{n} fragile: {f.bad} of {f.seeds} bad ({f.share.low:.0%} to {f.share.high:.0%})"
                for n in (a, b)
                if (f := fragile(found[n], asked)) is not None
            ]
            low = "" if np.isinf(gain.low) else f"{gain.low:.3g}"
            yield (
                f"| {problem} | {b} to {a} | {judged.verdict} | {took} | {gain.estimate:.3g} [{low}, {gain.high:.3g}] "
                f"| {p:.2g} | {'yes' if best == a else 'no'} | {'; '.join(notes)} |"
            )


def page(folder: Path) -> str:
    """The verdicts as a page."""
    return (
        "\n".join(
            [
                "# D1, D3 on published runs: three optimizers, nine new seeds",
                "",
                "`python bench/claims/optimizer_pairs.py SHARED_DATA` makes this page from the baselines of DeepOBS (Schneider, Balles",
                "and Hennig 2019, MIT licence). A grid of 36 learning rates was run with one seed; nine more seeds followed at the rate that",
                "was judged best. Here those nine arrive one by one, and a plan of nine a side at 5 % says whether to change from one optimizer",
                "to the other: last value, no least improvement. Beside it: Welch's one-sided p over all nine, and whether the best of the",
                "grid, with its lucky seed, would have said so.",
                "",
                "| problem | change | verdict | seeds a side | gain | p, all nine | best of the grid | seeds |",
                "|---|---|---|---|---|---|---|---|",
                *rows(folder),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    text = page(parser.parse_args().folder)
    (Path(__file__).parents[2] / "docs/claims/optimizer_pairs.md").write_text(text, "utf-8")
    print(text)
