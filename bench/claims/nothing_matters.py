"""Measured error rates and power of "nothing that was tuned matters much" and of its bound (C10).

python bench/claims/nothing_matters.py
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from rate_page import VERSIONS, cell
from surfaces import table_of

from tunebook.checks.importance.bound import bound_of
from tunebook.checks.importance.check import check
from tunebook.checks.importance.result import Verdict
from tunebook.domain.finding import NotApplicable
from tunebook.search.quasirandom import halton_units

SHARES = (0.0, 0.05, 0.1, 0.3)
SIZES = (32, 64, 128, 512)
KINDS = ("line", "bowl")


def search(rng: np.random.Generator, trials: int, axes: int, share: float, kind: str, law: str):
    """A search of which one axis explains a share of the variance, and noise the rest."""
    units = halton_units(axes, int(rng.integers(2**62)), range(trials))
    away = units[:, 0] - 0.5
    effect = away * np.sqrt(12) if kind == "line" else (away**2 - 1 / 12) * np.sqrt(180)
    noise = rng.normal(size=trials)
    if law == "heavy":
        noise = rng.standard_t(3, trials) / np.sqrt(3)
    return table_of(units, np.sqrt(share) * effect + np.sqrt(1 - share) * noise)


def count(trials: int, axes: int, share: float, kind: str, law: str, repeats: int):
    """Searches with a finding that nothing matters; bounds below the truth; bounds; medians."""
    nothing = below = small = bounded = 0
    shares, effects = [], []
    for i in range(repeats):
        rng = np.random.default_rng([trials, axes, int(100 * share), i])
        table = search(rng, trials, axes, share, kind, law)
        result = check(table, seed=i)
        if isinstance(result, NotApplicable):
            continue
        (study,) = result.studies
        if any(h.verdict is Verdict.MATTERS for h in study.hyperparameters):
            continue
        nothing += 1
        _, numbers = bound_of(table, study)
        if numbers:
            bounded += 1
            below += numbers["share_at_most"] < share
            small += numbers["effect_at_most"] < np.sqrt(share)
            shares.append(numbers["share_at_most"])
            effects.append(numbers["effect_at_most"])
    middle = (np.median(shares), np.median(effects)) if shares else (np.nan, np.nan)
    return nothing, below, small, bounded, middle


def page(repeats: int) -> str:
    """The measurements as a page."""
    lines = [
        "# C10: measured error rates of \"nothing that was tuned matters\" and of its bound",
        "",
        f"`python bench/claims/nothing_matters.py --repeats {repeats}` makes this page {VERSIONS}.",
        "",
        "**Estimator.** Where no hyperparameter is shown to matter, the finding has a bound: the largest upper end of the",
        "total shares, which hold for all hyperparameters at once; and the square root of that share times the spread of the",
        "trials (interquartile range over 1.349), the standard deviation of an effect. **Assumption.** Independent trials; the",
        "share of the rank variance stands for that of the variance. **Claim.** Of searches in which one hyperparameter",
        "explains a share, at most 5 % have a finding whose bound lies below that share, and at most 5 % one whose bound on the",
        "effect lies below its standard deviation. **Source.** The ends of intervals: [sensitivity.md](sensitivity.md).",
        "",
        f"One axis of four explains the share, by a line or a bowl, and noise of standard deviation 1 the rest; {repeats} searches",
        "a cell, 95 % interval in brackets. *Seen*: the axis, or another one, is said to matter. *Median bound*: of the searches",
        "in which nothing is seen.",
        "",
        "| case | seen | share bound below the truth | effect bound below the truth | median bound on share, effect |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for law in ("normal", "heavy"):
        for kind in KINDS if law == "normal" else KINDS[:1]:
            for share in SHARES if kind == "line" else SHARES[1:]:
                for n in SIZES if law == "normal" else SIZES[1:2]:
                    nothing, below, small, _, (x, y) = count(n, 4, share, kind, law, repeats)
                    heavy = ", heavy tails" if law == "heavy" else ""
                    case = (
                        f"{kind} of {share:.0%}, {n} trials{heavy}"
                        if share
                        else f"nothing, {n} trials{heavy}"
                    )
                    middle = f"{x:.0%}, {y:.2f}" if np.isfinite(x) else "-"
                    lines.append(
                        f"| {case} | {cell(repeats - nothing, repeats)} | {cell(below, repeats)} | "
                        f"{cell(small, repeats)} | {middle} |"
                    )
                    print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400)
    text = page(parser.parse_args().repeats)
    (Path(__file__).parents[2] / "docs/claims/nothing_matters.md").write_text(text, "utf-8")
    print(text)
