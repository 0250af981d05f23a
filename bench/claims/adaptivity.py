"""Measured error rates of C11: searches that are not adaptive, and some that are.

python bench/claims/adaptivity.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy
from surfaces import table_of

from tunebook.checks.order import check as adaptivity
from tunebook.domain.finding import NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.search.quasirandom import halton_units
from tunebook.statistics.estimators import proportion

Rng = np.random.Generator
Points = np.ndarray
Loss = Callable[[Points], Points]
SIZES = (16, 32, 64, 128, 512)


def response(r: Rng, d: int, kind: str, noise: float) -> Loss:
    """A bowl with its best somewhere inside, and noise of its own for each trial."""
    best, weight = r.uniform(0.15, 0.85, d), r.uniform(0.2, 2.0, d)
    if kind == "half matter":
        weight[d // 2 :] = 0
    if kind == "nothing matters":
        weight[:] = 0

    def loss(u: Points) -> Points:
        mean = (weight * (u - best) ** 2).sum(axis=1)
        if kind == "heavy tails":
            return mean + noise * r.standard_t(1.5, len(u))
        lost = (u[:, 0] > 0.7) if kind == "fails" else np.zeros(len(u), bool)
        return np.where(lost, np.nan, mean + noise * r.normal(size=len(u)))

    return loss


def table(units: Points, losses: Points) -> TrialTable:
    """Trials in the order in which they ran."""
    return replace(
        table_of(units, np.where(np.isfinite(losses), losses, np.nan)), inferred_space=True
    )


def planned(points: Callable[[Rng, int, int], Points], kind: str, d: int, noise: float = 0.05):
    """A search whose points were settled before any result."""

    def make(r: Rng, n: int) -> TrialTable:
        units = points(r, n, d)
        return table(units, response(r, d, kind, noise)(units))

    return make


def grid(r: Rng, n: int, d: int, *, shuffled: bool) -> Points:
    levels = max(2, round(n ** (1 / d)))
    axes = np.meshgrid(*[np.linspace(0, 1, levels)] * d, indexing="ij")
    units = np.stack([a.ravel() for a in axes], axis=1)
    return units[r.permutation(len(units))] if shuffled else units


def random(r: Rng, n: int, d: int) -> Points:
    return r.uniform(size=(n, d))


def halton(r: Rng, n: int, d: int) -> Points:
    return halton_units(d, int(r.integers(2**62)), range(n))


def sobol(r: Rng, n: int, d: int) -> Points:
    return scipy.stats.qmc.Sobol(d, rng=r).random(n)


def repeated(r: Rng, n: int, d: int) -> Points:
    return np.repeat(random(r, n // 4, d), 4, axis=0)


def sequential(propose: Callable[[Rng, Points, Points], Points], d: int, noise: float = 0.05):
    """A search in which each point may look at all results before it."""

    def make(r: Rng, n: int) -> TrialTable:
        loss = response(r, d, "bowl", noise)
        units = random(r, max(8, n // 4), d)
        losses = loss(units)
        while len(units) < n:
            new = np.clip(propose(r, units, losses), 0, 1)[None]
            units, losses = np.vstack([units, new]), np.append(losses, loss(new))
        return table(units, losses)

    return make


def around_best(r: Rng, units: Points, losses: Points) -> Points:
    """Four in five near the best so far, the others anywhere."""
    d = units.shape[1]
    if r.uniform() < 0.2:
        return r.uniform(size=d)
    return units[np.nanargmin(losses)] + 0.1 * r.normal(size=d)


def tpe(r: Rng, units: Points, losses: Points) -> Points:
    """Axis by axis, the best of 24 draws from the good quarter's density over the others'."""
    order = np.argsort(losses)
    k = max(2, min(25, len(units) // 4))
    good, bad = units[order[:k]], units[order[k:]]
    drawn = np.empty(units.shape[1])
    for j in range(units.shape[1]):
        width = max(0.08, 1.0 / k)
        draws = r.choice(good[:, j], 24) + width * r.normal(size=24)
        draws = np.where((draws < 0) | (draws > 1), r.uniform(size=24), draws)

        def density(x: Points, at: Points, width: float = width) -> Points:
            near = np.exp(-0.5 * ((x[:, None] - at) / width) ** 2) / width
            return near.mean(axis=1) + 0.4

        drawn[j] = draws[np.argmax(density(draws, good[:, j]) / density(draws, bad[:, j]))]
    return drawn


def narrowing(d: int, noise: float = 0.05):
    """Three random searches, each in half of the last one's range around its best."""

    def make(r: Rng, n: int) -> TrialTable:
        loss = response(r, d, "bowl", noise)
        low, high = np.zeros(d), np.ones(d)
        units, losses = np.empty((0, d)), np.empty(0)
        for part in np.array_split(np.arange(n), 3):
            new = low + (high - low) * r.uniform(size=(len(part), d))
            units, losses = np.vstack([units, new]), np.append(losses, loss(new))
            best, width = units[np.argmin(losses)], (high - low) / 4
            low, high = np.clip(best - width, 0, 1), np.clip(best + width, 0, 1)
        return table(units, losses)

    return make


NOTHING = {
    "random, 2 axes": planned(random, "bowl", 2),
    "random, 8 axes, half of them matter": planned(random, "half matter", 8),
    "random, nothing matters": planned(random, "nothing matters", 4),
    "random, heavy tails": planned(random, "heavy tails", 4),
    "random, fails above 0.7": planned(random, "fails", 3),
    "random, each four times": planned(repeated, "bowl", 3),
    "Halton, 2 axes": planned(halton, "bowl", 2),
    "Halton, 8 axes": planned(halton, "half matter", 8),
    "Sobol, 4 axes": planned(sobol, "bowl", 4),
    "grid in random order, 2 axes": planned(lambda r, n, d: grid(r, n, d, shuffled=True), "bowl", 2),
    "grid as listed, 2 axes": planned(lambda r, n, d: grid(r, n, d, shuffled=False), "bowl", 2),
}  # fmt: skip
ADAPTIVE = {
    "near the best so far, 2 axes": sequential(around_best, 2),
    "near the best so far, 6 axes": sequential(around_best, 6),
    "near the best so far, 2 axes, noise 0.2": sequential(around_best, 2, 0.2),
    "tree of Parzen estimators, 2 axes": sequential(tpe, 2),
    "tree of Parzen estimators, 6 axes": sequential(tpe, 6),
    "narrowed twice, 2 axes": narrowing(2),
    "narrowed twice, 6 axes": narrowing(6),
}


def count(
    make: Callable[[Rng, int], TrialTable], n: int, repeats: int, seed: int
) -> tuple[int, int]:
    """Tables that look adaptive, and tables that the check does not judge."""
    rng = np.random.default_rng(seed)
    alarms = silent = 0
    for i in range(repeats):
        result = adaptivity.check(make(rng, n), seed=i)
        if isinstance(result, NotApplicable):
            silent += 1
        else:
            alarms += result.adaptive
    return alarms, silent


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C11: measured error rates of the test of adaptivity",
        "",
        f"`python bench/claims/adaptivity.py --repeats {repeats}` makes this page (NumPy {np.__version__}, SciPy",
        f"{scipy.__version__}): {repeats} searches a cell, share that \"look chosen by earlier results\", 95 % interval in",
        "brackets, and the share that is not judged where there is any. The claim is at most 5 % of searches whose points",
        "were settled before any result. A grid as listed is not judged: its order is not that of running.",
        "",
    ]  # fmt: skip
    for title, families, seed in (("not adaptive", NOTHING, 1), ("adaptive", ADAPTIVE, 2)):
        lines.append(f"| {title} | " + " | ".join(f"{n} trials" for n in SIZES) + " |")
        lines.append("|---|" + "---|" * len(SIZES))
        for name, make in families.items():
            cells = []
            for n in SIZES:
                some = repeats if seed == 1 else max(repeats // (4 if n <= 128 else 20), 20)
                alarms, silent = count(make, n, some, seed)
                share = proportion(alarms, some)
                text = f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"
                cells.append(text + (f", not judged {silent / some:.1%}" if silent else ""))
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
            print(lines[-1], file=sys.stderr, flush=True)
        lines.append("")
    lines += [
        "At 16 trials half of an adaptive search is its random beginning; a search of 8 axes gives each few points near",
        f"the best. Of adaptive searches there were a quarter as many, with 512 trials {max(repeats // 20, 20)}.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/adaptivity.md").write_text(text, "utf-8")
    print(text)
