"""Measured error rates of checks that read the independent part of an adaptive search.

python bench/claims/marked_trials.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from adaptivity import Rng, tpe
from rate_page import VERSIONS, cell
from surfaces import table_of

from tunebook.checks import run_check
from tunebook.checks.importance.result import Verdict
from tunebook.domain.design import Role
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.origin import RANDOM
from tunebook.domain.space import Branch, Choice, Float
from tunebook.domain.table import TrialTable
from tunebook.examination.independent_part import reading_of

ALARM = (Severity.WARNING, Severity.PROBLEM)
Loss = Callable[[np.ndarray], np.ndarray]


def search(rng: Rng, loss: Loss, d: int, random: int, steered: int) -> TrialTable:
    """A search that begins at random until `random` trials completed, and goes on with TPE.

    How many trials the start takes depends on which fail, as with Optuna.
    """
    units, losses = np.empty((0, d)), np.empty(0)
    while np.isfinite(losses).sum() < random:
        new = rng.uniform(size=(1, d))
        units, losses = np.vstack([units, new]), np.append(losses, loss(new))
    start = len(units)
    for _ in range(steered):
        seen = np.where(np.isfinite(losses), losses, np.nanmax(losses))
        new = np.clip(tpe(rng, units, seen), 0, 1)[None]
        units, losses = np.vstack([units, new]), np.append(losses, loss(new))
    marks = (RANDOM,) * start + ("TPE",) * steered
    return replace(table_of(units, losses), adaptive=bool(steered), chosen=marks)


def bowl(rng: Rng, best: float, noise: float, fails_above: float = 2.0) -> Loss:
    """Best at one place of every axis; fails where the first axis is beyond a value."""

    def loss(u: np.ndarray) -> np.ndarray:
        value = ((u - best) ** 2).sum(axis=1) + noise * rng.normal(size=len(u))
        return np.where(u[:, 0] > fails_above, np.nan, value)

    return loss


def flat(rng: Rng, _best: float, noise: float) -> Loss:
    return lambda u: noise * rng.normal(size=len(u))


def scientific(table: TrialTable) -> TrialTable:
    """The first axis as a choice of two scientific values."""
    config = tuple({**c, "x0": "a" if float(c["x0"]) < 0.5 else "b"} for c in table.config)
    axes = {"x0": Choice(("a", "b")), **{n: Float(0.0, 1.0) for n in list(table.roles)[1:]}}
    return replace(
        table,
        config=config,
        branches={"": Branch(axes=axes)},
        roles={**table.roles, "x0": Role.SCIENTIFIC},
    )


def _alarm(result: object) -> bool:
    return any(f.severity in ALARM for f in result.findings)


def _by_place(result: object) -> bool:
    return any(s.place is not None for s in result.studies)


def _matters(result: object) -> bool:
    return any(h.verdict is Verdict.MATTERS for s in result.studies for h in s.hyperparameters)


def _differs(result: object) -> bool:
    return any(p.significant for h in result.hyperparameters for p in h.pairs)


def _edge(r: Rng) -> Loss:
    return bowl(r, 0.15, 0.05)


CASES: dict[str, tuple[str, Callable[[Rng], Loss], int, Callable[[object], bool], bool]] = {
    "C1: best at 0.15 of 2 axes, alarm": ("C1", _edge, 2, _alarm, False),
    "C1: fails above 0.6, best at 0.5, alarm": ("C1", lambda r: bowl(r, 0.5, 0.05, 0.6), 2, _alarm, False),
    "C3: nothing fails by place, alarm": ("C3", lambda r: lost(r), 3, _by_place, False),
    "C9: two values that do not differ": ("C9", lambda r: halves(r), 3, _differs, True),
    "C10: nothing matters, 4 axes": ("C10", lambda r: flat(r, 0.5, 1.0), 4, _matters, False),
}  # fmt: skip


def lost(rng: Rng) -> Loss:
    """A fifth of the trials fails anywhere."""
    own = bowl(rng, 0.5, 0.05)
    return lambda u: np.where(rng.random(len(u)) < 0.2, np.nan, own(u))


def halves(rng: Rng) -> Loss:
    """The first axis, later a choice of two values, has no effect."""
    return lambda u: ((u[:, 1:] - 0.5) ** 2).sum(axis=1) + 0.05 * rng.normal(size=len(u))


WAYS = {
    "random alone": (0, "part"),
    "part of a marked search": (96, "part"),
    "all its trials, as if independent": (96, "whole"),
}


def count(name: str, random: int, way: str, repeats: int, seed: int) -> tuple[int, int]:
    """Alarms, and searches on which the check speaks."""
    check, loss, d, found, choice = CASES[name]
    steered, reads = WAYS[way]
    alarms = spoken = 0
    for i in range(repeats):
        rng = np.random.default_rng([seed, i])
        table = search(rng, loss(rng), d, random, steered)
        table = scientific(table) if choice else table
        read = (
            reading_of(check, table).table if reads == "part" else replace(table, adaptive=False)
        )
        result = run_check(check, read, seed=i)
        if not isinstance(result, NotApplicable):
            spoken += 1
            alarms += found(result)
    return alarms, spoken


def row(name: str, repeats: int) -> str:
    """One case: three ways to read a search, at three sizes of its random start."""
    cells = []
    for n in (16, 32, 64):
        for way in WAYS:
            alarms, spoken = count(name, n, way, repeats, n)
            cells.append(cell(alarms, spoken) if spoken else "silent")
    return f"| {name} | " + " | ".join(cells) + " |"


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C11: measured error rates of checks on the independent part of a search",
        "",
        f"`python bench/claims/marked_trials.py --repeats {repeats}` makes this page {VERSIONS}.",
        "Each search begins at random, until so many trials completed, and goes on with 96 trials of a tree of Parzen",
        f"estimators. {repeats} searches a cell; share of those on which the check speaks, 95 % interval in brackets.",
        "",
        "**Estimator.** A check that needs independent trials reads those that the source marks as random, quasi-random or a",
        "grid, and no others. **Assumption.** A mark is set before the trial's own result, and the trials that bear it were",
        "drawn without regard to results; how many these are may depend on how many fail. **Claim.** The rates of each",
        "check hold on the part as on a search of its size: at most 5 %, for C9 at most 5 % of comparisons.",
        "",
        "| nothing to find | " + " | ".join(f"{way}, {n} random" for n in (16, 32, 64) for way in WAYS) + " |",
        "|---|" + "---|" * (3 * len(WAYS)),
    ]  # fmt: skip
    for name in CASES:
        lines.append(row(name, repeats))
        print(lines[-1], file=sys.stderr, flush=True)
    lines += [
        "",
        "Checks that need independent trials (C2, C9) read a part of 16 or more; C1, C3 and C10, which otherwise read all",
        "trials and say that their error rate does not hold, one of 32 or more: their cells at 16 are of all trials.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/marked_trials.md").write_text(text, "utf-8")
    print(text)
